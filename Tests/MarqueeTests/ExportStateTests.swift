import Foundation
import FusionTestSupport
import Learning
import ProcessTestSupport
import Testing
import VectorIndex

@testable import marquee

extension ProcessTests {
    /// `export vectors --state-dir`.
    struct ExportStateTests {
        private let folder: TemporaryFolder
        private var file: String { folder.path + "/vectors.safetensors" }

        init() throws { folder = try TemporaryFolder() }

        private func export(_ state: String, _ options: [String] = [], to path: String? = nil) throws -> Finished {
            try marquee(["export", "vectors", "--state-dir", state, "--out", path ?? file] + options)
        }

        /// Rows of the movies that may be listed, and of users, by ascending id.
        private func rows(_ learner: Learner) -> (movies: [UInt32], users: [UInt32]) {
            let movies = (0..<UInt32(learner.movies.count))
                .filter { learner.movies.pointer($0).pointee.isWithdrawn == 0 }
            let users = (0..<UInt32(learner.users.rowCount)).filter { learner.users.isAlive($0) }
            return (
                movies.sorted { learner.movies.id($0) < learner.movies.id($1) },
                users.sorted { learner.users.pointer($0).pointee.id < learner.users.pointer($1).pointee.id }
            )
        }

        @Test(arguments: [nil, 100_000] as [Int64?])
        func `What the two heads learnt is exported bit by bit`(evictAfter: Int64?) throws {
            let model = TwoHeadModel()
            let state = try StateFolder(model, eviction: Eviction(afterEvents: evictAfter))
            let finished = try export(state.path, ["--output", "json"])
            #expect(finished.ending == .exited(0) && finished.errors.isEmpty, "\(finished.errors)")
            #expect(finished.output.contains("\"epoch\":7"))
            let (movies, users) = rows(state.learner)
            #expect(movies.count == state.learner.movies.count - 1)
            let exported = try SafetensorsFile(reading: file)
            #expect(
                try exported.int64s("movie.id", shape: [movies.count]) == movies.map { state.learner.movies.id($0) })
            #expect(
                try exported.int64s("user.id", shape: [users.count])
                    == users.map { state.learner.users.pointer($0).pointee.id })

