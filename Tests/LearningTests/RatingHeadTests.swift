import CVectorKernels
import Events
import Testing

@testable import Learning

@Suite(.serialized) struct RatingHeadTests {
    private func makeHead(users: Int, movies: Int) -> RatingHead {
        let head = RatingHead()
        for movie in 0..<movies {
            head.addMovie(
                UInt32(movie), id: Int64(movie + 1),
                description: MovieDescription(
                    title: "Film", year: 1990 + movie % 9, genres: [["Drama", "Comedy", "War"][movie % 3]]))
        }
        for user in 0..<users { head.addUser(UInt32(user), id: Int64(user + 1)) }
        return head
    }

    private func profile(_ user: UInt32) -> UserRow {
        var row = UserRow(id: Int64(user) + 1)
        row.gender = UInt8(user % 2) + 1
        row.age = UInt8(user % 60) + 2
        row.occupation = UInt8(user % 20) + 1
        return row
    }

    /// Ratings with structure: users and movies of four kinds.
    private func stars(_ user: UInt32, _ movie: UInt32) -> Float { Float((user % 4) * (movie % 4) % 4) + 1 }

    @discardableResult
    private func learn(_ head: RatingHead, users: UInt32, movies: UInt32, count: Int, seed: UInt64) -> [Float] {
        var random = SplitMix64(seed: seed)
        return (0..<count).map { _ in
            let user = UInt32(random.next() % UInt64(users))
            let movie = UInt32(random.next() % UInt64(movies))
            return head.learn(user: user, profile: profile(user), movie: movie, stars: stars(user, movie))
                - stars(user, movie)
        }
    }

    @Test func itLearnsWhatUsersLike() {
        let head = makeHead(users: 40, movies: 60)
        let errors = learn(head, users: 40, movies: 60, count: 4000, seed: 1).map { $0 * $0 }
        let first = errors.prefix(500).reduce(0, +) / 500
        let last = errors.suffix(500).reduce(0, +) / 500
        #expect(last < first / 3)
        #expect(last < 0.25)
    }

    @Test func aNewUserMovesFartherThanAKnownOne() {
        let head = makeHead(users: 2, movies: 50)
        for movie in 0..<40 as Range<UInt32> { _ = head.learn(user: 0, profile: profile(0), movie: movie, stars: 3.5) }
        func change(_ user: UInt32) -> Float {
            let before = head.prediction(user: user, profile: profile(user), movie: 45)
            _ = head.learn(user: user, profile: profile(user), movie: 41, stars: 1)
            return abs(head.prediction(user: user, profile: profile(user), movie: 45) - before)
        }
        let known = change(0)
        #expect(change(1) > 1.5 * known)
    }

    @Test func whoWasNeverSeenIsPredictedByWhatHeIsKnownBy() {
        let head = makeHead(users: 400, movies: 40)
        for user in 0..<398 as Range<UInt32> {
            for movie in 0..<10 as Range<UInt32> {
                _ = head.learn(user: user, profile: profile(user), movie: movie, stars: user % 2 == 0 ? 5 : 2)
            }
        }
        let fond = head.prediction(user: 398, profile: profile(398), movie: 3)
        let strict = head.prediction(user: 399, profile: profile(399), movie: 3)
        #expect(fond > strict + 0.5)
    }

    @Test func everyKernelVariantLearnsTheSameBits() {
        var results: [[UInt32]] = []
        for variant in [MQ_VARIANT_PLAIN, MQ_VARIANT_AVX2, MQ_VARIANT_AVX512] where mq_kernels_select(variant) {
            let head = makeHead(users: 20, movies: 30)
            results.append(learn(head, users: 20, movies: 30, count: 2000, seed: 7).map(\.bitPattern))
        }
        for variant in [MQ_VARIANT_AVX512, MQ_VARIANT_AVX2, MQ_VARIANT_PLAIN] where mq_kernels_select(variant) { break }
        #expect(Set(results).count == 1)
    }

    @Test func extremesLeaveEverythingFinite() {
        let head = makeHead(users: 3, movies: 3)
        for round in 0..<20_000 {
            let user = UInt32(round % 3)
            let error = head.learn(
                user: user, profile: profile(user), movie: UInt32(round / 3 % 3), stars: round % 2 == 0 ? 0.5 : 5)
            #expect(error.isFinite)
            if !error.isFinite { return }
        }
    }

    @Test func predictingChangesNothing() {
        let head = makeHead(users: 10, movies: 10)
        learn(head, users: 10, movies: 10, count: 100, seed: 2)
        let first = head.prediction(user: 3, profile: profile(3), movie: 4)
        for user in 0..<10 as Range<UInt32> { _ = head.prediction(user: user, profile: profile(user), movie: user) }
        #expect(head.prediction(user: 3, profile: profile(3), movie: 4) == first)
    }

    /// As a checkpoint does: rows by table, then what stands in none.
    private func copy(_ head: RatingHead, movieCount: Int) throws -> RatingHead {
        let copy = RatingHead()
        for (from, to) in zip(head.tables, copy.tables) {
            #expect(from.name == to.name)
            while to.rows.count < from.rows.count { _ = to.rows.append() }
            for row in 0..<UInt32(from.rows.count) {
                to.rows.mutableRow(row).copyMemory(from: from.rows.row(row), byteCount: from.rows.rowBytes)
            }
        }
        var bytes: [UInt8] = []
        var writer = StateWriter { bytes.append(contentsOf: $0) }
        try head.scalars()(&writer)
        try writer.flush()
        try bytes.withUnsafeBytes {
            var reader = StateReader($0)
            try copy.restore(scalars: &reader, userCount: 12, movieCount: movieCount)
            #expect(reader.isAtEnd)
        }
        return copy
    }

    @Test func aCopyFromACheckpointGoesOnWithTheSameBits() throws {
        let head = makeHead(users: 12, movies: 18)
        learn(head, users: 12, movies: 18, count: 500, seed: 3)
        head.takeBack(stars: 3.5)
        let copy = try copy(head, movieCount: 18)
        for each in [head, copy] {
            each.describeMovie(2, description: MovieDescription(title: "Film", year: 2020, genres: ["Horror", "War"]))
        }
        let went = learn(head, users: 12, movies: 18, count: 500, seed: 4).map(\.bitPattern)
        #expect(learn(copy, users: 12, movies: 18, count: 500, seed: 4).map(\.bitPattern) == went)
    }

    @Test func tablesThatDoNotFitAreRefused() {
        let head = makeHead(users: 12, movies: 18)
        #expect(throws: StateImage.Failure.self) { try copy(head, movieCount: 17) }
    }

    @Test func aUserWhoIsForgottenLeavesNothingAndHisRowBeginsAnew() {
        let head = makeHead(users: 2, movies: 5)
        func bytes(_ rows: PagedRows) -> [UInt8] {
            Array(UnsafeRawBufferPointer(start: rows.row(1), count: rows.rowBytes))
        }
        let rows = head.tables[0].rows
        let new = bytes(rows)
        for _ in 0..<20 { _ = head.learn(user: 1, profile: UserRow(), movie: 4, stars: 1) }
        #expect(bytes(rows) != new)
        head.removeUser(1)
        #expect(bytes(rows).allSatisfy { $0 == 0 })
        head.addUser(1, id: 2)
        #expect(bytes(rows) == new)
    }
}
