import Testing

@testable import VectorIndex

/// Random operations on the index and on a dictionary.
struct IndexModelTests {
    /// 200,000 operations in all.
    @Test(arguments: [UInt64(1), 2, 3, 4])
    func behavesAsADictionary(seed: UInt64) throws {
        var random = SeededRandom(state: seed)
        let dimension = [3, 4, 6, 9][Int(seed) % 4]
        let coarse = seed % 2 == 0
        let variants = Variant.all()
        let index = ExactIndex(dimension: dimension, kernels: variants[Int(seed) % variants.count].table)
        let results = SearchResults()
        var truth = BruteForce()
        for step in 0..<50_000 {
            let item = UInt32.random(in: 0..<700, using: &random)
            switch Int.random(in: 0..<10_000, using: &random) {
            case 0..<5500:
                let vector = random.vector(dimension, coarse: coarse)
                let id = Int64.random(in: 0..<5000, using: &random)
                let offset = coarse ? 0 : Float.random(in: -1...1, using: &random)
                try index.upsert(item: item, id: id, vector: vector, offset: offset)
                truth.rows[item] = BruteForce.Row(id: id, vector: vector, offset: offset)
            case 5500..<9700:
                let removed = index.remove(item: item)
                #expect(removed == (truth.rows.removeValue(forKey: item) != nil), "seed \(seed), step \(step)")
            case 9700..<9995:
                let batch = Int.random(in: 1...3, using: &random)
                let queries = (0..<batch).map { _ in random.vector(dimension, coarse: coarse) }
                let lists = queries.map { _ in
                    (0..<Int.random(in: 0..<200, using: &random)).map { _ in UInt32.random(in: 0..<800, using: &random)
                    }
                }
                let k = Int.random(in: 1...30, using: &random)
                let expected = zip(queries, lists).map { truth.search($0, k: k, excluding: Set($1)) }
                let answers = try index.answers(queries, k: k, excluding: lists, into: results)
                #expect(answers == expected, "seed \(seed), step \(step)")
            case 9995..<9998:
                index.removeAll()
                truth.rows = [:]
            case 9998:
                // Rebuilt, as after a restore.
                index.removeAll()
                for item in truth.rows.keys.sorted() {
                    guard let row = truth.rows[item] else { continue }
                    try index.upsert(item: item, id: row.id, vector: row.vector, offset: row.offset)
                }
            default:
                let known = (0..<UInt32(700)).filter { index.contains(item: $0) }
                #expect(Set(known) == Set(truth.rows.keys), "seed \(seed), step \(step)")
            }
            guard index.count == truth.rows.count else {
                Issue.record("count \(index.count), expected \(truth.rows.count), seed \(seed), step \(step)")
                return
            }
        }
    }
}
