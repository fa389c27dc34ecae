import Foundation
import Testing
import VectorIndex

@testable import marquee

/// Files of vectors for benchmarks, and the benchmark on a small one.
struct VIB1FileTests {
    private static let (n, dimension, queryCount, k) = (300, 6, 20, 10)
    private static let (exclusionCount, cycles, upserts, inserts, asked) = (8, 4, 30, 2, 8)

    /// A file with right answers, as the generator of the exchange format would write it.
    private func makeFile() throws -> Data {
        var state: UInt64 = 5
        func number() -> Float {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Float(state >> 40) / Float(1 << 23) - 1
        }
        func vectors(_ count: Int) -> [[Float]] { (0..<count).map { _ in (0..<Self.dimension).map { _ in number() } } }
        var rows = vectors(Self.n)
        let queries = vectors(Self.queryCount)
        let exclusions = (0..<Self.queryCount).map { query in
            (0..<Self.exclusionCount).map { Int32((query * 31 + $0 * 17) % Self.n) }
        }
        func answers(_ query: Int, excluding count: Int) -> [(id: Int32, score: Float)] {
            let scored = rows.indices.map { row in
                (id: Int32(row), score: zip(rows[row], queries[query]).reduce(Float(0)) { $0 + $1.0 * $1.1 })
            }
            let left = exclusions[query].prefix(count)
            return Array(scored.filter { !left.contains($0.id) }.sorted { $0.score > $1.score }.prefix(Self.k))
        }
        var data = Data("VIB1".utf8)
        func append<Element: BitwiseCopyable>(_ values: [Element]) {
            values.withUnsafeBytes { data.append(contentsOf: $0) }
        }
        let header = [
            1, Self.n, Self.dimension, Self.queryCount, Self.k, Self.exclusionCount, 4, Self.cycles, Self.upserts,
            Self.inserts, Self.asked,
        ]
        append(header.map { UInt32($0) } + [UInt32](repeating: 0, count: 4))
        append(rows.flatMap { $0 })
        append(queries.flatMap { $0 })
        append(exclusions.flatMap { $0 })
        for count in [0, 4] {
            let all = (0..<Self.queryCount).flatMap { answers($0, excluding: count) }
            append(all.map(\.id))
            append(all.map(\.score))
        }
        let (moved, new) = (vectors(Self.cycles * Self.upserts), vectors(Self.cycles * Self.inserts))
        let ids = (0..<Self.cycles * Self.upserts).map { Int32($0 * 7 % Self.n) }
        var truth: [(id: Int32, score: Float)] = []
        for cycle in 0..<Self.cycles {
            for place in cycle * Self.upserts..<(cycle + 1) * Self.upserts { rows[Int(ids[place])] = moved[place] }
            rows += new[cycle * Self.inserts..<(cycle + 1) * Self.inserts]
            for query in 0..<Self.asked { truth += answers(query, excluding: query) }
        }
        append(ids)
        append(moved.flatMap { $0 })
        append(new.flatMap { $0 })
        append((0..<Self.cycles).flatMap { _ in (0..<Int32(Self.asked)) })
        append((0..<Self.cycles).flatMap { _ in (0..<Int32(Self.asked)) })
        append(truth.map(\.id))
        append(truth.map(\.score))
        return data
    }

    private func write(_ data: Data) throws -> String {
        let path = NSTemporaryDirectory() + "vib1-\(UUID().uuidString)"
        try data.write(to: URL(fileURLWithPath: path))
        return path
    }

    @Test func theBenchmarkFindsAllThatTheFileSays() throws {
        let path = try write(try makeFile())
        defer { unlink(path) }
        let file = try VIB1File(path: path)
        #expect(file.n == Self.n && file.dimension == Self.dimension && file.cycleCount == Self.cycles)
        let report = try IndexBenchmark(
            file: file, makeIndex: { ExactIndex(dimension: Self.dimension) }
        ).run()
        #expect(report.design == "exact")
        #expect(report.recall.unfiltered == 1 && report.recall.filtered == 1 && report.recall.mixed == 1)
        #expect(report.recall.afterChurn == 1 && report.violations == 0)
        #expect(report.queriesPerSecond.single > 0 && report.upsertsPerSecond.batch > 0)
        #expect(report.cyclesPerSecond ?? 0 > 0 && report.bytesPerItem > 24)
    }

    /// An index that forgets a row and lists what is excluded is caught.
    @Test func theBenchmarkNoticesWhatIsWrong() throws {
        let path = try write(try makeFile())
        defer { unlink(path) }
        let file = try VIB1File(path: path)
        let benchmark = IndexBenchmark(
            file: file, makeIndex: { ExactIndex(dimension: Self.dimension) })
        try benchmark.fill()
        let best = UInt32(file.truth.ids[0])
        benchmark.index.remove(item: best)
        let query = UnsafeBufferPointer(rebasing: file.queries[0..<Self.dimension])
        let none = UnsafeBufferPointer<UInt32>(start: nil, count: 0)
        try benchmark.index.search(query: query, k: Self.k, excluding: none, into: benchmark.results)
        #expect(benchmark.recall(queries: 1, file.truth) == 0.9)
        benchmark.countViolations(0, benchmark.results.items(of: 0))
        #expect(benchmark.report.violations == Self.k)
    }

    @Test func refusesFilesThatAreNotWhole() throws {
        let whole = try makeFile()
        func error(_ data: Data) throws -> VIB1Error? {
            let path = try write(data)
            defer { unlink(path) }
            do {
                _ = try VIB1File(path: path)
                return nil
            } catch let error as VIB1Error {
                // Paths differ; what is said does not.
                #expect(error.description.contains(path))
                return error
            }
        }
        func changed(at offset: Int, to value: UInt32) -> Data {
            var data = whole
            withUnsafeBytes(of: value) { data.replaceSubrange(offset..<offset + 4, with: $0) }
            return data
        }
        #expect(try error(whole) == nil)
        for data in [Data(), Data("VIB".utf8), Data("ratings".utf8)] {
            guard case .notVIB1 = try error(data) else {
                Issue.record("\(data)")
                continue
            }
        }
        guard case .wrongLength(_, 64, 20) = try error(whole.prefix(20)) else {
            Issue.record("header")
            return
        }
        guard case .wrongLength = try error(whole.dropLast()) else {
            Issue.record("one byte less")
            return
        }
        guard case .wrongLength = try error(whole + [0]) else {
            Issue.record("one byte more")
            return
        }
        guard case .unsupportedVersion(_, 2) = try error(changed(at: 4, to: 2)) else {
            Issue.record("version")
            return
        }
        guard case .badHeader(_, "d", 0) = try error(changed(at: 12, to: 0)) else {
            Issue.record("d")
            return
        }
        guard case .badHeader(_, "n", .max) = try error(changed(at: 8, to: .max)) else {
            Issue.record("n")
            return
        }
        let exclusion = 64 + 4 * (Self.n + Self.queryCount) * Self.dimension
        guard case .idOutOfRange(_, _, 300) = try error(changed(at: exclusion, to: 300)) else {
            Issue.record("exclusion")
            return
        }
        #expect(throws: VIB1Error.self) { try VIB1File(path: "/nowhere/at/all") }
    }
}
