import Synchronization

/// Looks who is in a consumer group, on a thread of its own, because the question blocks.
final class GroupWatch {
    private static let intervalMilliseconds: Int32 = 150
    private static let patienceMilliseconds: Int32 = 2_000

    /// What passes between the thread and whoever asks.
    private final class Board: Sendable {
        struct State {
            /// Answers to questions of an earlier round are no answers.
            var round = 0
            var isWanted = false
            var isEnding = false
            var members: (round: Int, ids: [String])?
        }

        let state = Mutex(State())
        let signal = WakeSignal()
    }

    private let board = Board()

    init(_ configuration: KafkaConfiguration, groupID: String) throws {
        let properties = try configuration.propertySet(
            defaults: [("allow.auto.create.topics", "false"), ("retry.backoff.ms", "20")], required: [])
        let owned = Owned(client: try KafkaClient(.producer, properties, configuration))
        let board = board
        DetachedThread.start { Self.run(owned.client, groupID, board) }
    }

    deinit { close() }

    /// Ends the thread as soon as it has its answer; does not wait for that.
    func close() {
        board.state.withLock { $0.isEnding = true }
        board.signal.raise()
    }

    /// The next answer is one to a question that is asked from now on.
    func forget() {
        board.state.withLock {
            $0.round += 1
            $0.members = nil
        }
    }

    /// How many members but the one of this instance id there are; nil until an answer has come.
    func others(than instanceID: String) -> Int? {
        let (ids, wakes) = board.state.withLock { state in
            defer {
                state.members = nil
                state.isWanted = true
            }
            return (state.members?.ids, !state.isWanted)
        }
        if wakes { board.signal.raise() }
        // The coordinator makes a static member's id of its instance id, a hyphen and something random.
        return ids.map { ids in ids.reduce(0) { $0 + ($1.hasPrefix(instanceID + "-") ? 0 : 1) } }
    }

    /// Unchecked because the client moves to the thread, which alone uses and closes it.
    private struct Owned: @unchecked Sendable {
        let client: KafkaClient
    }

    private static func run(_ client: KafkaClient, _ groupID: String, _ board: Board) {
        while true {
            let (isEnding, isWanted, round) = board.state.withLock { ($0.isEnding, $0.isWanted, $0.round) }
            if isEnding { break }
            guard isWanted else {
                board.signal.wait(milliseconds: -1)
                board.signal.clear()
                continue
            }
            // A broker that is away or busy says nothing.
            let ids = client.members(ofGroup: groupID, milliseconds: patienceMilliseconds).ids
            board.state.withLock { state in
                if let ids, state.round == round { state.members = (round, ids) }
            }
            // Only an end cuts this short, because nobody wakes a thread that is asked already.
            if board.signal.wait(milliseconds: intervalMilliseconds) { board.signal.clear() }
            board.state.withLock { $0.isWanted = false }
        }
        client.close(deadlineMilliseconds: 2_000)
    }
}
