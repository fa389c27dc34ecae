import Foundation
import Recommending
import Testing

@testable import Learning
@testable import Streaming

/// A checkpoint that version 5 of the numerics wrote, after 70 ratings of 9 users and 13 movies: the version before can always
/// be gone on from.
struct OlderNumericsTests {
    private static func recorded() throws -> [UInt8] {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Recorded")
        return Array(try Data(contentsOf: folder.appendingPathComponent("version-5.mqc")))
    }

    private func restored() throws -> TestService {
        let checkpoint = try LoadedCheckpoint(Self.recorded()) { _ in nil }
        #expect(checkpoint.numericsVersion == 5 && TwoHeadModel.numericsVersion == 6)
        let service = try TestService(ModelBroker())
        #expect(checkpoint.settings == service.learner.settingsOfVersionBefore)
        try checkpoint.restore(service.learner, service.processor.lists)
        return service
    }

    @Test func whatItPredictedIsWhatItPredictsNow() throws {
        let service = try restored()
        let learner = service.learner
        #expect(learner.counters[.applied] + learner.counters[.changed] > 50)
        // As the program of then predicted: by user, of movies 1 to 5.
        let predicted: [Int64: [Float]] = [
            1: [2.78459, 2.47675, 2.86989, 3.31117, 2.90259],
            4: [2.48598, 2.27026, 2.51062, 2.85595, 2.57558],
            9: [3.21041, 2.96026, 3.30472, 3.60724, 3.34488],
        ]
        for (id, stars) in predicted {
            let user = learner.users.row(of: id)
            for (at, expected) in stars.enumerated() {
                let now = learner.model.predictedStars(
                    user: user, profile: learner.users.pointer(user).pointee,
                    movie: learner.movies.row(of: Int64(at) + 1), score: 0)
                #expect(abs(now - expected) < 2e-5, "user \(id), movie \(at + 1)")
            }
        }
    }

    /// The lists of the last commit stand in it with the scores of then.
    @Test func listsKeepTheirScoresUntilMoreIsLearnt() throws {
        let service = try restored()
        let lists = service.processor.lists
        var compared = 0
        for user in 0..<UInt32(service.learner.users.rowCount) where lists.count(user) > 0 {
            let last = lists.movies(user)[lists.count(user) - 1]
            #expect(abs(service.score(user: user, movie: last) - lists.lastScore(user)) < 1e-4, "user row \(user)")
            compared += 1
        }
        #expect(compared == 9)
    }

    /// Whatever the state lacked is there now: it can be written and read as one of this version.
    @Test func itIsAStateOfThisVersion() throws {
        func bytes(_ model: any OnlineModel) throws -> [UInt8] {
            var bytes: [UInt8] = []
            var writer = StateWriter { bytes.append(contentsOf: $0) }
            try model.snapshot().write(to: &writer)
            try writer.flush()
            return bytes
        }
        let learner = try restored().learner
        let copy = TwoHeadModel()
        try copy.stand(
            as: learner.model.snapshot(), userCount: learner.users.rowCount, movieCount: learner.movies.count)
        #expect(try bytes(copy) == bytes(learner.model))
        #expect(try bytes(restored().learner.model) == bytes(learner.model), "however often it is restored")
    }
}
