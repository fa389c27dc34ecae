import CVectorKernels
import Testing

@testable import VectorIndex

/// The index against brute force: items, ids and the bits of scores.
struct ExactSearchTests {
    private static let seed: UInt64 = 4711

    private struct Catalogue {
        var index: ExactFloatIndex
        var truth = BruteForce()
    }

    private func catalogue(
        _ variant: Variant, count: Int, dimension: Int, coarse: Bool, _ random: inout SeededRandom
    ) throws -> Catalogue {
        var made = Catalogue(index: ExactFloatIndex(dimension: dimension, kernels: variant.table))
        for item in (0..<UInt32(count)).shuffled(using: &random) {
            let vector = random.vector(dimension, coarse: coarse)
            let offset = coarse ? 0 : Float.random(in: -3...3, using: &random)
            // Ids run against the items, so that ties are not in the order of rows.
            let id = Int64(count) - Int64(item)
            try made.index.upsert(item: item, id: id, vector: vector, offset: offset)
            made.truth.rows[item] = BruteForce.Row(id: id, vector: vector, offset: offset)
        }
        return made
    }

    @Test(arguments: Variant.all(), [1, 7, 16, 32, 50])
    func equalsBruteForce(variant: Variant, dimension: Int) throws {
        var random = SeededRandom(state: Self.seed &+ UInt64(dimension))
        for (count, coarse) in [(1, false), (15, true), (16, false), (17, true), (511, false), (700, true)] {
            let made = try catalogue(variant, count: count, dimension: dimension, coarse: coarse, &random)
            for (k, batch) in [(1, 1), (10, 1), (20, 2), (100, 3), (10, 5), (11, 13), (64, 100)] {
                let queries = (0..<batch).map { _ in random.vector(dimension, coarse: coarse) }
                let expected = queries.map { made.truth.search($0, k: k) }
                #expect(try made.index.answers(queries, k: k) == expected, "seed \(Self.seed), n \(count), k \(k)")
            }
        }
    }

    @Test(arguments: Variant.all(), [false, true])
    func leavesOutTheExcluded(variant: Variant, coarse: Bool) throws {
        var random = SeededRandom(state: Self.seed)
        let count = 3100
        let made = try catalogue(variant, count: count, dimension: 16, coarse: coarse, &random)
        for excludedCount in [0, 1, 165, 1000, 3000, 3100] {
            let queries = (0..<4).map { _ in random.vector(16, coarse: coarse) }
            let lists = queries.map { _ in
                // Unknown and repeated items must not matter.
                Array((0..<UInt32(count)).shuffled(using: &random).prefix(excludedCount)) + [90_000, .max, 3, 3]
            }
            let expected = zip(queries, lists).map { made.truth.search($0, k: 20, excluding: Set($1)) }
            let answers = try made.index.answers(queries, k: 20, excluding: lists)
            #expect(answers == expected, "seed \(Self.seed), excluded \(excludedCount)")
        }
    }

    /// More rows than a segment holds: thresholds carry over, and exclusions are sorted by segment.
    @Test(arguments: [false, true])
    func equalsBruteForceOverSegments(coarse: Bool) throws {
        var random = SeededRandom(state: Self.seed)
        let count = 9001
        let variant = Variant.all().last ?? .plain
        let made = try catalogue(variant, count: count, dimension: 8, coarse: coarse, &random)
        let queries = (0..<7).map { _ in random.vector(8, coarse: coarse) }
        let lists = queries.indices.map { query in
            Array((0..<UInt32(count)).shuffled(using: &random).prefix(query * 1400))
        }
        for k in [1, 10, 100] {
            let expected = zip(queries, lists).map { made.truth.search($0, k: k, excluding: Set($1)) }
            #expect(try made.index.answers(queries, k: k, excluding: lists) == expected, "seed \(Self.seed), k \(k)")
        }
    }

    @Test(arguments: Variant.all())
    func survivesOverflowAndSubnormals(variant: Variant) throws {
        var random = SeededRandom(state: Self.seed)
        let scales: [Float] = [1, 3e38, 1e-38, 7 * .leastNonzeroMagnitude, 0, -3e38]
        var made = Catalogue(index: ExactFloatIndex(dimension: 6, kernels: variant.table))
        for item in 0..<UInt32(300) {
            let vector = random.vector(6).map { $0 * scales[Int.random(in: 0..<6, using: &random)] }
            let offset: Float = item % 3 == 0 ? 3e38 : -0.0
            try made.index.upsert(item: item, id: Int64(item), vector: vector, offset: offset)
            made.truth.rows[item] = BruteForce.Row(id: Int64(item), vector: vector, offset: offset)
        }
        for _ in 0..<50 {
            let query = random.vector(6).map { $0 * scales[Int.random(in: 0..<6, using: &random)] }
            for k in [10, 100] {
                let expected = made.truth.search(query, k: k)
                #expect(try made.index.answers([query], k: k) == [expected], "seed \(Self.seed)")
            }
        }
    }

    @Test(arguments: Variant.all())
    func boundAndCollectionEqualThePlainTwin(variant: Variant) {
        var random = SeededRandom(state: Self.seed)
        let plain = Variant.plain.table.pointee
        for n in stride(from: 16, through: 1600, by: 176) {
            for k in [1, 2, 10, 20, 33, 100, 256] {
                let pool: [Float] = [.nan, -.infinity, .infinity, 0, -0.0, 1, .leastNonzeroMagnitude, -3e38]
                let odds = Int.random(in: 0...3, using: &random)
                let scores = (0..<n).map { _ in
                    Int.random(in: 0...3, using: &random) < odds
                        ? pool.randomElement(using: &random) ?? 0 : Float.random(in: -5...5, using: &random)
                }
                let bound = variant.table.pointee.kth_bound(scores, n, k)
                #expect(bound.bitPattern == plain.kth_bound(scores, n, k).bitPattern, "seed \(Self.seed)")
                let reached = scores.indices.filter { scores[$0] >= bound }
                #expect(reached.count >= k || bound == -.infinity, "seed \(Self.seed), n \(n), k \(k)")
                var found = [UInt32](repeating: 0, count: n)
                let count = variant.table.pointee.collect(scores, n, bound, &found)
                #expect(found.prefix(count).map(Int.init) == reached)
            }
        }
    }

    @Test(arguments: Variant.all())
    func scoresDoNotDependOnTheBatch(variant: Variant) throws {
        var random = SeededRandom(state: Self.seed)
        let made = try catalogue(variant, count: 600, dimension: 32, coarse: false, &random)
        let queries = (0..<Int(MQ_QUERIES_MAX)).map { _ in random.vector(32) }
        let run = mq_run(blocks: made.index.store.chunks[0].blocks, dimension: 32, block_count: 31)
        let rows = 31 * 16
        var alone = [Float](repeating: 0, count: rows)
        for batch in 1...queries.count {
            var packed: [Float] = []
            for coordinate in 0..<32 { packed += queries.prefix(batch).map { $0[coordinate] } }
            var together = [Float](repeating: 0, count: batch * rows)
            withUnsafePointer(to: run) {
                variant.table.pointee.score($0, packed, Int32(batch), &together, rows)
                for query in 0..<batch {
                    variant.table.pointee.score($0, queries[query], 1, &alone, rows)
                    #expect(together[query * rows..<(query + 1) * rows].elementsEqual(alone), "batch \(batch)")
                }
            }
        }
    }
}
