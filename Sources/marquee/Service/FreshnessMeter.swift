import Foundation
import Synchronization

/// How old a rating is when the list that answers it is in a consumer's hand: from just before it is produced to the
/// arrival of the first list that names it among its causes.
final class FreshnessMeter: Sendable {
    struct Percentiles: Encodable, Equatable {
        var p50: Double
        var p99: Double
    }

    private struct Times {
        /// Nanoseconds, 0 = not yet.
        var sent: [UInt64]
        var arrived: [UInt64]
    }

    /// The numbers of the ratings that are measured; a rating's event id is its number.
    private let numbers: Range<Int>
    private let times: Mutex<Times>

    init(numbers: Range<Int>) {
        self.numbers = numbers
        let none = [UInt64](repeating: 0, count: numbers.count)
        times = Mutex(Times(sent: none, arrived: none))
    }

    /// The rating goes out now.
    func willSend(_ number: Int) {
        guard numbers.contains(number) else { return }
        let now = MonotonicTime.nanoseconds
        times.withLock { $0.sent[number - numbers.lowerBound] = now }
    }

    /// A list arrived at `nanoseconds`. Lists of other ratings are passed over.
    func received(_ document: UnsafeRawBufferPointer, at nanoseconds: UInt64) {
        EventNumbers.forEach(in: document) { number in
            guard numbers.contains(number) else { return }
            let place = number - numbers.lowerBound
            times.withLock { if $0.arrived[place] == 0 { $0.arrived[place] = nanoseconds } }
        }
    }

    /// How many of the ratings after the first `warmUp` were answered.
    func answeredCount(after warmUp: Int = 0) -> Int { milliseconds(after: warmUp).count }

    /// Milliseconds over the ratings after the first `warmUp`, nearest rank; nil when none was answered.
    func percentiles(after warmUp: Int = 0) -> Percentiles? {
        let sorted = milliseconds(after: warmUp).sorted()
        guard !sorted.isEmpty else { return nil }
        func rank(_ part: Double) -> Double { sorted[max(0, Int((part * Double(sorted.count)).rounded(.up)) - 1)] }
        return Percentiles(p50: rank(0.5), p99: rank(0.99))
    }

    private func milliseconds(after warmUp: Int) -> [Double] {
        times.withLock { times in
            zip(times.sent, times.arrived).dropFirst(warmUp).compactMap { sent, arrived in
                sent == 0 || arrived == 0 ? nil : Double(arrived - sent) / 1e6
            }
        }
    }
}

/// The event ids of a list's causes, found without decoding the document: where ids are numbers of a stream.
enum EventNumbers {
    private static let before: StaticString = "\"event"
    private static let after: StaticString = "_id\":\""
    private static let endOfCauses: StaticString = "_by_total"

    /// Calls `body` with each, in the document's order. Inside a JSON string the names could not stand: their quotes
    /// would be escaped.
    static func forEach(in document: UnsafeRawBufferPointer, _ body: (Int) -> Void) {
        guard let base = document.baseAddress else { return }
        var at = 0
        // Underscores are rare, so the library's search for a byte passes over most of the document.
        while at < document.count, let found = memchr(base + at, Int32(UInt8(ascii: "_")), document.count - at) {
            let place = UnsafeRawPointer(found) - base
            at = place + 1
            if stands(endOfCauses, in: document, at: place) { return }
            let start = place + after.utf8CodeUnitCount
            guard stands(after, in: document, at: place),
                stands(before, in: document, at: place - before.utf8CodeUnitCount),
                let number = number(in: document, at: start)
            else { continue }
            body(number)
        }
    }

    private static func stands(_ text: StaticString, in document: UnsafeRawBufferPointer, at place: Int) -> Bool {
        guard place >= 0, place + text.utf8CodeUnitCount <= document.count, let base = document.baseAddress else {
            return false
        }
        return memcmp(base + place, text.utf8Start, text.utf8CodeUnitCount) == 0
    }

    /// The digits up to the closing quote.
    private static func number(in document: UnsafeRawBufferPointer, at start: Int) -> Int? {
        var number = 0
        var at = start
        while at < document.count, at < start + 18, case let digit = document[at] &- UInt8(ascii: "0"), digit < 10 {
            number = number * 10 + Int(digit)
            at += 1
        }
        guard at > start, at < document.count, document[at] == UInt8(ascii: "\"") else { return nil }
        return number
    }
}
