import CVectorKernels
import Testing

@testable import VectorIndex

/// Searches among some items, by threshold, and over shards.
struct SelectiveSearchTests {
    private static let seed: UInt64 = 77

    private func fill(
        _ indexes: [any VectorIndex], count: Int, coarse: Bool, _ random: inout SeededRandom
    ) throws -> BruteForce {
        var truth = BruteForce()
        for item in 0..<UInt32(count) {
            let vector = random.vector(indexes[0].dimension, coarse: coarse)
            let offset = coarse ? 0 : Float.random(in: -1...1, using: &random)
            truth.rows[item] = BruteForce.Row(id: Int64(item / 2), vector: vector, offset: offset)
            for index in indexes {
                try index.upsert(item: item, id: Int64(item / 2), vector: vector, offset: offset)
            }
        }
        return truth
    }

    @Test(arguments: [300, 6000])
    func onlyMembersOfTheSetAreFound(count: Int) throws {
        var random = SeededRandom(state: Self.seed)
        let exact = ExactIndex(dimension: 12)
        let parted = PartitionedIndex(dimension: 12, targetRecall: 0.9, rowsMin: 200, kernels: mq_index_kernels())
        let sharded = ShardedIndex(dimension: 12, shardCount: 3) { ExactIndex(dimension: 12) }
        let truth = try fill([exact, parted, sharded], count: count, coarse: false, &random)
        parted.recall.probes = parted.listCount
        for share in [0, 1, 10, 100] {
            let members = ItemSet((0..<UInt32(count)).filter { _ in Int.random(in: 0..<100, using: &random) < share })
            let left = Set((0..<UInt32(count)).filter { !members.contains($0) })
            let queries = (0..<20).map { _ in random.vector(12) }
            let excluded: [[UInt32]] = queries.map { _ in
                (0..<50).map { _ in UInt32.random(in: 0..<UInt32(count), using: &random) }
            }
            let expected = zip(queries, excluded).map { truth.search($0, k: 10, excluding: left.union($1)) }
            for index: any VectorIndex in [exact, parted, sharded] {
                let answers = try index.answers(queries, k: 10, excluding: excluded, among: members)
                #expect(answers == expected, "seed \(Self.seed), share \(share), \(type(of: index))")
            }
        }
    }

    @Test func setsAreSets() {
        var random = SeededRandom(state: Self.seed)
        let first = Set((0..<500).map { _ in UInt32.random(in: 0..<1000, using: &random) })
        let second = Set((0..<500).map { _ in UInt32.random(in: 0..<700, using: &random) })
        var union = ItemSet(first)
        union.formUnion(ItemSet(second))
        var both = ItemSet(first)
        both.formIntersection(ItemSet(second))
        var rest = ItemSet(first)
        for item in second { rest.remove(item) }
        #expect(union == ItemSet(first.union(second)))
        #expect(both == ItemSet(first.intersection(second)))
        #expect(rest == ItemSet(first.subtracting(second)))
        #expect((0..<1100).allSatisfy { both.contains($0) == (first.contains($0) && second.contains($0)) })
    }

    @Test(arguments: [1, 2, 5], [false, true])
    func shardsAnswerAsOneIndex(shardCount: Int, coarse: Bool) throws {
        var random = SeededRandom(state: Self.seed)
        let one = ExactIndex(dimension: 16)
        let sharded = ShardedIndex(dimension: 16, shardCount: shardCount) { ExactIndex(dimension: 16) }
        _ = try fill([one, sharded], count: 20_000, coarse: coarse, &random)
        let items = Array((0..<UInt32(30_000)).shuffled(using: &random).prefix(5000))
        let vectors = random.vector(items.count * 16, coarse: coarse)
        for index: any VectorIndex in [one, sharded] {
            try index.upsert(items, vectors: vectors)
            for item in items.prefix(700) { #expect(index.remove(item: item)) }
            #expect(!index.remove(item: items[0]) && index.contains(item: items[701]))
        }
        #expect(sharded.count == one.count)
        // A large batch goes to several threads, a small one does not.
        for batch in [1, 300] {
            let queries = (0..<batch).map { _ in random.vector(16, coarse: coarse) }
            let lists: [[UInt32]] = queries.map { _ in Array(items.shuffled(using: &random).prefix(40)) }
            let expected = try one.answers(queries, k: 20, excluding: lists)
            #expect(try sharded.answers(queries, k: 20, excluding: lists) == expected, "seed \(Self.seed)")
        }
        #expect(throws: IndexError.queryNotFinite(query: 0)) {
            try sharded.answers([[Float](repeating: .nan, count: 16)], k: 1)
        }
        sharded.removeAll()
        #expect(sharded.count == 0)
    }

    @Test(arguments: Variant.all())
    func allAboveAThresholdAreReached(variant: Variant) throws {
        var random = SeededRandom(state: Self.seed)
        let index = ExactIndex(dimension: 20, kernels: variant.table)
        let truth = try fill([index], count: 2500, coarse: false, &random)
        let reached = ReachedItems()
        for threshold in [Float(-10), -1, 0, 1, 2, 10, -.infinity, .infinity] {
            let query = random.vector(20)
            try index.reach(query: query, above: threshold, into: reached)
            let expected = Set(
                truth.search(query, k: 2500).filter { Float(bitPattern: $0.scoreBits) > threshold }.map(\.item))
            #expect(Set(reached.items) == expected && reached.items.count == expected.count, "threshold \(threshold)")
        }
        // Equal is not above.
        let query = random.vector(20)
        let scores = truth.search(query, k: 100)
        try index.reach(query: query, above: Float(bitPattern: scores[50].scoreBits), into: reached)
        #expect(
            Set(reached.items) == Set(scores.filter { $0.scoreBits != scores[50].scoreBits }.prefix(50).map(\.item)))
        #expect(reached.rowsScored < 200)
        #expect(throws: IndexError.queryNotFinite(query: 0)) {
            try index.reach(query: [Float](repeating: .infinity, count: 20), above: 0, into: reached)
        }
        #expect(reached.items.isEmpty)
    }
}
