import Learning
import VectorIndex

/// Ranks and explains the lists of users who were searched together, half of them on a second thread where there is a
/// second core.
///
/// Nobody learns meanwhile, and a list depends on nothing of another, so it is the same on whichever thread. Owned by the
/// learner thread.
final class ListMakers {
    private struct Maker {
        let ranker: BlendRanker
        let explainer: Explainer
    }

    /// What is to be done for users at some places of a search.
    private enum Work {
        case rank(users: UnsafeBufferPointer<UInt32>, exclusions: [UnsafeBufferPointer<UInt32>], length: Int)
        case explain(users: UnsafeBufferPointer<UInt32>)
    }

    private let results: RankedLists
    private let hits: SearchResults
    private let here: Maker
    private let side: SideThread<(Work, places: Range<Int>)>

    /// Users from whom on two threads make the lists: a few milliseconds' work. Where other processes want the cores, a thread
    /// may be late by as much.
    private static let sideBySideMin = 64

    /// - Parameters:
    ///   - hits: What the index finds for each user.
    ///   - results: Where the lists go.
    init(blend: Blend, learner: Learner, scope: CandidateScope, hits: SearchResults, results: RankedLists) {
        self.hits = hits
        self.results = results
        func makeMaker() -> Maker {
            Maker(
                ranker: BlendRanker(blend: blend, learner: learner, scope: scope),
                explainer: Explainer(blend: blend, learner: learner))
        }
        here = makeMaker()
        let there = makeMaker()
        side = SideThread("lists") { Self.run($0, $1, there, hits, results) }
    }

    /// Ranks for each user.
    ///
    /// - Parameter exclusions: By user, what must not be listed.
    func rank(
        _ users: UnsafeBufferPointer<UInt32>, without exclusions: [UnsafeBufferPointer<UInt32>], length: Int
    ) {
        share(.rank(users: users, exclusions: exclusions, length: length), users.count)
    }

    /// Finds what speaks for the items that were ranked last.
    func explain(_ users: UnsafeBufferPointer<UInt32>) { share(.explain(users: users), users.count) }

    /// The blend's score of one movie, bit by bit as in a list.
    func score(user: UInt32, movie: UInt32) -> Float { here.ranker.score(user: user, movie: movie) }

    private func share(_ work: Work, _ count: Int) {
        if !SecondCore.isThere || count < Self.sideBySideMin {
            Self.run(work, 0..<count, here, hits, results)
            return
        }
        side.both((work, places: count / 2..<count)) { Self.run(work, 0..<count / 2, here, hits, results) }
    }

    private static func run(
        _ work: Work, _ places: Range<Int>, _ maker: Maker, _ hits: SearchResults, _ results: RankedLists
    ) {
        switch work {
        case .rank(let users, let exclusions, let length):
            for place in places {
                maker.ranker.rank(
                    user: users[place], hits: hits.items(of: place), rated: exclusions[place], length: length,
                    place: place, into: results)
            }
        case .explain(let users):
            for place in places {
                maker.explainer.explain(results.items(of: place), for: users[place]) {
                    results.explain(place, item: $0, $1, named: $2)
                }
            }
        }
    }
}
