import CVectorKernels

extension PartitionedIndex {
    private static let rounds = 8
    private static let samplesPerList = 64

    /// Divides all rows among lists anew: k-means on a sample, then every row to its nearest centre.
    func divide() {
        let wanted = Int(1.6 * Double(count).squareRoot())
        let newCount = min(4096, max(16, (wanted + 15) / 16 * 16))
        let (old, oldCount) = takeLists(replacing: newCount)
        let rows = (0..<oldCount).flatMap { list in (0..<old[list].count).map { (list, $0) } }
        trainCentroids(newCount, sample: sample(rows, of: old, count: newCount * Self.samplesPerList))
        forEachRow(rows, of: old) { row, made in
            put(item: row.item, id: row.id, vector: row.vector, offset: row.offset, made)
        }
        old.deinitialize(count: oldCount)
        old.deallocate()
        recall.probes = nil
    }

    private struct Row {
        var item: UInt32
        var id: Int64
        var vector: UnsafePointer<Float>
        var offset: Float
    }

    /// Vectors with their offsets.
    private struct Sample {
        var vectors: [Float] = []
        var offsets: [Float] = []
    }

    @inline(__always)
    private func row(_ slot: Int, in store: borrowing RowStore) -> Row {
        let chunk = store.chunks + RowStore.chunk(of: slot)
        let row = RowStore.row(of: slot)
        return Row(
            item: chunk.pointee.items[row], id: chunk.pointee.id(row),
            vector: UnsafePointer(shape.vector(row, in: chunk.pointee)), offset: chunk.pointee.offsets[row])
    }

    /// Rows at equal distances in an order that has nothing to do with what they are.
    private func sample(
        _ rows: [(list: Int, slot: Int)], of lists: UnsafeMutablePointer<RowStore>, count wanted: Int
    ) -> Sample {
        var sample = Sample()
        let taken = min(wanted, rows.count)
        // The golden ratio of the number of rows, made coprime with it, visits all of them in turn.
        var step = max(1, Int(Double(rows.count) * 0.618))
        while Self.greatestCommonDivisor(step, rows.count) != 1 { step += 1 }
        var at = 0
        for _ in 0..<taken {
            let row = row(rows[at].slot, in: lists[rows[at].list])
            sample.vectors += UnsafeBufferPointer(start: row.vector, count: dimension)
            sample.offsets.append(row.offset)
            at = (at + step) % rows.count
        }
        return sample
    }

    private static func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int {
        b == 0 ? a : greatestCommonDivisor(b, a % b)
    }

    /// Lloyd's algorithm.
    private func trainCentroids(_ newCount: Int, sample: Sample) {
        centroids = CentroidTable(count: newCount, shape: shape)
        let sampleCount = sample.offsets.count
        sample.vectors.withUnsafeBufferPointer { vectors in
            sample.offsets.withUnsafeBufferPointer { offsets in
                guard let vectors = vectors.baseAddress, let offsets = offsets.baseAddress else { return }
                for list in 0..<newCount {
                    let first = list % sampleCount
                    setCentroid(list, vectors + first * dimension, offsets[first])
                }
                for _ in 0..<Self.rounds { move(newCount, vectors, offsets, sampleCount) }
            }
        }
    }

    /// One round: each centre to the mean of the samples that are nearest to it.
    private func move(
        _ listCount: Int, _ vectors: UnsafePointer<Float>, _ offsets: UnsafePointer<Float>, _ sampleCount: Int
    ) {
        let length = dimension + 1
        var sums = [Float](repeating: 0, count: listCount * length)
        var counts = [Int](repeating: 0, count: listCount)
        var made = [CentroidTable.Assignment](
            repeating: .init(list: 0, secondNearness: 0), count: CentroidTable.vectorsPerCall)
        for first in stride(from: 0, to: sampleCount, by: CentroidTable.vectorsPerCall) {
            let group = min(CentroidTable.vectorsPerCall, sampleCount - first)
            assign(
                vectors + first * dimension, stride: dimension, offsets: offsets + first, count: group, into: &made)
            for at in 0..<group {
                let place = made[at].list * length
                let vector = vectors + (first + at) * dimension
                for i in 0..<dimension { sums[place + i] += vector[i] }
                sums[place + dimension] += offsets[first + at]
                counts[made[at].list] += 1
            }
        }
        for list in 0..<listCount {
            if counts[list] == 0 {
                // A centre without samples starts again at one.
                let other = list * 7919 % sampleCount
                setCentroid(list, vectors + other * dimension, offsets[other])
                continue
            }
            let mean = sums[list * length..<(list + 1) * length].map { $0 / Float(counts[list]) }
            mean.withUnsafeBufferPointer { mean in
                guard let base = mean.baseAddress else { return }
                setCentroid(list, base, mean[dimension])
            }
        }
    }

    /// Every row with the list where it belongs.
    private func forEachRow(
        _ rows: [(list: Int, slot: Int)], of lists: UnsafeMutablePointer<RowStore>,
        _ body: (Row, CentroidTable.Assignment) -> Void
    ) {
        let perCall = CentroidTable.vectorsPerCall
        var vectors = [Float](repeating: 0, count: perCall * dimension)
        var made = [CentroidTable.Assignment](repeating: .init(list: 0, secondNearness: 0), count: perCall)
        for first in stride(from: 0, to: rows.count, by: perCall) {
            let group = rows[first..<min(first + perCall, rows.count)].map { row($0.slot, in: lists[$0.list]) }
            for (at, row) in group.enumerated() {
                for i in 0..<dimension { vectors[at * dimension + i] = row.vector[i] }
            }
            assign(vectors, stride: dimension, offsets: group.map(\.offset), count: group.count, into: &made)
            for (row, made) in zip(group, made) { body(row, made) }
        }
    }
}
