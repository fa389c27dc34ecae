import CVectorKernels

/// The centres of a partition, by squared distance in the space of vectors with the offset as one more coordinate: there the
/// score of a row is an inner product with (query, 1).
final class CentroidTable {
    /// A multiple of 16.
    let count: Int
    private let shape: RowShape
    /// `[count / 16][dimension + 2][16]`: coordinates, offset, and half of the squared length.
    private let blocks: UnsafeMutablePointer<Float>
    /// `[count][padded dimension]`.
    private let vectors: UnsafeMutablePointer<Float>
    private let offsets: UnsafeMutablePointer<Float>
    private let halves: UnsafeMutablePointer<Float>
    private let kernels: UnsafePointer<mq_kernel_table>
    /// Of up to 8 vectors, coordinate-major.
    private let packed: UnsafeMutablePointer<Float>
    /// `[8][count]`.
    private let scores: UnsafeMutablePointer<Float>

    static let vectorsPerCall = Int(MQ_QUERIES_MAX)

    init(count: Int, shape: RowShape) {
        precondition(count % 16 == 0)
        self.count = count
        self.shape = shape
        kernels = mq_kernels()
        blocks = .allocate(capacity: count * (shape.dimension + 2))
        blocks.initialize(repeating: 0, count: count * (shape.dimension + 2))
        vectors = .allocate(capacity: count * shape.paddedDimension)
        vectors.initialize(repeating: 0, count: count * shape.paddedDimension)
        offsets = .allocate(capacity: count)
        offsets.initialize(repeating: 0, count: count)
        halves = .allocate(capacity: count)
        halves.initialize(repeating: 0, count: count)
        packed = .allocate(capacity: Self.vectorsPerCall * (shape.dimension + 1))
        scores = .allocate(capacity: Self.vectorsPerCall * count)
    }

    deinit {
        blocks.deallocate()
        vectors.deallocate()
        offsets.deallocate()
        halves.deallocate()
        packed.deallocate()
        scores.deallocate()
    }

    var byteCount: Int { 4 * (count * (shape.dimension + 2 + shape.paddedDimension + 2 + 8)) }

    func set(_ list: Int, vector: UnsafePointer<Float>, offset: Float) {
        let block = blocks + (list / 16 * (shape.dimension + 2) * 16 + list % 16)
        let own = vectors + list * shape.paddedDimension
        var squares = offset * offset
        for i in 0..<shape.dimension {
            block[i * 16] = vector[i]
            own[i] = vector[i]
            squares += vector[i] * vector[i]
        }
        block[shape.dimension * 16] = offset
        block[(shape.dimension + 1) * 16] = squares / 2
        offsets[list] = offset
        halves[list] = squares / 2
    }

    /// How near a row is to a list's centre: the larger the nearer, comparable between lists.
    ///
    /// - Parameter padded: Zero behind the dimension.
    @inline(__always)
    func nearness(_ list: Int, padded: UnsafePointer<Float>, offset: Float) -> Float {
        kernels.pointee.dot16(padded, vectors + list * shape.paddedDimension, shape.paddedDimension)
            + offset * offsets[list] - halves[list]
    }

    struct Assignment {
        var list: Int
        /// Of the nearest centre but one.
        var secondNearness: Float
    }

    /// The nearest centre of up to 8 vectors.
    func assign(
        _ vectors: UnsafePointer<Float>, stride: Int, offsets: UnsafePointer<Float>?, count vectorCount: Int,
        into assignments: UnsafeMutablePointer<Assignment>
    ) {
        // Negated: then the nearest has the least -x·c + ‖c‖²/2.
        score(vectors, stride: stride, sign: -1, offsets: offsets, count: vectorCount)
        for at in 0..<vectorCount {
            let own = scores + at * count
            let list = kernels.pointee.least_index(own, count)
            own[list] = .infinity
            let second = own[kernels.pointee.least_index(own, count)]
            assignments[at] = Assignment(list: list, secondNearness: -second)
        }
    }

    /// Writes to `lists` the `wanted` lists with the best mean scores for one of the queries last scored.
    func best(of query: Int, wanted: Int, into lists: UnsafeMutablePointer<UInt32>) -> Int {
        let own = scores + query * count
        let bound = kernels.pointee.kth_bound(own, count, wanted)
        var found = kernels.pointee.collect(own, count, bound, lists)
        // The bound lets a few more through.
        while found > wanted {
            var worst = 0
            for at in 1..<found where own[Int(lists[at])] < own[Int(lists[worst])] { worst = at }
            found -= 1
            lists[worst] = lists[found]
        }
        return found
    }

    /// The mean score of a list's rows, as its centre has it.
    @inline(__always)
    func score(_ query: Int, _ list: Int) -> Float { scores[query * count + list] }

    /// How many lists have a better mean score.
    func rank(_ query: Int, _ list: Int) -> Int {
        let own = scores + query * count
        var better = 0
        for other in 0..<count where own[other] > own[list] { better += 1 }
        return better
    }

    /// Scores up to 8 queries, for `best`, `score` and `rank`.
    func scoreQueries(_ queries: UnsafePointer<Float>, count queryCount: Int) {
        score(queries, stride: shape.dimension, sign: 1, offsets: nil, count: queryCount)
        for query in 0..<queryCount {
            let own = scores + query * count
            for list in 0..<count { own[list] -= halves[list] }
        }
    }

    /// - Parameter offsets: Of rows; nil for queries, which have a 1 there.
    private func score(
        _ vectors: UnsafePointer<Float>, stride: Int, sign: Float, offsets: UnsafePointer<Float>?,
        count vectorCount: Int
    ) {
        for at in 0..<vectorCount {
            for i in 0..<shape.dimension { packed[i * vectorCount + at] = sign * vectors[at * stride + i] }
            packed[shape.dimension * vectorCount + at] = sign * (offsets?[at] ?? 1)
        }
        var run = mq_run(blocks: blocks, dimension: shape.dimension + 1, block_count: count / 16)
        kernels.pointee.score(&run, packed, Int32(vectorCount), scores, count)
    }
}
