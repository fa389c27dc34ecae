import Testing

@testable import VectorIndex

struct IndexBehaviourTests {
    @Test func aWrittenVectorIsItsOwnBestMatchAtOnce() throws {
        var random = SeededRandom(state: 5)
        let index = ExactIndex(dimension: 32)
        let results = SearchResults()
        for step in 0..<3000 {
            let item = UInt32.random(in: 0..<500, using: &random)
            let raw = random.vector(32)
            let norm = raw.reduce(0) { $0 + $1 * $1 }.squareRoot()
            let vector = raw.map { $0 / norm }
            try index.upsert(item: item, id: Int64(item), vector: vector, offset: 0)
            #expect(try index.answers([vector], k: 1, into: results)[0].first?.item == item, "step \(step)")
        }
    }

    @Test func memoryFollowsTheRows() throws {
        let index = ExactIndex(dimension: 64)
        let vector = [Float](repeating: 0.5, count: 64)
        for item in 0..<UInt32(3883) { try index.upsert(item: item, id: Int64(item), vector: vector, offset: 0) }
        let full = index.byteCount
        #expect(Double(full) / 3883 <= 1.35 * 64 * 4)
        var random = SeededRandom(state: 6)
        for _ in 0..<50_000 {
            let item = UInt32.random(in: 0..<3883, using: &random)
            index.remove(item: item)
            try index.upsert(item: item, id: Int64(item), vector: vector, offset: 0)
        }
        #expect(index.byteCount == full)
        for item in 100..<UInt32(3883) { index.remove(item: item) }
        #expect(index.byteCount < full / 3)
        #expect(index.count == 100)
        index.removeAll()
        #expect(index.byteCount == 0)
        #expect(try index.answers([vector], k: 3) == [[]])
    }

    @Test func refusesBadInputAndStaysAsItWas() throws {
        let index = ExactIndex(dimension: 3)
        try index.upsert(item: 1, id: 10, vector: [1, 2, 3], offset: 0.5)
        let before = try index.answers([[1, 1, 1]], k: 5)
        for bad in [Float.nan, .infinity, -.infinity] {
            for item in [UInt32(1), 2] {
                #expect(throws: IndexError.vectorNotFinite(item: item)) {
                    try index.upsert(item: item, id: 9, vector: [1, bad, 1], offset: 0)
                }
                #expect(throws: IndexError.vectorNotFinite(item: item)) {
                    try index.upsert(item: item, id: 9, vector: [1, 1, 1], offset: bad)
                }
            }
            #expect(throws: IndexError.queryNotFinite(query: 1)) {
                try index.answers([[1, 1, 1], [1, 1, bad]], k: 1)
            }
        }
        let short: [Float] = [1, 2]
        short.withUnsafeBufferPointer { short in
            #expect(throws: IndexError.dimensionMismatch(expected: 3, got: 2)) {
                try index.upsert(item: 1, id: 9, vector: short, offset: 0)
            }
            #expect(throws: IndexError.dimensionMismatch(expected: 3, got: 2)) {
                try index.search(
                    query: short, k: 1, excluding: UnsafeBufferPointer(start: nil, count: 0), into: SearchResults())
            }
        }
        for (items, error) in [
            ([UInt32(4), 1, 4], IndexError.duplicateItem(4)),
            ([1, 5, .max], .itemOutOfRange(got: .max, max: IndexLimits.itemMax)),
        ] {
            #expect(throws: error) { try index.upsert(items, vectors: [Float](repeating: 2, count: 9)) }
        }
        #expect(throws: IndexError.vectorNotFinite(item: 6)) {
            try index.upsert([1, 6], vectors: [1, 1, 1, 1, .nan, 1])
        }
        #expect(throws: IndexError.itemOutOfRange(got: .max, max: IndexLimits.itemMax)) {
            try index.upsert(item: .max, id: 9, vector: [1, 1, 1], offset: 0)
        }
        for k in [0, -1, 257] {
            #expect(throws: IndexError.resultCountOutOfRange(got: k, allowed: 1...256)) {
                try index.answers([[1, 1, 1]], k: k)
            }
        }
        #expect(throws: IndexError.exclusionListsMismatch(queries: 2, lists: 1)) {
            try index.answers([[1, 1, 1], [1, 1, 1]], k: 1, excluding: [[1]])
        }
        #expect(throws: IndexError.tooManyExclusions(query: 0, got: 65_537, max: 65_536)) {
            try index.answers([[1, 1, 1]], k: 1, excluding: [[UInt32](repeating: 1, count: 65_537)])
        }
        #expect(try index.answers([[1, 1, 1]], k: 5) == before)
        #expect(index.count == 1)
    }

    @Test func aBatchIsWrittenAsItsRowsOneByOne() throws {
        var random = SeededRandom(state: 9)
        let (batched, single) = (ExactIndex(dimension: 5), ExactIndex(dimension: 5))
        for _ in 0..<50 {
            let items = Array((0..<UInt32(300)).shuffled(using: &random).prefix(100))
            let vectors = random.vector(500)
            try batched.upsert(items, vectors: vectors)
            for (place, item) in items.enumerated() {
                let vector = Array(vectors[place * 5..<(place + 1) * 5])
                try single.upsert(item: item, id: Int64(item), vector: vector, offset: 0)
            }
            let query = random.vector(5)
            #expect(try batched.answers([query], k: 20) == single.answers([query], k: 20))
        }
    }

    @Test func idsMayBeOfAnySize() throws {
        let index = ExactIndex(dimension: 1)
        let ids = [Int64.max, .min, -1, 0, Int64(UInt32.max), Int64(UInt32.max) + 1, 7]
        for (item, id) in ids.enumerated() {
            try index.upsert(item: UInt32(item), id: id, vector: [1], offset: 0)
        }
        // All scores are equal.
        #expect(try index.answers([[1]], k: 7)[0].map(\.id) == ids.sorted())
        index.remove(item: 0)
        #expect(try index.answers([[1]], k: 7)[0].map(\.id) == ids.dropFirst().sorted())
    }

    @Test func resultsAreEmptyAfterAnError() throws {
        let index = ExactIndex(dimension: 1)
        try index.upsert(item: 0, id: 1, vector: [1], offset: 0)
        let results = SearchResults()
        _ = try index.answers([[1]], k: 1, into: results)
        #expect(results.queryCount == 1)
        #expect(throws: IndexError.self) { try index.answers([[.nan]], k: 1, into: results) }
        #expect(results.queryCount == 0)
    }

    @Test func noQueriesMakeNoAnswers() throws {
        let index = ExactIndex(dimension: 2)
        try index.upsert(item: 0, id: 1, vector: [1, 1], offset: 0)
        #expect(try index.answers([], k: 10).isEmpty)
    }

    @Test func aSingleQueryWithItsLengthIsAnswered() throws {
        let index = ExactIndex(dimension: 2)
        try index.upsert(item: 0, id: 7, vector: [1, 1], offset: 0)
        try index.upsert(item: 1, id: 8, vector: [2, 2], offset: 0)
        let results = SearchResults()
        let (query, excluded): ([Float], [UInt32]) = ([1, 1], [1])
        try query.withUnsafeBufferPointer { query in
            try excluded.withUnsafeBufferPointer {
                try index.search(query: query, k: 2, excluding: $0, into: results)
            }
        }
        #expect(Array(results.ids(of: 0)) == [7])
        #expect(Array(results.scores(of: 0)) == [2])
    }
}
