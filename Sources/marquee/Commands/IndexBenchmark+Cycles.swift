import Foundation
import VectorIndex

/// The mixed workload: upserts, inserts, and then filtered queries that must see them.
extension IndexBenchmark {
    /// The stream is run so often, each time on a new index: a cycle of a small index is short.
    private var passes: Int { max(1, min(5, 1_000_000 / file.n)) }

    func measureCycles() throws {
        var cycles: [Double] = []
        var latencies: [Double] = []
        var recalls: [Double] = []
        var (fresh, probes) = (0, 0)
        for pass in 0..<passes {
            if pass > 0 { try fill() }
            for cycle in 0..<file.cycleCount {
                let written = try write(cycle)
                if cycle % 2 == 0 {
                    cycles.append(written + (try searchBatch(cycle, &recalls)))
                } else {
                    try searchOneByOne(cycle, &latencies, &recalls)
                }
                let (right, asked) = try probe(cycle)
                fresh += right
                probes += asked
            }
        }
        report.recall.mixed = recalls.reduce(0, +) / Double(max(1, recalls.count))
        report.freshness = probes == 0 ? nil : Double(fresh) / Double(probes)
        report.cyclesPerSecond = 1 / quantile(cycles, 0.5)
        if !latencies.isEmpty {
            report.queryMicroseconds = Report.Percentiles(
                p50: quantile(latencies, 0.5) * 1e6, p99: quantile(latencies, 0.99) * 1e6)
        }
    }

    /// Upserts and inserts of a cycle; their seconds.
    private func write(_ cycle: Int) throws -> Double {
        let (upserts, inserts) = (file.upsertsPerCycle, file.insertsPerCycle)
        let upsertIDs = file.upsertIDs[cycle * upserts..<(cycle + 1) * upserts].map { Int64($0) }
        let start = MonotonicTime.seconds
        try upsertIDs.withUnsafeBufferPointer { ids in
            if upserts == 0 { return }
            try index.upsert(
                UpsertBatch(
                    items: address(file.upsertIDs, cycle * upserts), ids: address(ids, 0),
                    vectors: address(file.upsertVectors, cycle * upserts * file.dimension),
                    offsets: file.offsets.map { address($0.upserts, cycle * upserts) }, count: upserts))
        }
        if inserts > 0 {
            try upsert(
                first: file.n + cycle * inserts, count: inserts,
                vectors: address(file.insertVectors, cycle * inserts * file.dimension),
                offsets: file.offsets.map { address($0.inserts, cycle * inserts) })
        }
        return MonotonicTime.seconds - start
    }

    private struct CycleQueries {
        var vectors: [Float] = []
        var exclusions: [UnsafeBufferPointer<UInt32>] = []
    }

    private func queries(_ cycle: Int) -> CycleQueries {
        var made = CycleQueries()
        for place in cycle * file.queriesPerCycle..<(cycle + 1) * file.queriesPerCycle {
            let query = Int(file.cycleQueries[place])
            made.vectors += file.queries[query * file.dimension..<(query + 1) * file.dimension]
            made.exclusions.append(exclusions(query, count: Int(file.cycleExclusionCounts[place])))
        }
        return made
    }

    private func searchBatch(_ cycle: Int, _ recalls: inout [Double]) throws -> Double {
        let asked = queries(cycle)
        let seconds = try asked.exclusions.withUnsafeBufferPointer { exclusions in
            let start = MonotonicTime.seconds
            try index.search(
                queries: asked.vectors, queryCount: exclusions.count, k: file.k, exclusions: exclusions, into: results)
            return MonotonicTime.seconds - start
        }
        for query in 0..<file.queriesPerCycle { countViolations(query, asked.exclusions[query]) }
        recalls.append(
            recall(queries: file.queriesPerCycle, file.cycleTruth, from: cycle * file.queriesPerCycle))
        return seconds
    }

    private func searchOneByOne(_ cycle: Int, _ latencies: inout [Double], _ recalls: inout [Double]) throws {
        let asked = queries(cycle)
        try asked.vectors.withUnsafeBufferPointer { vectors in
            for query in 0..<file.queriesPerCycle {
                let vector = UnsafeBufferPointer(
                    rebasing: vectors[query * file.dimension..<(query + 1) * file.dimension])
                let start = MonotonicTime.nanoseconds
                try index.search(query: vector, k: file.k, excluding: asked.exclusions[query], into: results)
                latencies.append(Double(MonotonicTime.nanoseconds - start) * 1e-9)
                countViolations(0, asked.exclusions[query])
                recalls.append(
                    recall(queries: 1, file.cycleTruth, from: cycle * file.queriesPerCycle + query))
            }
        }
    }

    /// Whether new vectors and two overwritten ones are their own best match.
    private func probe(_ cycle: Int) throws -> (right: Int, asked: Int) {
        // With offsets another row may rightly be better; the cycle's answers tell then.
        if file.offsets != nil { return (0, 0) }
        var written: [(item: UInt32, vector: UnsafePointer<Float>)] = []
        for place in 0..<file.insertsPerCycle {
            let row = cycle * file.insertsPerCycle + place
            written.append((UInt32(file.n + row), address(file.insertVectors, row * file.dimension)))
        }
        for place in 0..<min(2, file.upsertsPerCycle) {
            let row = cycle * file.upsertsPerCycle + place
            written.append((file.upsertIDs[row], address(file.upsertVectors, row * file.dimension)))
        }
        var right = 0
        for (item, vector) in written {
            try index.search(
                query: UnsafeBufferPointer(start: vector, count: file.dimension), k: 1,
                excluding: UnsafeBufferPointer(start: nil, count: 0), into: results)
            right += results.items(of: 0).first == item ? 1 : 0
        }
        return (right, written.count)
    }

    func quantile(_ values: [Double], _ part: Double) -> Double {
        let sorted = values.sorted()
        return sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, Int(part * Double(sorted.count)))]
    }
}
