#if canImport(CMallocCounter)
    import CMallocCounter
    import Testing

    @testable import VectorIndex

    struct AllocationTests {
        /// Upserts, removals and searches of sizes seen before allocate nothing.
        @Test(.enabled(if: cmal_active() == 1))
        func steadyStateDoesNotAllocate() throws {
            var random = SeededRandom(state: 8)
            let index = ExactIndex(dimension: 32)
            let results = SearchResults()
            let queries = random.vector(64 * 32)
            let excluded = (0..<UInt32(64 * 200)).map { $0 % 5000 }
            let vector = random.vector(32)
            for item in 0..<UInt32(5000) { try index.upsert(item: item, id: Int64(item), vector: vector, offset: 0) }
            try queries.withUnsafeBufferPointer { queries in
                try excluded.withUnsafeBufferPointer { excluded in
                    let lists = (0..<64).map { UnsafeBufferPointer(rebasing: excluded[$0 * 200..<($0 + 1) * 200]) }
                    try lists.withUnsafeBufferPointer { lists in
                        guard let base = queries.baseAddress else { return }
                        try index.search(queries: base, queryCount: 64, k: 20, exclusions: lists, into: results)
                        cmal_start()
                        for item in 0..<UInt32(50) {
                            index.remove(item: item)
                            try index.upsert(item: item, id: 1, vector: vector, offset: 0)
                            try index.search(
                                queries: base, queryCount: 1 + Int(item), k: 10,
                                exclusions: UnsafeBufferPointer(rebasing: lists[0...Int(item)]), into: results)
                        }
                        #expect(cmal_stop() == 0)
                    }
                }
            }
        }
    }
#endif
