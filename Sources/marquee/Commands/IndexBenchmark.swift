import Foundation
import VectorIndex

/// Runs an index through what a VIB1 file holds.
final class IndexBenchmark {
    struct Report: Encodable {
        struct Recall: Encodable {
            var unfiltered = 0.0
            var filtered = 0.0
            var mixed: Double?
            var beforeChurn = 0.0
            var afterChurn = 0.0
        }

        struct QueriesPerSecond: Encodable {
            var single = 0.0
            var batch = 0.0
            var filteredSingle = 0.0
            var filteredBatch = 0.0
        }

        struct UpsertsPerSecond: Encodable {
            var single = 0.0
            var batch = 0.0
        }

        struct Percentiles: Encodable {
            var p50: Double
            var p99: Double
        }

        /// What one core can do over as many bytes as the shadows have, and how much of it searches use.
        struct Machine: Encodable {
            var readBytesPerSecond: Double
            /// Multiplications of bytes, each with its addition.
            var productsPerSecond: Double
            /// What an unfiltered query reads: shadows, rows that are scored, centres.
            var bytesPerQuery: Double
            /// Of queries one by one.
            var shareOfReadBandwidth: Double
            /// Of queries in batches, which share what they read.
            var shareOfProducts: Double
        }

        var n: Int
        var d: Int
        var design: String
        var recall = Recall()
        /// Of vectors just written, how many are their own best match in the same cycle; nil where rows have offsets.
        var freshness: Double?
        /// Excluded or removed ids in answers.
        var violations = 0
        var queriesPerSecond = QueriesPerSecond()
        var upsertsPerSecond = UpsertsPerSecond()
        /// Of cycles whose queries come as one batch; the median.
        var cyclesPerSecond: Double?
        /// Of filtered queries one by one, among writes.
        var queryMicroseconds: Percentiles?
        var bytesPerItem = 0.0
        /// Scored in single precision, of an unfiltered query.
        var rowsScoredPerQuery = 0.0
        /// From an empty index to one with all rows, in one batch.
        var buildSeconds = 0.0
        /// The same row by row, as after a restore.
        var rebuildSeconds = 0.0
        var machine: Machine?
    }

    let file: VIB1File
    let makeIndex: () -> any VectorIndex
    var index: any VectorIndex
    let results = SearchResults()
    var report: Report
    /// By an unfiltered query.
    var rowsLookedAt = 0.0
    /// Row numbers 0, 1, ..., as items and as ids.
    let items: [UInt32]
    let ids: [Int64]

    /// Seconds that a rate is measured.
    static let secondsPerRate = 0.6
    static let batchSize = 256

    init(file: VIB1File, makeIndex: @escaping () -> any VectorIndex) {
        self.file = file
        self.makeIndex = makeIndex
        index = makeIndex()
        report = Report(n: file.n, d: file.dimension, design: "")
        items = (0..<UInt32(file.n + file.cycleCount * file.insertsPerCycle)).map { $0 }
        ids = items.map { Int64($0) }
    }

    func run() throws -> Report {
        try fill()
        report.design = index.design.rawValue
        report.bytesPerItem = Double(index.byteCount) / Double(file.n)
        try measureSearches()
        measureMachine()
        try measureRebuild()
        if file.cycleCount > 0 { try measureCycles() }
        try measureChurn()
        return report
    }

    /// A new index with the rows of the file.
    func fill() throws {
        index = makeIndex()
        let start = MonotonicTime.seconds
        try upsert(
            first: 0, count: file.n, vectors: address(file.base, 0), offsets: file.offsets.map { address($0.base, 0) })
        report.buildSeconds = MonotonicTime.seconds - start
    }

    /// Fills the index as a restore does: from rows that come one by one.
    private func measureRebuild() throws {
        let start = MonotonicTime.seconds
        index.removeAll()
        for row in 0..<file.n {
            try index.upsert(
                item: items[row], id: ids[row], vector: address(file.base, row * file.dimension),
                offset: file.offsets?.base[row] ?? 0)
        }
        report.rebuildSeconds = MonotonicTime.seconds - start
        try fill()
    }

