import CVectorKernels

/// The queries of a slab, quantised, in groups that the kernels take at once.
struct QueryShadows: ~Copyable {
    private var codes = ScratchBuffer<UInt32>()
    private var biases = ScratchBuffer<Int32>()
    private var scales = ScratchBuffer<Float>()
    private var normColumn = ScratchBuffer<Float>()
    private var errorColumn = ScratchBuffer<Float>()
    private var gathered = ScratchBuffer<UInt32>()
    private var gatheredBiases = ScratchBuffer<Int32>()
    private var gatheredScales = ScratchBuffer<Float>()
    private var gatheredNorms = ScratchBuffer<Float>()
    private var groups = 0

    /// - Parameter groupSize: Queries of each group; the last may have fewer.
    mutating func quantise(
        _ queries: UnsafePointer<Float>, count: Int, shape: RowShape, groupSize: Int,
        kernels: UnsafePointer<mq_index_kernel_table>
    ) {
        groups = shape.groups
        codes.reserve(count * shape.groups)
        biases.reserve(count)
        scales.reserve(count)
        normColumn.reserve(count)
        errorColumn.reserve(count)
        for query in 0..<count {
            let first = query / groupSize * groupSize
            let stride = min(groupSize, count - first)
            let made = kernels.pointee.shadow_query(
                queries + query * shape.dimension, shape.dimension,
                codes.base + (first * shape.groups + query - first), stride)
            biases.base[query] = made.bias
            scales.base[query] = made.scale
            normColumn.base[query] = made.norm
            errorColumn.base[query] = made.error
        }
    }

    @inline(__always)
    func group(_ queries: Range<Int>) -> mq_shadow_queries {
        let first = queries.lowerBound
        return mq_shadow_queries(
            codes: codes.base + first * groups, biases: biases.base + first, scales: scales.base + first,
            norms: normColumn.base + first, count: Int32(queries.count))
    }

    /// Some of the queries side by side, which were quantised in groups of one.
    mutating func gather(_ numbers: UnsafePointer<UInt32>, count: Int) -> mq_shadow_queries {
        if count == 1 { return group(Int(numbers[0])..<Int(numbers[0]) + 1) }
        gathered.reserve(count * groups)
        gatheredBiases.reserve(count)
        gatheredScales.reserve(count)
        gatheredNorms.reserve(count)
        for at in 0..<count {
            let query = Int(numbers[at])
            let own = codes.base + query * groups
            for group in 0..<groups { gathered.base[group * count + at] = own[group] }
            gatheredBiases.base[at] = biases.base[query]
            gatheredScales.base[at] = scales.base[query]
            gatheredNorms.base[at] = normColumn.base[query]
        }
        return mq_shadow_queries(
            codes: gathered.base, biases: gatheredBiases.base, scales: gatheredScales.base,
            norms: gatheredNorms.base, count: Int32(count))
    }

    /// How much a row's score can be above its bound: what the query's own quantisation and all rounding make.
    ///
    /// - Parameters:
    ///   - norm: At least ‖x‖ + error of each row.
    ///   - offset: At least the size of each offset.
    @inline(__always)
    func slack(of query: Int, norm: Float, offset: Float, dimension: Int) -> Double {
        let (n, q) = (Double(norm), Double(normColumn.base[query]))
        let rounding = Double(dimension + 16) * n * q + 8 * Double(offset)
        return n * Double(errorColumn.base[query]) + 0x1p-23 * rounding + 0x1p-120
    }
}
