import Streaming

/// What a record carries through librdkafka so that its report can be told: the commit's epoch and its kind, in 64
/// bits.
struct DeliveryTag {
    let bits: UInt64

    init(bits: UInt64) { self.bits = bits }

    init(epoch: Int64, isJournal: Bool) { bits = UInt64(bitPattern: epoch) << 1 | (isJournal ? 1 : 0) }

    /// Epochs below 2^62.
    var epoch: Int64 { Int64(bitPattern: bits) >> 1 }
    var isJournal: Bool { bits & 1 != 0 }
}

/// Counts delivery reports by commit until the loop asks.
struct DeliveryTally {
    private var reports: [DeliveryReport] = []

    init() { reports.reserveCapacity(256) }

    mutating func delivered(epoch: Int64) {
        // A report belongs to the newest commits nearly always, so the search is short.
        for index in reports.indices.reversed() {
            if case .delivered(epoch, let count) = reports[index] {
                reports[index] = .delivered(epoch: epoch, count: count + 1)
                return
            }
        }
        reports.append(.delivered(epoch: epoch, count: 1))
    }

    mutating func journaled(epoch: Int64, offset: Int64) {
        reports.append(.journaled(epoch: epoch, offset: offset))
    }

    mutating func drain(_ handler: (DeliveryReport) -> Void) {
        for report in reports { handler(report) }
        reports.removeAll(keepingCapacity: true)
    }
}
