import Events
import Testing

@testable import Learning

/// What becomes of events of movies and users.
struct LearnerCatalogueTests {
    private let heat = Movie(movieID: 6, title: "Heat", year: 1995, genres: ["Action", "Crime"])

    @Test func aMovieIsAnnouncedDescribedWithdrawnAndAnnouncedAgain() {
        let learner = TestLearner().learner
        #expect(learner.announce(heat) == .added(0))
        #expect(learner.announce(heat) == .unchanged)
        var other = heat
        other.genres = ["Crime"]
        #expect(learner.announce(other) == .described(0))
        #expect(learner.movies.descriptions == [MovieDescription(title: "Heat", year: 1995, genres: ["Crime"])])
        other.year = nil
        #expect(learner.announce(other) == .described(0))

        #expect(learner.withdraw(movieID: 6) == .withdrawn(0))
        #expect(learner.withdraw(movieID: 6) == .unchanged)
        #expect(learner.movies.pointer(0).pointee.isAnnounced == 0)
        #expect(learner.announce(heat) == .added(0), "also when the description is another")
        #expect(learner.movies.descriptions[0].year == 1995)
        #expect(learner.movies.pointer(0).pointee.isAnnounced == 1)
        #expect(learner.counters.moviesAnnounced == 5 && learner.counters.moviesWithdrawn == 2)
    }

    @Test func aMovieOnlyKnownFromRatingsIsDescribedByItsAnnouncement() {
        let test = TestLearner()
        test.apply([.set(1, 6, 8, at: 1)])
        #expect(test.learner.announce(heat) == .described(0), "it could be recommended before")
        #expect(test.learner.movies.pointer(0).pointee.ratingCount == 1)
    }

    @Test func aMovieWithdrawnBeforeItWasKnownStaysOut() {
        let test = TestLearner()
        #expect(test.learner.withdraw(movieID: 6) == .unchanged)
        #expect(test.apply([.set(1, 6, 8, at: 1)]) == [.applied], "its ratings still count as seen")
        #expect(test.learner.movies.pointer(0).pointee.isWithdrawn == 1)
        #expect(test.learner.hasRated(user: 0, movie: 0))
        #expect(test.learner.announce(heat) == .added(0))
        #expect(test.learner.movies.pointer(0).pointee.ratingCount == 1)
    }

    @Test func aProfileIsNewTheSameOrAnother() {
        let test = TestLearner()
        #expect(test.learner.describe(UserProfile(userID: 4)) == .changed(0), "an empty profile makes a user too")
        #expect(test.learner.describe(UserProfile(userID: 4, zip: "48067")) == .unchanged(0), "the zip is not kept")
        #expect(test.learner.describe(UserProfile(userID: 4, gender: .male)) == .changed(0))
        #expect(test.learner.describe(UserProfile(userID: 4, gender: .male, age: 0)) == .changed(0), "0 is no gap")
        #expect(test.learner.describe(UserProfile(userID: 4, gender: .male, age: 0)) == .unchanged(0))
        #expect(test.learner.describe(UserProfile(userID: 4, age: 0)) == .changed(0), "a field may go again")
        #expect(test.learner.describe(UserProfile(userID: 4, age: 150, occupation: 20)) == .changed(0))
        let user = test.learner.users.pointer(0).pointee
        #expect(user.gender == 0 && user.age == 151 && user.occupation == 21 && user.hasProfile == 1)
        test.apply([.set(5, 1, 8, at: 1)])
        #expect(test.learner.describe(UserProfile(userID: 5)) == .changed(1), "known from ratings, first profile")
    }

    @Test func aForgottenUsersRowIsEmptyAndUsedAgain() throws {
        let test = TestLearner()
        for user in 1...3 as ClosedRange<Int64> {
            test.apply([.set(user, 1, 10, at: 1), .set(user, 2, 1, at: 1)])
            #expect(test.learner.describe(UserProfile(userID: user, age: 30)) == .changed(UInt32(user) - 1))
        }
        let fresh = TestLearner()
        fresh.apply([.set(8, 1, 10, at: 1)])
        _ = fresh.learner.forget(userID: 8, recordTimestampMilliseconds: 1)

        #expect(test.learner.forget(userID: 1, recordTimestampMilliseconds: 5) == .forgotten(0))
        #expect(test.learner.forget(userID: 3, recordTimestampMilliseconds: 5) == .forgotten(2))
        #expect(test.learner.forget(userID: 3, recordTimestampMilliseconds: 6) == .forgottenUnknown)
        #expect(!test.learner.users.isAlive(0) && test.learner.users.isAlive(1) && !test.learner.users.isAlive(2))
        #expect(query(test, 0).allSatisfy { $0 == 0 }, "nothing learnt of him is left")
        #expect(test.learner.users.count == 1 && test.learner.snapshot().userCount == 1)

        // Last freed, first used; and no trace of who was there.
        #expect(test.learner.row(forUser: 70) == 2)
        #expect(test.learner.row(forUser: 71) == 0)
        #expect(test.learner.row(forUser: 72) == 3)
        #expect(test.learner.users.pointer(2).pointee.rated == RatedHandle())
        #expect(test.learner.users.pointer(2).pointee.hasProfile == 0)
        #expect(fresh.learner.row(forUser: 71) == 0)
        #expect(query(test, 0) == query(fresh, 0), "the same id starts the same in any row")
        #expect(query(test, 0) != query(test, 2))
    }

    private func query(_ test: TestLearner, _ row: UInt32) -> [Float] {
        var vector = [Float](repeating: .nan, count: test.model.dimension)
        test.model.query(row, profile: UserRow(), into: &vector)
        return vector
    }
}
