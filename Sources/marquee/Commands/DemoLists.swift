import Foundation
import Kafka
import Synchronization

/// The lists that arrive, kept so that the screen can show how one user's changed since he was shown last.
///
/// The reader's thread notes every list, the screen takes one now and then. Bytes are kept as they came: what is not
/// shown is never decoded.
final class DemoLists: Sendable {
    /// A user's list beside an earlier one of his.
    struct Change: Sendable {
        /// Nil for his first list that was seen.
        var before: [UInt8]?
        var now: [UInt8]
    }

    private struct Tracked {
        var before: [UInt8]
        var now: [UInt8]?
        var listsSince = 0
        var wasShown = false
    }

    private struct State {
        var users: [Int64: Tracked] = [:]
        var firstSeconds: Double?
    }

    /// Users beyond this are not followed until the next look.
    private static let trackedMax = 2000
    private static let shownMax = 4
    private let state = Mutex(State())

    /// When the first list came, on the monotonic clock.
    var firstSeconds: Double? { state.withLock { $0.firstSeconds } }

    func note(_ record: KafkaTopicReader.BorrowedRecord) {
        guard record.value.baseAddress != nil, let user = Self.number(record.key) else { return }
        state.withLock { state in
            if state.firstSeconds == nil { state.firstSeconds = MonotonicTime.seconds }
            if state.users[user] != nil {
                state.users[user]?.now = Array(record.value)
                state.users[user]?.listsSince += 1
            } else if state.users.count < Self.trackedMax {
                state.users[user] = Tracked(before: Array(record.value))
            }
        }
    }

    /// The most telling change since the last call: of a user who was shown before, else of the one with the most
    /// lists; a first list when nothing changed; nil when nothing came.
    func take() -> Change? {
        state.withLock { state in
            let changed = state.users.filter { $0.value.now != nil }
            let best = changed.max {
                ($0.value.wasShown ? 1 : 0, $0.value.listsSince, $0.key)
                    < ($1.value.wasShown ? 1 : 0, $1.value.listsSince, $1.key)
            }
            guard let (user, tracked) = best ?? state.users.first(where: { !$0.value.wasShown }) else { return nil }
            let change = Change(before: tracked.now == nil ? nil : tracked.before, now: tracked.now ?? tracked.before)
            var kept = state.users.filter { $0.value.wasShown && $0.key != user }
            while kept.count >= Self.shownMax, let some = kept.keys.first { kept[some] = nil }
            kept[user] = Tracked(before: change.now, wasShown: true)
            state.users = kept
            return change
        }
    }

    private static func number(_ digits: UnsafeRawBufferPointer) -> Int64? {
        var number: Int64 = 0
        for byte in digits {
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9"), number < 1 << 58 else { return nil }
            number = number * 10 + Int64(byte - UInt8(ascii: "0"))
        }
        return digits.isEmpty ? nil : number
    }
}
