import CVectorKernels
import Testing

@testable import VectorIndex

struct PartitionedIndexTests {
    private static let seed: UInt64 = 31

    /// Vectors around some centres.
    private struct Clusters {
        var centres: [[Float]]
        let dimension: Int

        init(_ count: Int, dimension: Int, _ random: inout SeededRandom) {
            self.dimension = dimension
            centres = (0..<count).map { _ in random.vector(dimension) }
        }

        func vector(_ random: inout SeededRandom) -> [Float] {
            let centre = centres.randomElement(using: &random) ?? []
            let raw = centre.map { $0 + Float.random(in: -0.6...0.6, using: &random) }
            let norm = raw.reduce(0) { $0 + $1 * $1 }.squareRoot()
            return raw.map { $0 / norm }
        }
    }

    /// While it looks into all lists, it is exact whatever moves between them.
    @Test(arguments: [UInt64(1), 2])
    func behavesAsADictionaryWhenItLooksEverywhere(seed: UInt64) throws {
        var random = SeededRandom(state: seed)
        let dimension = seed == 1 ? 5 : 16
        let index = PartitionedIndex(
            dimension: dimension, targetRecall: 0.9, rowsMin: 300, kernels: mq_index_kernels())
        let results = SearchResults()
        var truth = BruteForce()
        for step in 0..<50_000 {
            let item = UInt32.random(in: 0..<900, using: &random)
            switch Int.random(in: 0..<10_000, using: &random) {
            case 0..<7500:
                let vector = random.vector(dimension, coarse: seed == 1)
                let offset = Float.random(in: -1...1, using: &random)
                try index.upsert(item: item, id: Int64(item % 50), vector: vector, offset: offset)
                truth.rows[item] = BruteForce.Row(id: Int64(item % 50), vector: vector, offset: offset)
            case 7500..<9800:
                let removed = index.remove(item: item)
                #expect(removed == (truth.rows.removeValue(forKey: item) != nil), "seed \(seed), step \(step)")
            case 9800..<9999:
                index.recall.probes = index.listCount
                let query = random.vector(dimension)
                let excluded = (0..<100).map { _ in UInt32.random(in: 0..<900, using: &random) }
                let expected = truth.search(query, k: 20, excluding: Set(excluded))
                let answers = try index.answers([query, query], k: 20, excluding: [excluded, []], into: results)
                #expect(answers == [expected, truth.search(query, k: 20)], "seed \(seed), step \(step)")
            default:
                index.removeAll()
                truth.rows = [:]
            }
            guard index.count == truth.rows.count else {
                Issue.record("count \(index.count), expected \(truth.rows.count), seed \(seed), step \(step)")
                return
            }
        }
        #expect(index.contains(item: 3) == (truth.rows[3] != nil))
    }

    @Test(arguments: [0.95, 0.99])
    func reachesItsTargetAndKeepsItUnderChurn(target: Double) throws {
        var random = SeededRandom(state: Self.seed)
        let (dimension, count, k) = (24, 23_000, 10)
        let clusters = Clusters(60, dimension: dimension, &random)
        let exact = ExactIndex(dimension: dimension)
        let index = PartitionedIndex(dimension: dimension, targetRecall: target)
        var vectors = (0..<count).map { _ in clusters.vector(&random) }
        func write(_ item: Int) throws {
            for each: any VectorIndex in [exact, index] {
                try each.upsert(
                    item: UInt32(item), id: Int64(item), vector: vectors[item], offset: item % 5 == 0 ? 0.05 : 0)
            }
        }
        for item in 0..<count { try write(item) }
        #expect(index.listCount > 100 && index.count == count && index.design == .partitioned)
        func recall() throws -> Double {
            let queries = (0..<300).map { _ in clusters.vector(&random) }
            let wanted = try exact.answers(queries, k: k)
            let found = try index.answers(queries, k: k)
            let hits = zip(found, wanted).reduce(0) { $0 + Set($1.0.map(\.item)).intersection($1.1.map(\.item)).count }
            return Double(hits) / Double(300 * k)
        }
        _ = try recall()
        #expect(index.probes < index.listCount / 2)
        let before = try recall()
        #expect(before >= target - 0.01, "seed \(Self.seed)")
        for _ in 0..<3 {
            for item in 0..<count {
                let direction = random.vector(dimension)
                let moved = zip(vectors[item], direction).map { $0 + 0.02 * $1 }
                let norm = moved.reduce(0) { $0 + $1 * $1 }.squareRoot()
                vectors[item] = moved.map { $0 / norm }
                try write(item)
            }
        }
        let after = try recall()
        #expect(after >= before - 0.015, "seed \(Self.seed), before \(before)")
        // What was just written is found.
        for item in 0..<200 {
            let found = try index.answers([vectors[item]], k: 1)
            #expect(try found == exact.answers([vectors[item]], k: 1), "item \(item)")
        }
    }

    @Test func samplesTellTheRecall() throws {
        var random = SeededRandom(state: Self.seed)
        let clusters = Clusters(20, dimension: 16, &random)
        let index = PartitionedIndex(dimension: 16, targetRecall: 0.9, rowsMin: 1000, kernels: mq_index_kernels())
        for item in 0..<UInt32(3000) {
            try index.upsert(item: item, id: Int64(item), vector: clusters.vector(&random), offset: 0)
        }
        let results = SearchResults()
        _ = try index.answers((0..<64).map { _ in clusters.vector(&random) }, k: 10, into: results)
        #expect(index.liveRecall == nil && index.probes < index.listCount)
        for _ in 0..<400 {
            _ = try index.answers((0..<100).map { _ in clusters.vector(&random) }, k: 10, into: results)
        }
        let live = try #require(index.liveRecall)
        #expect(live > 0.85 && live <= 1)
    }

    /// Both designs behind one call; with few rows all answers are exact.
    @Test(arguments: [0.95, 1])
    func theTargetChoosesTheDesign(target: Double) throws {
        let index = IndexDesign.makeIndex(dimension: 2, targetRecall: target)
        #expect(index is ExactIndex == (target == 1))
        try index.upsert([1, 2, 3], vectors: [1, 0, 2, 0, 3, 0])
        #expect(index.design == .exact)
        #expect(try index.answers([[1, 1]], k: 2)[0].map(\.item) == [3, 2])
    }

    /// With too few lists to look into, samples say so and more are looked into.
    @Test func missedTargetsAreCorrected() {
        var control = RecallControl(target: 0.95)
        control.probes = 4
        for _ in 0..<64 { control.add(hits: 8, of: 10) }
        #expect(control.liveRecall == 0.8)
        #expect(control.probes == 6)
        for _ in 0..<32 { control.add(hits: 10, of: 10) }
        #expect(control.probes == 5)
        var sampled = 0
        for _ in 0..<1000 where control.sample(of: 64) != nil { sampled += 1 }
        // Query 1,000, query 2,000, ...
        #expect(sampled == 63)
    }

    @Test func refusesBadInput() throws {
        let index = PartitionedIndex(dimension: 2, targetRecall: 0.9)
        #expect(throws: IndexError.vectorNotFinite(item: 1)) {
            try index.upsert(item: 1, id: 1, vector: [1, .nan], offset: 0)
        }
        #expect(throws: IndexError.duplicateItem(4)) { try index.upsert([4, 4], vectors: [1, 2, 3, 4]) }
        #expect(throws: IndexError.resultCountOutOfRange(got: 0, allowed: 1...256)) {
            try index.answers([[1, 1]], k: 0)
        }
        #expect(index.count == 0 && index.design == .exact)
        #expect(try index.answers([[1, 1]], k: 1) == [[]])
    }
}
