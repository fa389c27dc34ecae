import CVectorKernels
import Testing

@testable import VectorIndex

/// Rows are divided anew, a piece at each write, and nothing shows.
struct DivisionTests {
    private enum Phase: CaseIterable { case before, training, moving, divided, trainingAgain, movingAgain }

    private func phase(_ index: PartitionedIndex) -> Phase {
        if index.next != nil { return index.current.isDivided ? .movingAgain : .moving }
        if index.division != nil { return index.current.isDivided ? .trainingAgain : .training }
        return index.current.isDivided ? .divided : .before
    }

    /// Random operations on the index and on a dictionary, in every phase of a division.
    @Test(arguments: [UInt64(1), 2, 3])
    func behavesAsADictionaryThroughout(seed: UInt64) throws {
        var random = SeededRandom(state: seed)
        let dimension = [5, 16, 7][Int(seed) % 3]
        let index = PartitionedIndex(
            dimension: dimension, targetRecall: 0.9, rowsMin: 100, workPerWrite: 8000, kernels: mq_index_kernels())
        let results = SearchResults()
        var truth = BruteForce()
        var searches: [Phase: Int] = [:]
        for step in 0..<40_000 {
            if step % 5000 == 4999 {
                index.removeAll()
                truth.rows = [:]
            }
            let item = UInt32.random(in: 0..<2000, using: &random)
            switch Int.random(in: 0..<100, using: &random) {
            case 0..<75:
                let vector = random.vector(dimension, coarse: seed == 1)
                let offset = Float.random(in: -1...1, using: &random)
                try index.upsert(item: item, id: Int64(item % 50), vector: vector, offset: offset)
                truth.rows[item] = BruteForce.Row(id: Int64(item % 50), vector: vector, offset: offset)
            case 75..<90:
                let removed = index.remove(item: item)
                #expect(removed == (truth.rows.removeValue(forKey: item) != nil), "seed \(seed), step \(step)")
            default:
                // It looks into all lists.
                index.recall.probes = nil
                index.recall.isTrying = false
                searches[phase(index), default: 0] += 1
                let query = random.vector(dimension)
                let excluded = (0..<100).map { _ in UInt32.random(in: 0..<2000, using: &random) }
                let filter = ItemSet(truth.rows.keys.filter { $0 % 3 != 0 })
                let unwanted = Set(truth.rows.keys.filter { $0 % 3 == 0 })
                let answers = try index.answers([query, query], k: 20, excluding: [excluded, []], into: results)
                let among = try index.answers([query], k: 20, among: filter, into: results)
                let expected = [Set(excluded), []].map { truth.search(query, k: 20, excluding: $0) }
                #expect(answers == expected, "seed \(seed), step \(step)")
                #expect(among == [truth.search(query, k: 20, excluding: unwanted)], "seed \(seed), step \(step)")
            }
            guard index.count == truth.rows.count else {
                Issue.record("count \(index.count), expected \(truth.rows.count), seed \(seed), step \(step)")
                return
            }
        }
        for phase in Phase.allCases { #expect(searches[phase, default: 0] >= 10, "\(phase), seed \(seed)") }
        for item in 0..<UInt32(2000) { #expect(index.contains(item: item) == (truth.rows[item] != nil)) }
    }

    /// By multiplications, of which a clock would only tell what the machine makes of them.
    @Test func noWriteDoesMuchOfIt() throws {
        var random = SeededRandom(state: 12)
        let (dimension, workPerWrite) = (8, 20_000)
        let index = PartitionedIndex(
            dimension: dimension, targetRecall: 0.9, rowsMin: 1000, workPerWrite: workPerWrite,
            kernels: mq_index_kernels())
        var longest = 0
        for item in 0..<UInt32(20_000) {
            let before = index.workDone
            try index.upsert(item: item, id: 0, vector: random.vector(dimension), offset: 0)
            longest = max(longest, index.workDone - before)
        }
        #expect(index.current.count > 100 && index.division == nil)
        // One piece more than the write brings: eight rows that move; or a list's centre.
        let piece = 8 * (index.current.count * (dimension + 1) + 8192)
        #expect(longest <= workPerWrite + piece)
        #expect(index.workDone > 100 * longest)
    }

    /// Rows that are all alike are all in one list, and still no write takes all of them.
    @Test func aListOfAllRowsIsCentredByPieces() throws {
        let index = PartitionedIndex(
            dimension: 4, targetRecall: 0.9, rowsMin: 1000, workPerWrite: 20_000, kernels: mq_index_kernels())
        var longest = 0
        for item in 0..<UInt32(20_000) {
            let before = index.workDone
            try index.upsert(item: item, id: Int64(item), vector: [1, 2, 3, 4], offset: 0)
            longest = max(longest, index.workDone - before)
        }
        #expect(index.current.isDivided && longest <= 20_000 + 8 * (240 * 5 + 8192))
        let found = try index.answers([[1, 1, 1, 1]], k: 3)[0]
        #expect(found.map(\.item) == [0, 1, 2])
    }

    /// A batch brings the work of all its writes: what fills the index leaves it divided.
    @Test func aFillLeavesTheRowsDivided() throws {
        var random = SeededRandom(state: 3)
        let index = PartitionedIndex(dimension: 8, targetRecall: 0.9)
        let items = (0..<UInt32(PartitionedIndex.rowsMin)).map { $0 }
        try index.upsert(items, vectors: random.vector(8 * items.count))
        #expect(index.division == nil && index.current.isDivided && index.design == .partitioned)
    }

    /// Searches that look into some lists of both kinds.
    @Test func theTargetIsKeptWhileRowsMove() throws {
        var random = SeededRandom(state: 21)
        let (dimension, k, target) = (16, 10, 0.9)
        let centres = (0..<40).map { _ in random.vector(dimension) }
        func vector() -> [Float] {
            let raw = (centres.randomElement(using: &random) ?? []).map {
                $0 + Float.random(in: -0.4...0.4, using: &random)
            }
            let norm = raw.reduce(0) { $0 + $1 * $1 }.squareRoot()
            return raw.map { $0 / norm }
        }
        let exact = ExactIndex(dimension: dimension)
        let index = PartitionedIndex(
            dimension: dimension, targetRecall: target, rowsMin: 2000, workPerWrite: 100_000,
            kernels: mq_index_kernels())
        let results = SearchResults()
        var (found, wanted) = ([Phase: Int](), [Phase: Int]())
        var looked: [Phase: Double] = [:]
        var fresh = 0
        for item in 0..<UInt32(16_000) {
            let row = vector()
            for each: any VectorIndex in [exact, index] {
                try each.upsert(item: item, id: Int64(item), vector: row, offset: 0)
            }
            if item % 16 != 0 { continue }
            let queries = [vector(), row]
            let right = try exact.answers(queries, k: k).map { Set($0.map(\.item)) }
            let answers = try index.answers(queries, k: k, into: results)
            fresh += answers[1].first?.item == item ? 1 : 0
            let phase = phase(index)
            found[phase, default: 0] += zip(answers, right).reduce(0) {
                $0 + $1.1.intersection($1.0.map(\.item)).count
            }
            wanted[phase, default: 0] += right.reduce(0) { $0 + $1.count }
            looked[phase] = Double(index.probes) / Double(index.listCount)
        }
        for phase in Phase.allCases where phase != .before {
            let recall = Double(found[phase, default: 0]) / Double(max(1, wanted[phase, default: 0]))
            #expect(wanted[phase, default: 0] > 100 && recall >= target - 0.02, "\(phase): \(recall)")
        }
        #expect((looked[.movingAgain] ?? 1) < 0.6)
        // What was just written is found, but for the last per cent of the target.
        #expect(fresh >= 990)
    }
}
