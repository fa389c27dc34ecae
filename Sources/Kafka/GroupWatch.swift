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
            var answer: [KnownMember]?
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
            $0.answer = nil
        }
    }

    /// Who is in the group; nil until an answer has come. Each answer is given once.
    func members() -> [KnownMember]? {
        let (members, wakes) = board.state.withLock { state in
            defer {
                state.answer = nil
                state.isWanted = true
            }
            return (state.answer, !state.isWanted)
        }
        if wakes { board.signal.raise() }
        return members
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
            let members = client.members(ofGroup: groupID, milliseconds: patienceMilliseconds).members
            board.state.withLock { state in
                if let members, state.round == round { state.answer = members }
            }
            // Only an end cuts this short, because nobody wakes a thread that is asked already.
            if board.signal.wait(milliseconds: intervalMilliseconds) { board.signal.clear() }
            board.state.withLock { $0.isWanted = false }
        }
        client.close(deadlineMilliseconds: 2_000)
    }
}
