import Foundation
import Kafka
import Synchronization

/// A consumer that watches the lists come in, committed ones only: whose, and when. It goes on when the broker ends and
/// comes back.
final class ListWatch: Sendable {
    /// What was seen of one user.
    struct Seen: Sendable {
        /// Lists since the last tombstone.
        var lists = 0
        var tombstones = 0
    }

    private struct State {
        var users: [Int64: Seen] = [:]
        /// When each record came, in monotonic seconds.
        var arrivals: [Double] = []
    }

    private let state = Mutex(State())
    private let shouldStop = Atomic<Bool>(false)
    private let ended = DispatchSemaphore(value: 0)

    /// Starts the thread, which watches from the topic's beginning until `stop`.
    init(_ deployment: Deployment) throws {
        let configuration = try deployment.configuration()
        let topic = deployment.topics.recommendations
        let thread = Thread { [self] in
            var positions: [Int32: Int64] = [:]
            while !shouldStop.load(ordering: .relaxed) {
                do {
                    let reader = try KafkaTopicReader(configuration, topic: topic, from: .offsets(positions))
                    while !shouldStop.load(ordering: .relaxed) {
                        try reader.poll(waitMilliseconds: 20) { record in
                            positions[record.partition] = record.offset + 1
                            note(record)
                        }
                    }
                } catch {
                    usleep(50_000)
                }
            }
            ended.signal()
        }
        thread.start()
    }

    func stop() {
        if shouldStop.exchange(true, ordering: .relaxed) { return }
        ended.wait()
    }

    func seen(_ user: Int64) -> Seen { state.withLock { $0.users[user] ?? Seen() } }

    /// All records so far.
    var count: Int { state.withLock { $0.arrivals.count } }

    /// The longest time without a record between two moments.
    func longestGap(from start: Double, to end: Double) -> Double {
        let arrivals = state.withLock { $0.arrivals.filter { $0 > start && $0 < end } }
        return zip([start] + arrivals, arrivals + [end]).map { $1 - $0 }.max() ?? end - start
    }

    private func note(_ record: KafkaTopicReader.BorrowedRecord) {
        let now = monotonicSeconds()
        let user = Int64(String(decoding: record.key, as: UTF8.self)) ?? 0
        let isTombstone = record.value.baseAddress == nil
        state.withLock { state in
            state.arrivals.append(now)
            if isTombstone {
                state.users[user, default: Seen()].tombstones += 1
                state.users[user]?.lists = 0
            } else {
                state.users[user, default: Seen()].lists += 1
            }
        }
    }
}
