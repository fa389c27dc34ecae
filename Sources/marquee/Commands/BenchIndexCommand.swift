import CommandLineOptions
import VectorIndex

/// `marquee bench index`: the index under writes and filtered queries, on the vectors and events of a VIB1 file.
enum BenchIndexCommand {
    static func run(_ invocation: Invocation) throws -> Int32 {
        let file = try VIB1File(path: try invocation.string("vectors"))
        var reports: [IndexBenchmark.Report] = []
        for targetRecall in targets(for: file) {
            let benchmark = IndexBenchmark(
                file: file, makeIndex: { IndexDesign.makeIndex(dimension: file.dimension, targetRecall: targetRecall) })
            reports.append(try benchmark.run())
        }
        if try invocation.string("output") == "json" {
            for report in reports { try JSONOutput.print(report) }
        } else {
            Terminal.print(text(reports))
        }
        return ExitCode.done
    }

    /// The exact design, and the partitioned one where rows are divided.
    private static func targets(for file: VIB1File) -> [Double] {
        file.n >= PartitionedIndex.rowsMin ? [1, 0.95] : [1]
    }

    private static func text(_ reports: [IndexBenchmark.Report]) -> String {
        var table = Table(
            [("\(grouped(reports[0].n)) rows of \(reports[0].d), one thread", .left)]
                + reports.map { ($0.design, .right) })
        func row(_ what: String, _ figure: (IndexBenchmark.Report) -> String) {
            table.append([what] + reports.map(figure))
        }
        row("recall, unfiltered") { fixed($0.recall.unfiltered, 4) }
        row("recall, filtered") { fixed($0.recall.filtered, 4) }
        row("recall among writes") { $0.recall.mixed.map { fixed($0, 4) } ?? "-" }
        row("recall after 5 x churn") { fixed($0.recall.afterChurn, 4) }
        row("freshness") { $0.freshness.map { fixed($0, 3) } ?? "-" }
        row("excluded or removed ids in answers") { grouped($0.violations) }
        row("queries/s, one by one") { grouped(Int($0.queriesPerSecond.single)) }
        row("queries/s, batches") { grouped(Int($0.queriesPerSecond.batch)) }
        row("filtered queries/s, one by one") { grouped(Int($0.queriesPerSecond.filteredSingle)) }
        row("filtered queries/s, batches") { grouped(Int($0.queriesPerSecond.filteredBatch)) }
        row("upserts/s, one by one") { grouped(Int($0.upsertsPerSecond.single)) }
        row("upserts/s, batches") { grouped(Int($0.upsertsPerSecond.batch)) }
        row("cycles/s") { $0.cyclesPerSecond.map { fixed($0, 1) } ?? "-" }
        row("a filtered query among writes, p50") {
            $0.queryMicroseconds.map { fixed($0.p50, 2) + " us" } ?? "-"
        }
        row("a filtered query among writes, p99") {
            $0.queryMicroseconds.map { fixed($0.p99, 2) + " us" } ?? "-"
        }
        row("rows scored a query") { fixed($0.rowsScoredPerQuery, 1) }
        row("bytes a row") { fixed($0.bytesPerItem, 1) }
        row("filled from all rows in, a batch") { fixed($0.buildSeconds * 1000, 1) + " ms" }
        row("filled from all rows in, one by one") { fixed($0.rebuildSeconds * 1000, 1) + " ms" }
        row("this core reads as many bytes as the shadows at") {
            $0.machine.map { fixed($0.readBytesPerSecond / 1e9, 1) + " GB/s" } ?? "-"
        }
        row("a query reads") { $0.machine.map { fixed($0.bytesPerQuery / 1e3, 1) + " kB" } ?? "-" }
        row("of the reading, queries one by one use") {
            $0.machine.map { fixed($0.shareOfReadBandwidth * 100, 0) + "%" } ?? "-"
        }
        row("this core multiplies and adds bytes at") {
            $0.machine.map { fixed($0.productsPerSecond / 1e9, 1) + " G/s" } ?? "-"
        }
        row("of the multiplying, queries in batches use") {
            $0.machine.map { fixed($0.shareOfProducts * 100, 0) + "%" } ?? "-"
        }
        return table.text
    }
}
