import Learning

/// Shares the users who are due between two threads: the caller's searches the index for some at a time, and both make
/// lists of what was found.
final class ListSchedule: Sendable {
    /// The places of users, and what is done for them.
    enum Step {
        case search(Range<Int>)
        case make(Range<Int>)
    }

    private struct State: ~Copyable {
        var userCount = 0
        /// Users for whom the index was searched.
        var searched = 0
        /// Users whose lists are made or being made.
        var taken = 0

        mutating func lists(of most: Int) -> Range<Int>? {
            if taken == searched { return nil }
            let places = taken..<min(taken + most, searched)
            taken = places.upperBound
            return places
        }
    }

    private let usersPerSearch: Int
    private let usersPerStep: Int
    private let monitor = Monitor(State())

    init(usersPerSearch: Int, usersPerStep: Int) {
        self.usersPerSearch = usersPerSearch
        self.usersPerStep = usersPerStep
    }

    /// Users who follow those before; when neither thread is at work.
    func begin(userCount: Int) {
        monitor.change { state in
            state = State()
            state.userCount = userCount
        }
    }

    /// What the caller's thread does next; nil when nothing is left to it.
    func lead() -> Step? {
        monitor.change { state in
            if state.searched < state.userCount {
                return .search(state.searched..<min(state.searched + usersPerSearch, state.userCount))
            }
            return state.lists(of: usersPerStep).map { .make($0) }
        }
    }

    /// The index was searched for these users, who come next.
    func found(_ places: Range<Int>) { monitor.change { $0.searched = places.upperBound } }

    /// For the other users the index is not searched.
    func giveUp() { monitor.change { $0.userCount = $0.searched } }

    /// Whose lists the side thread makes next; nil when nothing is left to it.
    func follow() -> Range<Int>? {
        monitor.waitFor { [usersPerStep] state -> Range<Int>?? in
            if let places = state.lists(of: usersPerStep) { return places }
            return state.searched == state.userCount ? .some(nil) : nil
        }
    }
}
