import Testing

@testable import VectorIndex

struct MachineLimitsTests {
    /// No machine of today is outside of these; a kernel that was left out would be.
    @Test(arguments: [1, 100_000])
    func areThoseOfAMachine(bytes: Int) {
        let limits = MachineLimits(bytes: bytes, secondsPerRound: 0.001)
        #expect((1e7...1e12).contains(limits.readBytesPerSecond))
        #expect((1e7...1e13).contains(limits.productsPerSecond))
    }

    @Test func rowsLookedAtAreCounted() throws {
        var random = SeededRandom(state: 5)
        let exact = ExactIndex(dimension: 8)
        let index = PartitionedIndex(dimension: 8, targetRecall: 0.9)
        let items = (0..<UInt32(20_000)).map { $0 }
        let vectors = random.vector(8 * items.count)
        try exact.upsert(items, vectors: vectors)
        try index.upsert(items, vectors: vectors)
        let queries = (0..<64).map { _ in random.vector(8) }
        let results = SearchResults()
        _ = try exact.answers(queries, k: 5, into: results)
        #expect(results.rowsLookedAt == 64 * 20_000)
        // At first everywhere.
        _ = try index.answers(queries, k: 5, into: results)
        #expect(results.rowsLookedAt == 64 * 20_000)
        _ = try index.answers(queries, k: 5, into: results)
        #expect(results.rowsLookedAt < 64 * 10_000 && results.rowsLookedAt >= 64 * 5)
    }
}
