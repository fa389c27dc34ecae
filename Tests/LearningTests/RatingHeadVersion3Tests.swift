import CVectorKernels
import Events
import Testing

@testable import Learning

/// A state that version 3 of the numerics learnt.
struct RatingHeadVersion3Tests {
    private static let users: UInt32 = 40
    private static let movies: UInt32 = 60

    private func profile(_ user: UInt32) -> UserRow {
        var row = UserRow(id: Int64(user) + 1)
        row.gender = UInt8(user % 3)
        row.age = UInt8(user % 3) * 20
        return row
    }

    private func rate(_ head: RatingHead, count: Int, seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for _ in 0..<count {
            let user = UInt32.random(in: 0..<Self.users - 1, using: &random)
            let movie = UInt32.random(in: 0..<UInt32.random(in: 1...Self.movies, using: &random), using: &random)
            _ = head.learn(user: user, profile: profile(user), movie: movie, stars: Float((user * movie) % 5) + 1)
        }
    }

    private func learnt() -> RatingHead {
        let head = RatingHead()
        for movie in 0..<Self.movies {
            head.addMovie(
                movie, id: Int64(movie) + 1,
                description: MovieDescription(
                    title: "", year: movie % 7 == 0 ? nil : 1930 + Int(movie),
                    genres: [["War", "Drama", "Comedy"][Int(movie % 3)]]))
        }
        for user in 0..<Self.users { head.addUser(user, id: Int64(user) + 1) }
        rate(head, count: 4000, seed: 1)
        head.removeUser(3)
        return head
    }

    private func floats(_ rows: PagedRows, _ row: UInt32) -> UnsafeMutablePointer<Float> {
        rows.mutableRow(row).assumingMemoryBound(to: Float.self)
    }

    /// The head's rows as version 3 would have them: no slopes, and numbers of ratings behind features; `body` sees them before
    /// they are restored.
    private func older(_ head: RatingHead, _ body: (RatingHead) -> Void = { _ in }) throws -> RatingHead {
        let older = RatingHead()
        for (from, to) in zip(head.tables, older.tables) where !RatingHead.newTables.contains(from.name) {
            while to.rows.count < from.rows.count { _ = to.rows.append() }
            for row in 0..<UInt32(from.rows.count) {
                to.rows.mutableRow(row).copyMemory(from: from.rows.row(row), byteCount: from.rows.rowBytes)
                let floats = floats(to.rows, row)
                switch from.name {
                case "rating-users":
                    floats[1] = 0
                    for at in 0..<16 { (floats[16 + 16 + at], floats[16 + 16 * at + 1]) = (0, 0) }
                case "features":
                    for at in 16..<32 { floats[at] = 0 }
                    floats[16] = 700
                    // It had no such feature.
                    if row == UserFeatures.unknown { for at in 0..<32 { floats[at] = 0 } }
                default: break
                }
            }
        }
        body(older)
        try written(head.scalars()).withUnsafeBytes {
            var reader = StateReader($0)
            try older.restore(
                scalars: &reader, isOfVersion3: true, userCount: Int(Self.users), movieCount: Int(Self.movies))
        }
        older.takeOverVersion3 { head.movieTastes.scalar($0, 0) }
        return older
    }

    /// What version 3 predicted, from the rows: the mean of all stars and w · v.
    private func starsOfVersion3(_ head: RatingHead, mean: Float, user: UInt32, movie: UInt32) -> Float {
        var (w, v) = ([Float](repeating: 0, count: 16), [Float](repeating: 0, count: 16))
        func add(_ row: UnsafePointer<Float>, to vector: inout [Float]) { for at in 0..<16 { vector[at] += row[at] } }
        add(head.users.vector(user), to: &w)
        UserFeatures.forEach(of: profile(user)) { add(head.features.vector($0), to: &w) }
        add(head.movies.vector(movie), to: &v)
        head.features.forEach(ofMovie: movie) { add(head.features.vector($0), to: &v) }
        (w[1], v[0]) = (1, 1)
        return mean + zip(w, v).reduce(0) { $0 + $1.0 * $1.1 }
    }

    @Test func whatItPredictedStaysTheSame() throws {
        let head = learnt()
        var before: [Float] = []
        let pairs = (0..<Self.users).flatMap { user in (0..<Self.movies).map { (user, $0) } }.filter { $0.0 != 3 }
        let restored = try older(head) { older in
            before = pairs.map { starsOfVersion3(older, mean: head.meanStars, user: $0.0, movie: $0.1) }
        }
        for (pair, before) in zip(pairs, before) {
            let stars = restored.prediction(user: pair.0, profile: profile(pair.0), movie: pair.1)
            #expect(abs(stars - min(max(before, 0.5), 5.5)) < 1e-4, "\(pair)")
        }
    }

    @Test func whatItDidNotKnowIsLearntFromThenOn() throws {
        let head = learnt()
        let restored = try older(head)
        func slopeVariance(_ user: UInt32) -> Float { restored.users.vector(user)[16 + 17] }
        #expect(slopeVariance(5) == RatingHead.slopeVariance)
        #expect(slopeVariance(3) == 0, "his row is free")
        // The scale is that of the same ratings, learnt one by one.
        func scale(_ head: RatingHead) -> [Double] {
            let row = head.popularity.rows.row(0).assumingMemoryBound(to: Double.self)
            return (0..<3).map { row[$0] }
        }
        let (learnt, taken) = (scale(head), scale(restored))
        #expect(abs(learnt[0] - taken[0]) < 0.05 && abs(learnt[1] - taken[1]) < 0.1 && learnt[2] == taken[2])
        rate(restored, count: 4000, seed: 2)
        #expect(slopeVariance(5) < RatingHead.slopeVariance && restored.users.vector(5)[1] != 0)
        #expect(restored.curveCoefficients[1] != 1)
        for table in restored.tables
        where !["movie-features", "rating-popularity", "rating-curve"].contains(table.name) {
            for row in 0..<UInt32(table.rows.count) {
                #expect(mq_all_finite(floats(table.rows, row), table.rows.rowBytes / 4), "\(table.name)")
            }
        }
    }

    /// A state that says it is of this version must have all of it.
    @Test func onlyTheVersionBeforeMayLackTables() throws {
        let test = TestLearner(model: TwoHeadModel())
        var stream = EventStream(seed: 12)
        test.apply(stream.take(1500))
        for name in test.model.newTables {
            var image = try test.image()
            image.tables["model." + name] = nil
            #expect(throws: StateImage.Failure.missing("model." + name)) {
                try TestLearner(restoring: image, model: TwoHeadModel())
            }
        }
    }

    /// A state of nothing is one of this version, and stays as it is.
    @Test func anEmptyStateIsRestoredBitByBit() throws {
        let empty = TestLearner(model: TwoHeadModel())
        let restored = try TestLearner(restoring: empty.image(), model: TwoHeadModel())
        #expect(try restored.digest() == empty.digest())
    }
}
