import CVectorKernels

/// New centres for all rows, found in small steps: k-means on a sample, a few vectors at a time.
///
/// The sample is a list of items, whose rows are read as they are at each step; items that have gone meanwhile are left out.
final class Division {
    let centroids: CentroidTable
    private let shape: RowShape
    /// Item numbers below this are sampled, in an order that has nothing to do with what they are.
    private let itemsEnd: Int
    private let numbersPerVisit: Int
    private let samplesWanted: Int
    private var visited = 0
    private var visitedNumber = 0
    private var samples: [UInt32] = []
    private var round = 0
    private var nextSample = 0
    /// `[lists][dimension + 1]`: of the vectors that are nearest to each centre, with their offsets.
    private let sums: UnsafeMutablePointer<Float>
    private let counts: UnsafeMutablePointer<Float>
    /// `[vectors a call][dimension]`.
    private let vectors: UnsafeMutablePointer<Float>
    private let offsets: UnsafeMutablePointer<Float>
    private let made: UnsafeMutablePointer<CentroidTable.Assignment>
    /// The list whose rows move.
    var movingList = 0

    private static let rounds = 8
    private static let samplesPerList = 64
    private static let listsMax = 4096
    /// Item numbers that a step of sampling looks at, and what one costs in multiplications.
    private static let visitsPerStep = 64
    private static let workPerVisit = 256
    /// What it costs to move a row, beside finding its list.
    private static let workPerMove = 8192

    /// - Parameters:
    ///   - rowCount: Rows that there are.
    ///   - itemsEnd: Above all item numbers.
    init(rowCount: Int, itemsEnd: Int, shape: RowShape) {
        let wanted = Int(1.6 * Double(rowCount).squareRoot())
        let listCount = min(Self.listsMax, max(16, (wanted + 15) / 16 * 16))
        centroids = CentroidTable(count: listCount, shape: shape)
        self.shape = shape
        self.itemsEnd = itemsEnd
        // The golden ratio of the numbers, made coprime with them, visits all of them in turn.
        var step = max(1, Int(Double(itemsEnd) * 0.618))
        while Self.greatestCommonDivisor(step, itemsEnd) != 1 { step += 1 }
        numbersPerVisit = step
        samplesWanted = min(listCount * Self.samplesPerList, rowCount)
        samples.reserveCapacity(samplesWanted)
        sums = .allocate(capacity: listCount * (shape.dimension + 1))
        sums.initialize(repeating: 0, count: listCount * (shape.dimension + 1))
        counts = .allocate(capacity: listCount)
        counts.initialize(repeating: 0, count: listCount)
        vectors = .allocate(capacity: CentroidTable.vectorsPerCall * shape.dimension)
        offsets = .allocate(capacity: CentroidTable.vectorsPerCall)
        made = .allocate(capacity: CentroidTable.vectorsPerCall)
    }

    deinit {
        sums.deallocate()
        counts.deallocate()
        vectors.deallocate()
        offsets.deallocate()
        made.deallocate()
    }

    private static func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int {
        b == 0 ? a : greatestCommonDivisor(b, a % b)
    }

    var byteCount: Int { centroids.byteCount + 4 * (samples.capacity + centroids.count * (shape.dimension + 2)) }

    /// Multiplications to find the lists of some rows, and to move them there.
    func work(assigning count: Int) -> Int { count * centroids.count * (shape.dimension + 1) }
    func work(moving count: Int) -> Int { work(assigning: count) + count * Self.workPerMove }

    // MARK: Training

    /// Does the next piece of the training.
    ///
    /// - Parameter row: The row of an item; nil if it is not there.
    /// - Returns: Multiplications done; nil if there is nothing left.
    func train(_ row: (UInt32) -> RowInPlace?) -> Int? {
        if round == 0 { return sample(row) }
        if round > Self.rounds { return nil }
        if nextSample < samples.count { return sumUp(row) }
        moveCentres(row)
        round += 1
        nextSample = 0
        return 2 * centroids.count * (shape.dimension + 1)
    }

    private func sample(_ row: (UInt32) -> RowInPlace?) -> Int {
        let end = min(itemsEnd, visited + Self.visitsPerStep)
        let visits = end - visited
        while visited < end && samples.count < samplesWanted {
            if row(UInt32(visitedNumber)) != nil { samples.append(UInt32(visitedNumber)) }
            visitedNumber = (visitedNumber + numbersPerVisit) % itemsEnd
            visited += 1
        }
        if visited == itemsEnd || samples.count == samplesWanted {
            round = 1
            for list in 0..<centroids.count { setCentre(list, toSample: list, row) }
            return visits * Self.workPerVisit + 2 * centroids.count * (shape.dimension + 1)
        }
        return visits * Self.workPerVisit
    }

    private func setCentre(_ list: Int, toSample place: Int, _ row: (UInt32) -> RowInPlace?) {
        guard !samples.isEmpty, let row = row(samples[place % samples.count]) else { return }
        centroids.set(list, vector: row.vector, offset: row.offset)
    }

    /// Adds the next samples to the sums of their lists.
    private func sumUp(_ row: (UInt32) -> RowInPlace?) -> Int {
        let end = min(samples.count, nextSample + CentroidTable.vectorsPerCall)
        var count = 0
        while nextSample < end {
            if let row = row(samples[nextSample]) {
                gather(row, at: count)
                count += 1
            }
            nextSample += 1
        }
        assignGathered(count) { at, made in
            let sum = sums + made.list * (shape.dimension + 1)
            let vector = vectors + at * shape.dimension
            for i in 0..<shape.dimension { sum[i] += vector[i] }
            sum[shape.dimension] += offsets[at]
            counts[made.list] += 1
        }
        return work(assigning: CentroidTable.vectorsPerCall)
    }

    /// Each centre to the mean of the samples that are nearest to it.
    private func moveCentres(_ row: (UInt32) -> RowInPlace?) {
        let length = shape.dimension + 1
        for list in 0..<centroids.count {
            if counts[list] == 0 {
                // A centre without samples starts again at one.
                setCentre(list, toSample: list * 7919, row)
                continue
            }
            let sum = sums + list * length
            for i in 0..<length { sum[i] /= counts[list] }
            centroids.set(list, vector: sum, offset: sum[shape.dimension])
        }
        sums.update(repeating: 0, count: centroids.count * length)
        counts.update(repeating: 0, count: centroids.count)
    }

    // MARK: Assigning

    /// Notes a row as one of the next call.
    func gather(_ row: RowInPlace, at place: Int) {
        (vectors + place * shape.dimension).update(from: row.vector, count: shape.dimension)
        offsets[place] = row.offset
    }

    /// The lists of the rows noted.
    func assignGathered(_ count: Int, _ body: (Int, CentroidTable.Assignment) -> Void) {
        if count == 0 { return }
        centroids.assign(vectors, stride: shape.dimension, offsets: offsets, count: count, into: made)
        for at in 0..<count { body(at, made[at]) }
    }
}
