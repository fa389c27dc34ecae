import CVectorKernels

/// What every index refuses in a search.
enum SearchCheck {
    static func check(
        queries: UnsafePointer<Float>, queryCount: Int, dimension: Int, k: Int,
        exclusions: UnsafeBufferPointer<UnsafeBufferPointer<UInt32>>
    ) throws(IndexError) {
        guard k >= 1, k <= IndexLimits.resultCountMax else {
            throw .resultCountOutOfRange(got: k, allowed: 1...IndexLimits.resultCountMax)
        }
        guard queryCount >= 0 else { throw .queryCountOutOfRange(got: queryCount) }
        guard exclusions.isEmpty || exclusions.count == queryCount else {
            throw .exclusionListsMismatch(queries: queryCount, lists: exclusions.count)
        }
        for query in 0..<queryCount where !mq_all_finite(queries + query * dimension, dimension) {
            throw .queryNotFinite(query: query)
        }
        for query in exclusions.indices where exclusions[query].count > IndexLimits.exclusionCountMax {
            throw .tooManyExclusions(
                query: query, got: exclusions[query].count, max: IndexLimits.exclusionCountMax)
        }
    }
}
