import Recommending
import Synchronization

/// What the index is, to be read from any thread; stored once a commit.
public final class IndexCounters: Sendable {
    public let isPartitioned = Atomic<Bool>(false)
    public let rows = Atomic<Int>(0)
    public let bytes = Atomic<Int>(0)
    /// Nanoseconds in which it was filled from the model's rows when the state had been restored; 0 = not yet.
    public let rebuildNanoseconds = Atomic<Int>(0)
    /// Millionths of the exact answers that searches of late found; below 0 before that is known.
    private let recallMillionths = Atomic<Int>(-1)

    init() {}

    /// Nil before it is known.
    public var liveRecall: Double? {
        let millionths = recallMillionths.load(ordering: .relaxed)
        return millionths < 0 ? nil : Double(millionths) / 1e6
    }

    func store(_ figures: IndexFigures) {
        isPartitioned.store(figures.isPartitioned, ordering: .relaxed)
        rows.store(figures.rows, ordering: .relaxed)
        bytes.store(figures.bytes, ordering: .relaxed)
        recallMillionths.store(figures.liveRecall.map { Int($0 * 1e6) } ?? -1, ordering: .relaxed)
    }
}