            let d = model.dimension
            let vectors = try exported.floats("movie.vector", shape: [movies.count, d])
            let offsets = try exported.floats("movie.offset", shape: [movies.count])
            let queries = try exported.floats("user.vector", shape: [users.count, d])
            let length = model.ratingHead.starVectorLength
            let movieStars = try exported.floats("movie.star_vector", shape: [movies.count, length])
            let userStars = try exported.floats("user.star_vector", shape: [users.count, length])
            let mean = try #require(exported.metadata["mean_stars"].flatMap { Float($0) })
            let curve = try JSONDecoder().decode(
                [Double].self, from: Data(try #require(exported.metadata["stars_curve"]).utf8))
            #expect(curve == model.ratingHead.curveCoefficients)
            var expected = [Float](repeating: 0, count: d)
            for (place, row) in movies.enumerated() {
                #expect(model.item(row, into: &expected) == offsets[place])
                #expect(Array(vectors[place * d..<(place + 1) * d]) == expected)
            }
            for (place, row) in users.enumerated() {
                let profile = state.learner.users.pointer(row).pointee
                model.query(row, profile: profile, into: &expected)
                #expect(Array(queries[place * d..<(place + 1) * d]) == expected)
                var sum = mean
                for at in 0..<length { sum += userStars[place * length + at] * movieStars[at] }
                let x = Double(min(max(sum - 3.5, -3), 2))
                let stars = curve[0] + curve[1] * x + curve[2] * x * x + curve[3] * x * x * x
                let predicted = model.predictedStars(user: row, profile: profile, movie: movies[0], score: 0)
                #expect(abs(Float(stars) - predicted) < 1e-4)
            }
            #expect(exported.metadata["application_id"] == "made-up" && exported.metadata["epoch"] == "7")
            #expect(exported.metadata["input_offsets"] == #"{"ratings":{"0":4321}}"#)
            #expect(exported.metadata["model"] == model.version)
        }

        @Test
        func `A benchmark's file has offsets, exact answers, and cycles`() throws {
            let state = try StateFolder(TwoHeadModel())
            let path = folder.path + "/v.vib1"
            let finished = try export(state.path, to: path)
            #expect(finished.ending == .exited(0) && finished.errors.isEmpty, "\(finished.errors)")
            let file = try ReadVIB1(path)
            #expect(file.wrong == [])
            let (movies, users) = rows(state.learner)
            // One has rated nothing.
            #expect(file.n == movies.count && file.nq == users.count - 1 && file.cycles == 100)
            let offsets = try #require(file.offsets)
            var vector = [Float](repeating: 0, count: file.d)
            for (place, row) in movies.enumerated() {
                #expect(state.learner.model.item(row, into: &vector) == offsets[place])
            }
            #expect(file.cosines.allSatisfy { abs($0 - 0.999) < 1e-5 })
            let rated = state.learner.rated.entries(state.learner.users.pointer(users[0]).pointee.rated)
            let standing = (0..<rated.count).filter { rated.values[$0] & RatedMovies.removedFlag == 0 }
                .compactMap { movies.firstIndex(of: rated.movies[$0]).map(Int32.init) }
            #expect(Set(file.seen[..<file.seenPlaces]) == Set(standing))

            let read = try VIB1File(path: path)
            #expect(Array(try #require(read.offsets).base) == offsets)
            let report = try IndexBenchmark(file: read, makeIndex: { ExactIndex(dimension: file.d) }).run()
            #expect(report.recall.unfiltered == 1 && report.recall.filtered == 1 && report.recall.mixed == 1)
            #expect(report.recall.afterChurn == 1 && report.violations == 0 && report.freshness == nil)

            let again = folder.path + "/again.vib1"
            #expect(try export(state.path, to: again).ending == .exited(0))
            #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data(contentsOf: URL(fileURLWithPath: again)))
        }

        @Test
        func `A fusion model's state needs its file, and has vectors without offsets`() throws {
            let modelFile = folder.path + "/model.safetensors"
            try FusionModelFile.write(MadeUpModel.make(users: 20, movies: 290), to: modelFile)
            let model = try ModelKind.fusion(file: modelFile).makeModel()
            let state = try StateFolder(model)
            let finished = try export(state.path, ["--model", modelFile])
            #expect(finished.ending == .exited(0) && finished.errors.isEmpty, "\(finished.errors)")
            let (movies, _) = rows(state.learner)
            let exported = try SafetensorsFile(reading: file)
            let d = try FusionModelFile.read(modelFile).dimensions.tower
            let vectors = try exported.floats("movie.vector", shape: [movies.count, d])
            #expect(exported.tensors["movie.offset"] == nil && exported.tensors["user.star_vector"] == nil)
            var expected = [Float](repeating: 0, count: model.dimension)
            for (place, row) in movies.enumerated() {
                _ = model.item(row, into: &expected)
                #expect(Array(vectors[place * d..<(place + 1) * d]) == Array(expected[..<d]))
            }
            let path = folder.path + "/v.vib1"
            #expect(try export(state.path, ["--model", modelFile], to: path).ending == .exited(0))
            let vib1 = try ReadVIB1(path)
            #expect(vib1.wrong == [] && vib1.offsets == nil && vib1.d == d)

            let other = folder.path + "/other.safetensors"
            try FusionModelFile.write(MadeUpModel.make(users: 20, movies: 290, seed: 2), to: other)
            for (options, named) in [
                ([], "--model"), (["--model", other], "another"), (["--model", "/no/f"], "/no/f"),
            ] {
                let refused = try export(state.path, options)
                #expect(refused.ending == .exited(1) && refused.isOneSentence, "\(refused.errors)")
                #expect(refused.errors.contains(named), "\(refused.errors)")
            }
        }

        @Test
        func `What can't be exported is one sentence`() throws {
            let state = try StateFolder(TwoHeadModel(), movies: 100)
            let torn = try TemporaryFolder()
            let bytes = try Data(contentsOf: URL(fileURLWithPath: state.file))
            try torn.write("checkpoint-7.mqc", bytes.prefix(bytes.count / 2))
            let empty = try TemporaryFolder()
            for (directory, options, out, code, named) in [
                ("/no/such/folder", [], file, 1, "/no/such/folder"),
                (empty.path, [], file, 1, "no checkpoint"),
                (torn.path, [], file, 1, "epoch 7"),
                (state.path, ["--model", "x"], file, 1, "--model"),
                (state.path, ["--dataset", "x"], file, 64, "--dataset"),
                (state.path, [], "x.txt", 64, "--out"),
                (state.path, [], "/no/such/folder/x.vib1", 1, "/no/such/folder"),
                (state.path, [], folder.path + "/x.vib1", 1, "too few"),
            ] as [(String, [String], String, Int32, String)] {
                let finished = try export(directory, options, to: out)
                #expect(finished.ending == .exited(code) && finished.isOneSentence, "\(options): \(finished.errors)")
                #expect(finished.errors.contains(named), "\(finished.errors)")
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
            let older = try TemporaryFolder()
            try older.write("checkpoint-7.mqc", bytes)
            try older.write("checkpoint-9.mqc", bytes.prefix(1000))
            let passed = try export(older.path)
            #expect(passed.ending == .exited(0) && passed.errors.contains("epoch 9"), "\(passed.errors)")
        }
    }
}
