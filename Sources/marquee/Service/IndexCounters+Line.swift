import Streaming

extension IndexCounters {
    /// The index in one line of the log.
    ///
    /// - Parameter atStart: Says how long it took to fill.
    func line(atStart: Bool = false) -> String {
        let recall = liveRecall.map { fixed($0 * 100, 1) + "%" } ?? "an unknown part"
        let isPartitioned = isPartitioned.load(ordering: .relaxed)
        let design = isPartitioned ? "partitioned, finds \(recall) of the exact answers" : "exact"
        let rows = grouped(rows.load(ordering: .relaxed))
        let megabytes = fixed(Double(bytes.load(ordering: .relaxed)) / 1e6, 1)
        let milliseconds = fixed(Double(rebuildNanoseconds.load(ordering: .relaxed)) / 1e6, 1)
        return "index: \(design), \(rows) movies, \(megabytes) MB" + (atStart ? ", filled in \(milliseconds) ms" : "")
    }
}
