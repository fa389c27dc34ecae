import CVectorKernels
import Testing

@testable import VectorIndex

/// The index against brute force: items, ids and the bits of scores.
struct ExactSearchTests {
    private static let seed: UInt64 = 4711

    private struct Catalogue {
        var index: ExactIndex
        var truth = BruteForce()
    }

    private func catalogue(
        _ variant: Variant, count: Int, dimension: Int, coarse: Bool, _ random: inout SeededRandom
    ) throws -> Catalogue {
        var made = Catalogue(index: ExactIndex(dimension: dimension, kernels: variant.table))
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

    /// Coordinates that float arithmetic handles badly, from vector to vector.
    private static let scales: [Float] = [
        1, 1e-3, 3e38, 1e30, 0x1p50, 0x1.8p50, 1e15, 1e-15, 0x1p-90, 0x1p-91, 1e-30, 1e-38, 0, -3e38,
        7 * .leastNonzeroMagnitude,
    ]

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

    @Test(arguments: Variant.all(), [1, 6, 67])
    func survivesOverflowAndSubnormals(variant: Variant, dimension: Int) throws {
        var random = SeededRandom(state: Self.seed)
        var made = Catalogue(index: ExactIndex(dimension: dimension, kernels: variant.table))
        for item in 0..<UInt32(600) {
            let scale = Self.scales.randomElement(using: &random) ?? 1
            let vector = random.vector(dimension).map { $0 * scale }
            let offset: Float = [0, -0.0, 3.4e38, -3e38, 1, 3 * .leastNonzeroMagnitude][
                Int(item) % (item < 300 ? 6 : 2)]
            try made.index.upsert(item: item, id: Int64(item), vector: vector, offset: offset)
            made.truth.rows[item] = BruteForce.Row(id: Int64(item), vector: vector, offset: offset)
        }
        for round in 0..<60 {
            // First with all offsets, then without the huge ones.
            if round == 30 {
                for item in 0..<UInt32(300) {
                    made.index.remove(item: item)
                    made.truth.rows[item] = nil
                }
            }
            let query = random.vector(dimension).map { $0 * Self.scales[round % Self.scales.count] }
            for k in [1, 10, 100] {
                let expected = made.truth.search(query, k: k)
                #expect(try made.index.answers([query], k: k) == [expected], "seed \(Self.seed), round \(round)")
            }
        }
    }

    /// Rows of one direction, whose scores differ in their last bits or not at all.
    @Test(arguments: Variant.all())
    func tellsRowsApartThatAreNearlyEqual(variant: Variant) throws {
        var random = SeededRandom(state: Self.seed)
        for dimension in [16, 64] {
            let direction = random.vector(dimension)
            var made = Catalogue(index: ExactIndex(dimension: dimension, kernels: variant.table))
            for item in (0..<UInt32(5000)).shuffled(using: &random) {
                var vector = direction
                let place = Int.random(in: 0..<dimension, using: &random)
                if item % 3 > 0 { vector[place] = vector[place].nextUp }
                let id = Int64(item ^ 1023)
                try made.index.upsert(item: item, id: id, vector: vector, offset: 0)
                made.truth.rows[item] = BruteForce.Row(id: id, vector: vector, offset: 0)
            }
            for query in [direction, direction.map { -$0 }, random.vector(dimension)] {
                let expected = made.truth.search(query, k: 100)
                #expect(try made.index.answers([query], k: 100) == [expected], "seed \(Self.seed)")
            }
        }
    }
}
