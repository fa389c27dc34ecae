import CVectorKernels
import Testing

@testable import VectorIndex

/// The bound by which rows are left out, and shadows that lag behind.
struct ShadowTests {
    private static let seed: UInt64 = 20_231

    /// Rows that move in small steps many times between two searches, with shadows that may lag much, little or not at all.
    @Test(arguments: Variant.all(), [Float(0), 3, 1000])
    func laggingShadowsDoNotChangeAnswers(variant: Variant, lag: Float) throws {
        var random = SeededRandom(state: Self.seed)
        let (dimension, count) = (24, 1500)
        let index = ExactIndex(dimension: dimension, kernels: variant.table, lag: lag)
        var truth = BruteForce()
        for item in 0..<UInt32(count) {
            truth.rows[item] = BruteForce.Row(
                id: Int64(item), vector: random.vector(dimension), offset: Float.random(in: -1...1, using: &random))
        }
        for round in 0..<8 {
            for item in truth.rows.keys.sorted() {
                guard var row = truth.rows[item] else { continue }
                for _ in 0..<(round + 1) {
                    row.vector = row.vector.map { $0 + Float.random(in: -0.004...0.004, using: &random) }
                    try index.upsert(item: item, id: row.id, vector: row.vector, offset: row.offset)
                }
                truth.rows[item] = row
            }
            let queries = (0..<5).map { _ in random.vector(dimension) }
            for k in [10, 100] {
                let expected = queries.map { truth.search($0, k: k) }
                #expect(try index.answers(queries, k: k) == expected, "seed \(Self.seed), round \(round), lag \(lag)")
            }
        }
    }

    /// No score is above its row's bound by more than the slack, whatever the vectors; so none is missed.
    @Test(arguments: Variant.all(), [1, 12, 64, 200])
    func theBoundHolds(variant: Variant, dimension: Int) throws {
        var random = SeededRandom(state: Self.seed &+ UInt64(dimension))
        var tightest = Double.infinity
        for round in 0..<40 {
            let sizes: [Float] = [1, 1e-12, 1e12, 0x1p49, 0x1p-85, 1e-35]
            let size = sizes[round % sizes.count]
            let index = ExactIndex(dimension: dimension, kernels: variant.table, lag: round % 2 == 0 ? 0 : 30)
            var rows = (0..<48).map { _ in random.vector(dimension).map { $0 * size } }
            for _ in 0..<3 {
                for item in rows.indices {
                    rows[item] = rows[item].map { $0 * Float.random(in: 0.99...1.01, using: &random) }
                    let offset = round % 3 == 0 ? 0 : Float.random(in: -size...size, using: &random)
                    try index.upsert(item: UInt32(item), id: Int64(item), vector: rows[item], offset: offset)
                }
            }
            let query = random.vector(dimension).map { $0 * sizes[round / 6 % sizes.count] }
            let chunk = index.store.chunks[0]
            var shadows = QueryShadows()
            shadows.quantise(query, count: 1, shape: index.store.shape, groupSize: 1, kernels: variant.table)
            var run = mq_shadow_run(
                codes: chunk.codes, bounds: chunk.bounds, offsets: chunk.offsets, groups: index.store.shape.groups,
                block_count: 3)
            var quantised = shadows.group(0..<1)
            var bounds = [Float](repeating: 0, count: 48)
            variant.table.pointee.bounds_of_scores(&run, &quantised, &bounds, 48)
            let slack = shadows.slack(
                of: 0, norm: chunk.normMax, offset: chunk.offsetMax, dimension: dimension)
            for row in rows.indices {
                var sum: Float = 0
                for i in query.indices { sum = sum.addingProduct(rows[row][i], query[i]) }
                let score = Double(sum + chunk.offsets[row])
                let room = Double(bounds[row]) + slack - score
                #expect(room >= 0, "seed \(Self.seed), round \(round), row \(row)")
                if size == 1 && slack > 0 { tightest = min(tightest, room / slack) }
            }
        }
        // Not so wide that the test could not fail: in one dimension, where nothing averages out, it is nearly reached.
        if dimension == 1 { #expect(tightest < 2.5, "room \(tightest) of the slack") }
    }

    /// Few rows are scored: those that a search must look at, and not many more.
    @Test func fewRowsAreScored() throws {
        var random = SeededRandom(state: Self.seed)
        let (dimension, count, k) = (64, 3883, 10)
        let index = ExactIndex(dimension: dimension)
        for item in 0..<UInt32(count) {
            try index.upsert(item: item, id: Int64(item), vector: random.vector(dimension), offset: 0)
        }
        let results = SearchResults()
        _ = try index.answers((0..<64).map { _ in random.vector(dimension) }, k: k, into: results)
        #expect(results.rowsScored < 64 * 60, "\(results.rowsScored) rows of 64 queries")
    }
}
