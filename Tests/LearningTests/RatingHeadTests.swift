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

    /// Whether somebody follows what others think of movies is told by their biases alone.
    @Test func whoAlwaysDisagreesIsForeseenOnMoviesThatHeNeverSaw() {
        let head = makeHead(users: 120, movies: 40)
        for user in 0..<100 as Range<UInt32> {
            for movie in 0..<40 as Range<UInt32> {
                _ = head.learn(user: user, profile: UserRow(), movie: movie, stars: movie % 2 == 0 ? 4.5 : 2)
            }
        }
        for movie in 0..<16 as Range<UInt32> {
            _ = head.learn(user: 110, profile: UserRow(), movie: movie, stars: movie % 2 == 0 ? 2 : 4.5)
            _ = head.learn(user: 111, profile: UserRow(), movie: movie, stars: 3)
        }
        func gap(_ user: UInt32) -> Float {
            head.prediction(user: user, profile: UserRow(), movie: 30)
                - head.prediction(user: user, profile: UserRow(), movie: 31)
        }
        #expect(gap(112) > 1.5)
        #expect(abs(gap(111)) < 1)
        #expect(gap(110) < -0.5)
    }

    /// Movies that nobody else rated: there are no factors to know them by.
    @Test func genresYearsAndPopularityAreEnoughToTellATaste() {
        let head = RatingHead()
        for movie in 0..<60 {
            head.addMovie(
                UInt32(movie), id: Int64(movie + 1),
                description: MovieDescription(
                    title: "", year: movie % 2 == 0 ? 1950 : 2000, genres: [movie % 3 == 0 ? "War" : "Drama"]))
        }
        for user in 0..<80 { head.addUser(UInt32(user), id: Int64(user + 1)) }
        // The first thirty are popular, and everybody gives them the same.
        for user in 0..<60 as Range<UInt32> {
            for movie in 0..<30 as Range<UInt32> {
                _ = head.learn(user: user, profile: UserRow(), movie: movie, stars: 3.5)
            }
        }
        for movie in 0..<24 as Range<UInt32> {
            _ = head.learn(user: 70, profile: UserRow(), movie: movie, stars: movie % 3 == 0 ? 5 : 2)
            _ = head.learn(user: 71, profile: UserRow(), movie: movie, stars: movie % 2 == 0 ? 5 : 2)
            _ = head.learn(user: 72, profile: UserRow(), movie: movie, stars: 5)
            _ = head.learn(user: 72, profile: UserRow(), movie: movie + 30, stars: 1)
        }
        func stars(_ user: UInt32, _ movie: UInt32) -> Float {
            head.prediction(user: user, profile: UserRow(), movie: movie)
        }
        // Of 57 and 58, 57 is War and new, 58 Drama and old.
        #expect(stars(70, 57) > stars(70, 58) + 0.4)
        #expect(stars(71, 58) > stars(71, 57) + 0.4)
        #expect(stars(72, 28) > stars(72, 58) + 1)
    }

    @Test func whomAMovieSuitsIsLearntByGenderAndAge() {
        let head = makeHead(users: 300, movies: 12)
        for user in 0..<300 as Range<UInt32> {
            for movie in 0..<8 as Range<UInt32> {
                let suits = user % 2 == movie % 2
                _ = head.learn(user: user, profile: profile(user), movie: movie, stars: suits ? 4.5 : 2.5)
            }
        }
        head.addUser(300, id: 1000)
        head.addUser(301, id: 1001)
        for movie in 0..<8 as Range<UInt32> {
            let stars = (300...301 as ClosedRange<UInt32>).map {
                head.prediction(user: $0, profile: profile($0), movie: movie)
            }
            #expect(movie % 2 == 0 ? stars[0] > stars[1] + 0.7 : stars[1] > stars[0] + 0.7)
        }
    }

    /// What other programs get gives the same stars.
    @Test func starVectorsGiveThePrediction() {
        let head = makeHead(users: 12, movies: 18)
        learn(head, users: 12, movies: 18, count: 700, seed: 3)
        let curve = head.curveCoefficients
        for user in 0..<12 as Range<UInt32> {
            for movie in 0..<18 as Range<UInt32> {
                var (u, m) = (
                    [Float](repeating: .nan, count: head.starVectorLength),
                    [Float](repeating: .nan, count: head.starVectorLength)
                )
                head.starVector(ofUser: user, profile: profile(user), into: &u)
                head.starVector(ofMovie: movie, into: &m)
                let sum = zip(u, m).reduce(head.meanStars) { $0 + $1.0 * $1.1 }
                let x = Double(min(max(sum - 3.5, -3), 2))
                let stars = curve[0] + x * (curve[1] + x * (curve[2] + x * curve[3]))
                let predicted = head.prediction(user: user, profile: profile(user), movie: movie)
                #expect(abs(Float(stars) - predicted) < 1e-4)
            }
        }
    }

    @Test func everyKernelVariantLearnsTheSameBits() {
        var results: [[UInt32]] = []
        var tables: Set<[[UInt8]]> = []
        for variant in [MQ_VARIANT_PLAIN, MQ_VARIANT_AVX2, MQ_VARIANT_AVX512] where mq_kernels_select(variant) {
            let head = makeHead(users: 20, movies: 30)
            results.append(learn(head, users: 20, movies: 30, count: 2000, seed: 7).map(\.bitPattern))
            tables.insert(
                head.tables.flatMap { table in
                    (0..<UInt32(table.rows.count)).map {
                        Array(UnsafeRawBufferPointer(start: table.rows.row($0), count: table.rows.rowBytes))
                    }
                })
        }
        for variant in [MQ_VARIANT_AVX512, MQ_VARIANT_AVX2, MQ_VARIANT_PLAIN] where mq_kernels_select(variant) { break }
        #expect(Set(results).count == 1)
        #expect(tables.count == 1)
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
        expectFinite(head)
    }

    /// Rows of floats, and the two of doubles.
    private func expectFinite(_ head: RatingHead) {
        for table in head.tables where table.name != "movie-features" {
            for row in 0..<UInt32(table.rows.count) {
                let (start, bytes) = (table.rows.row(row), table.rows.rowBytes)
                if ["rating-popularity", "rating-curve"].contains(table.name) {
                    let doubles = start.assumingMemoryBound(to: Double.self)
                    #expect((0..<bytes / 8).allSatisfy { doubles[$0].isFinite }, "\(table.name)")
                } else {
                    #expect(mq_all_finite(start.assumingMemoryBound(to: Float.self), bytes / 4), "\(table.name)")
                }
            }
        }
    }

    /// Many users with many features meet one movie with as many genres as there may be, and one of no description.
    @Test func manyFeaturesAtOnceLeaveEverythingFinite() {
        let head = RatingHead()
        let genres = (0..<40).map { "Genre \($0)" } + ["Genre 0"]
        head.addMovie(0, id: 1, description: MovieDescription(title: "", year: .min, genres: genres))
        head.addMovie(1, id: 2, description: MovieDescription(title: "", year: .max, genres: Array(genres[20...])))
        head.addMovie(2, id: 3, description: MovieDescription())
        #expect(
            (0..<3).map { head.features.count(ofMovie: $0) } == [FeatureTable.perMovieMax, FeatureTable.perMovieMax, 0])
        head.addMovie(3, id: 4, description: MovieDescription(title: "", year: 2000, genres: ["Genre 0", "Genre 0"]))
        #expect(head.features.count(ofMovie: 3) == 2, "a genre counts once")
        for user in 0..<200 as Range<UInt32> { head.addUser(user, id: Int64(user)) }
        for round in 0..<60_000 as Range<UInt32> {
            let user = round * 7919 % 200
            let stars = head.learn(
                user: user, profile: user % 3 == 0 ? UserRow() : profile(user), movie: round % 4,
                stars: round % 2 == 0 ? 0.5 : 5)
            guard stars.isFinite else {
                Issue.record("round \(round)")
                return
            }
        }
        expectFinite(head)
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
        try written(head.scalars()).withUnsafeBytes {
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

    /// What can't have been learnt is refused, table by table.
    @Test func impossibleNumbersAreRefused() throws {
        func refuses(_ name: String, _ damage: (UnsafeMutableRawPointer) -> Void) throws {
            let head = makeHead(users: 12, movies: 18)
            learn(head, users: 12, movies: 18, count: 100, seed: 3)
            let rows = try #require(head.tables.first { $0.name == name }).rows
            damage(rows.mutableRow(0))
            #expect(throws: StateImage.Failure.self, "\(name)") { try copy(head, movieCount: 18) }
        }
        func float(_ at: Int, _ value: Float) -> (UnsafeMutableRawPointer) -> Void {
            { $0.storeBytes(of: value, toByteOffset: 4 * at, as: Float.self) }
        }
        func double(_ at: Int, _ value: Double) -> (UnsafeMutableRawPointer) -> Void {
            { $0.storeBytes(of: value, toByteOffset: 8 * at, as: Double.self) }
        }
        try refuses("rating-user-tastes", float(0, .nan))
        try refuses("rating-user-tastes", float(1, -1))
        try refuses("rating-movie-tastes", float(2 * UserTraits.count, -1))
        try refuses("features", float(16 + 2, .infinity))
        try refuses("features", float(16 + RatingHead.movieBias, 1))
        try refuses("rating-popularity", double(0, .nan))
        try refuses("rating-popularity", double(1, -1))
        try refuses("rating-popularity", double(2, 0))
        try refuses("rating-curve", double(2, .nan))
        try refuses("rating-curve", double(StarsCurve.terms, -1))
    }

    @Test func aUserWhoIsForgottenLeavesNothingAndHisRowBeginsAnew() {
        let head = makeHead(users: 2, movies: 5)
        func bytes(_ rows: PagedRows) -> [UInt8] {
            Array(UnsafeRawBufferPointer(start: rows.row(1), count: rows.rowBytes))
        }
        let tables = head.tables.filter { ["rating-users", "rating-user-tastes"].contains($0.name) }.map(\.rows)
        #expect(tables.count == 2)
        let new = tables.map(bytes)
        for _ in 0..<20 { _ = head.learn(user: 1, profile: UserRow(), movie: 4, stars: 1) }
        for (table, new) in zip(tables, new) { #expect(bytes(table) != new) }
        head.removeUser(1)
        for table in tables { #expect(bytes(table).allSatisfy { $0 == 0 }) }
        head.addUser(1, id: 2)
        #expect(tables.map(bytes) == new)
    }
}
