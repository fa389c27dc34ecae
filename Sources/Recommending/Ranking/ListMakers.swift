import Learning
import VectorIndex

/// Makes the lists of users who are due: searches the index for them, ranks what it found and explains it, on two threads
/// where there is a second core.
///
/// Nobody learns meanwhile, and a list depends on nothing of another, so it is the same on whichever thread. Owned by the
/// learner thread.
final class ListMakers {
    /// Most users at once.
    static let usersMax = 256
    /// Users whose queries go to the index together.
    private static let usersPerSearch = 64
    /// Users whose lists a thread makes before it looks again what there is to do.
    private static let usersPerStep = 16
    /// Users from whom on two threads make the lists: a few milliseconds' work. Where other processes want the cores, a thread
    /// may be late by as much.
    private static let sideBySideMin = 64

    /// Whose lists are wanted, at their places in `results`.
    struct Request {
        let users: UnsafeBufferPointer<UInt32>
        /// By user, what must not be listed.
        let exclusions: UnsafeBufferPointer<UnsafeBufferPointer<UInt32>>
        let length: Int
        /// Whether it is to be found what speaks for each item.
        let isExplained: Bool
    }

    private let here: ListMaker
    private let hits: [SearchResults]
    private let schedule = ListSchedule(usersPerSearch: usersPerSearch, usersPerStep: usersPerStep)
    private let side: SideThread<Request>

    /// - Parameter results: Where the lists go.
    init(blend: Blend, learner: Learner, scope: CandidateScope, results: RankedLists) {
        let hits = (0..<Self.usersMax / Self.usersPerSearch).map { _ in SearchResults() }
        self.hits = hits
        func makeMaker() -> ListMaker {
            ListMaker(
                ranker: BlendRanker(blend: blend, learner: learner, scope: scope),
                explainer: Explainer(blend: blend, learner: learner), hits: hits, usersPerSearch: Self.usersPerSearch,
                results: results)
        }
        here = makeMaker()
        let there = makeMaker()
        side = SideThread("lists") { [schedule] request in
            while let places = schedule.follow() { there.make(request, places) }
        }
    }

    /// Makes the lists.
    ///
    /// - Parameter search: Searches the index for users at some places.
    /// - Throws: What `search` does.
    func make(_ request: Request, _ search: (_ places: Range<Int>, _ hits: SearchResults) throws -> Void) throws {
        let count = request.users.count
        schedule.begin(userCount: count)
        if !SecondCore.isThere || count < Self.sideBySideMin { return try lead(request, search) }
        var failure: (any Error)?
        side.both(request) {
            do { try lead(request, search) } catch {
                failure = error
                schedule.giveUp()
            }
        }
        if let failure { throw failure }
    }

    private func lead(
        _ request: Request, _ search: (_ places: Range<Int>, _ hits: SearchResults) throws -> Void
    ) throws {
        while let step = schedule.lead() {
            switch step {
            case .search(let places):
                try search(places, hits[places.lowerBound / Self.usersPerSearch])
                schedule.found(places)
            case .make(let places): here.make(request, places)
            }
        }
    }

    /// The blend's score of one movie, bit by bit as in a list.
    func score(user: UInt32, movie: UInt32) -> Float { here.ranker.score(user: user, movie: movie) }
}

/// What one thread makes lists with.
private struct ListMaker {
    let ranker: BlendRanker
    let explainer: Explainer
    /// What the index found, for the users of one search after the other.
    let hits: [SearchResults]
    let usersPerSearch: Int
    let results: RankedLists

    func make(_ request: ListMakers.Request, _ places: Range<Int>) {
        for place in places {
            let user = request.users[place]
            ranker.rank(
                user: user, hits: hits[place / usersPerSearch].items(of: place % usersPerSearch),
                rated: request.exclusions[place], length: request.length, place: place, into: results)
            if request.isExplained {
                explainer.explain(results.items(of: place), for: user) {
                    results.explain(place, item: $0, $1, named: $2)
                }
            }
        }
    }
}