    /// Writes rows of consecutive numbers.
    func upsert(
        first: Int, count: Int, vectors: UnsafePointer<Float>, offsets: UnsafePointer<Float>?
    ) throws {
        try items.withUnsafeBufferPointer { items in
            try ids.withUnsafeBufferPointer { ids in
                try index.upsert(
                    UpsertBatch(
                        items: address(items, first), ids: address(ids, first), vectors: vectors,
                        offsets: offsets, count: count))
            }
        }
    }

    @inline(__always)
    func address<Element>(_ buffer: UnsafeBufferPointer<Element>, _ place: Int) -> UnsafePointer<Element> {
        guard let base = buffer.baseAddress else { preconditionFailure("checked when the file was read") }
        return base + place
    }

    /// The first `count` exclusions of a query.
    func exclusions(_ query: Int, count: Int) -> UnsafeBufferPointer<UInt32> {
        let first = query * file.exclusionCount
        return UnsafeBufferPointer(rebasing: file.exclusions[first..<first + count])
    }

    // MARK: Searches

    private func measureSearches() throws {
        let asked = min(Self.batchSize, file.queryCount)
        let lists = (0..<file.queryCount).map { exclusions($0, count: file.filteredExclusionCount) }
        let none = UnsafeBufferPointer<UnsafeBufferPointer<UInt32>>(start: nil, count: 0)
        try lists.withUnsafeBufferPointer { lists in
            func search(_ first: Int, _ count: Int, filtered: Bool) throws {
                let own = filtered ? UnsafeBufferPointer(rebasing: lists[first..<first + count]) : none
                try index.search(
                    queries: address(file.queries, first * file.dimension), queryCount: count, k: file.k,
                    exclusions: own, into: results)
            }
            func rate(_ count: Int, filtered: Bool) throws -> Double {
                var rates: [Double] = []
                for _ in 0..<3 {
                    let start = MonotonicTime.seconds
                    var (done, first) = (0, 0)
                    while MonotonicTime.seconds - start < Self.secondsPerRate / 3 {
                        if first + count > file.queryCount { first = 0 }
                        try search(first, count, filtered: filtered)
                        first += count
                        done += count
                    }
                    rates.append(Double(done) / (MonotonicTime.seconds - start))
                }
                return rates.sorted()[1]
            }
            // The first queries of a partition look everywhere.
            try search(0, asked, filtered: false)
            try search(0, asked, filtered: false)
            report.recall.unfiltered = recall(queries: asked, file.truth)
            report.recall.beforeChurn = report.recall.unfiltered
            report.rowsScoredPerQuery = Double(results.rowsScored) / Double(asked)
            rowsLookedAt = Double(results.rowsLookedAt) / Double(asked)
            try search(0, asked, filtered: true)
            report.recall.filtered = recall(queries: asked, file.filteredTruth)
            for query in 0..<asked { countViolations(query, lists[query]) }
            report.queriesPerSecond.single = try rate(1, filtered: false)
            report.queriesPerSecond.batch = try rate(asked, filtered: false)
            report.queriesPerSecond.filteredSingle = try rate(1, filtered: true)
            report.queriesPerSecond.filteredBatch = try rate(asked, filtered: true)
        }
    }

    /// How much of the exact answers was found; an item as good as the last of them counts for it.
    func recall(queries: Int, _ truth: VIB1File.Answers, from first: Int = 0) -> Double {
        var (found, wanted) = (0, 0)
        for query in 0..<queries {
            let range = (first + query) * file.k..<(first + query + 1) * file.k
            let known = truth.ids[range].filter { $0 >= 0 }
            wanted += known.count
            found += hits(query, ids: known, scores: truth.scores[range].prefix(known.count))
        }
        return wanted == 0 ? 1 : Double(found) / Double(wanted)
    }

    private func hits(_ query: Int, ids known: [Int32], scores: Slice<UnsafeBufferPointer<Float>>) -> Int {
        // The file's scores were summed in another order: equal ones may differ in their last bits.
        let least = (scores.last ?? 0) - 2e-6
        let (answerIDs, answerScores) = (results.ids(of: query), results.scores(of: query))
        return answerIDs.indices.count { known.contains(Int32(answerIDs[$0])) || answerScores[$0] >= least }
    }

    func countViolations(_ query: Int, _ excluded: UnsafeBufferPointer<UInt32>) {
        for item in results.items(of: query) where excluded.contains(item) { report.violations += 1 }
    }
}
