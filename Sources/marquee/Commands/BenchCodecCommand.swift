import CommandLineOptions
import Events

/// `marquee bench codec`: what the codecs do on one core, beside a memory copy of the same bytes in the same run.
enum BenchCodecCommand {
    private struct Report: Encodable {
        var documents: Int
        var bytesPerDocument: Double
        var decodedEventsPerSecond: Double
        var decodedBytesPerSecond: Double
        var writtenEventsPerSecond: Double
        var writtenBytesPerSecond: Double
        var itemsPerList: Int
        var bytesPerList: Int
        var encodedListsPerSecond: Double
        var encodedBytesPerSecond: Double
        /// Of the bytes of all documents.
        var copiedBytesPerSecond: Double
        /// Bytes per second as a part of the copy's.
        var decodedToCopied: Double
        var writtenToCopied: Double
        var encodedToCopied: Double
    }

    static func run(_ invocation: Invocation) throws -> Int32 {
        let figures = try CodecBenchmark(documents: try invocation.int("events")).run()
        let bytes = Double(figures.documentBytes) / Double(figures.documents)
        let written = figures.writtenEventsPerSecond * bytes
        let encoded = figures.encodedListsPerSecond * Double(figures.listBytes)
        let report = Report(
            documents: figures.documents, bytesPerDocument: bytes,
            decodedEventsPerSecond: figures.decodedEventsPerSecond,
            decodedBytesPerSecond: figures.decodedBytesPerSecond,
            writtenEventsPerSecond: figures.writtenEventsPerSecond, writtenBytesPerSecond: written,
            itemsPerList: figures.itemsPerList, bytesPerList: figures.listBytes,
            encodedListsPerSecond: figures.encodedListsPerSecond, encodedBytesPerSecond: encoded,
            copiedBytesPerSecond: figures.copiedBytesPerSecond,
            decodedToCopied: figures.decodedBytesPerSecond / figures.copiedBytesPerSecond,
            writtenToCopied: written / figures.copiedBytesPerSecond,
            encodedToCopied: encoded / figures.copiedBytesPerSecond)
        if try invocation.string("output") == "json" {
            try JSONOutput.print(report)
        } else {
            Terminal.print(text(report))
        }
        return ExitCode.done
    }

    private static func text(_ report: Report) -> String {
        var table = Table([
            ("One core, best of 5 rounds", .left), ("a second", .right), ("MB/s", .right), ("of a copy", .right),
        ])
        func row(_ what: String, _ count: Double?, _ bytes: Double) {
            table.append([
                what, count.map { grouped(Int($0)) } ?? "-", grouped(Int(bytes / 1e6)),
                fixed(bytes / report.copiedBytesPerSecond * 100, 1) + "%",
            ])
        }
        row(
            "ratings decoded (\(fixed(report.bytesPerDocument, 0)) bytes)", report.decodedEventsPerSecond,
            report.decodedBytesPerSecond)
        row("ratings written", report.writtenEventsPerSecond, report.writtenBytesPerSecond)
        row(
            "lists encoded (\(report.itemsPerList) movies, \(grouped(report.bytesPerList)) bytes)",
            report.encodedListsPerSecond, report.encodedBytesPerSecond)
        row("memory copy of the ratings' bytes", nil, report.copiedBytesPerSecond)
        return table.text
    }
}
