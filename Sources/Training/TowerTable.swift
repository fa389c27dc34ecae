import Learning

/// The vectors of all users or all movies, of length 1: a row for each row of the id embedding.
final class TowerTable: @unchecked Sendable {
    let rows: Matrix
    private let buffer: FloatBuffer
    private let numbers: [Int32]

    init(rowCount: Int, padded: Int) {
        buffer = FloatBuffer(rowCount * padded)
        rows = buffer.matrix(rowCount, padded)
        numbers = Array(0..<Int32(rowCount))
    }

    /// Fills the worker's part, a piece of the tower's batch at a time.
    func fill(
        from batch: TowerBatch, worker: Int, team: WorkerTeam,
        forward: (_ range: Range<Int>, _ numbers: [Int32]) -> Void
    ) {
        let own = team.part(of: batch.capacity, worker: worker)
        let all = team.part(of: rows.rows, worker: worker)
        var first = all.lowerBound
        while first < all.upperBound {
            let count = min(own.count, all.upperBound - first)
            // The rows of a batch are numbered from its first.
            let shifted = [Int32](repeating: 0, count: own.lowerBound) + numbers[first..<first + count]
            let range = own.lowerBound..<own.lowerBound + count
            forward(range, shifted)
            for row in range {
                let to = rows.row(first + row - own.lowerBound)
                let from = batch.vectors.row(row)
                for place in 0..<batch.padded { to[place] = from[place] * batch.scales[row] }
            }
            first += count
        }
    }
}
