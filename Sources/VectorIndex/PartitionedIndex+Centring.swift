import CVectorKernels

/// Centres follow their rows, a list at a time.
extension PartitionedIndex {
    /// After so many writes one list is centred anew.
    static let writesPerCentring = 128
    /// Of a list that is centred, one row in so many is placed again.
    private static let rowsPerPlacing = 8
    /// At most so many rows make a mean, and an eighth of it is placed again, however long the list is.
    private static let rowsPerMean = 1024

    func centre(afterWrites writes: Int) {
        writesUntilCentring -= writes
        // A long batch centres each list once at most.
        var left = current.count
        while writesUntilCentring <= 0 {
            writesUntilCentring += Self.writesPerCentring
            if left == 0 { continue }
            left -= 1
            centrings += 1
            centre(centrings % current.count)
        }
    }

    /// Moves a centre to the mean of its rows, and places those anew that may be nearer to another.
    private func centre(_ list: Int) {
        let rows = current.lists[list].count
        if rows == 0 { return }
        let offset = writeMean(of: list)
        current.centroids?.set(list, vector: means.base, offset: offset)
        // Other rows at each turn. Backwards: a row that leaves is replaced by the last one.
        let step = Self.rowsPerPlacing * (1 + (rows - 1) / Self.rowsPerMean)
        var slot = rows - 1 - centrings / current.count % step
        while slot >= 0 {
            placeAgain(list, slot)
            slot -= step
        }
        workDone += min(rows, Self.rowsPerMean) * dimension * (1 + current.count / Self.rowsPerPlacing)
    }

    private func placeAgain(_ list: Int, _ slot: Int) {
        let row = current.lists[list].rowInPlace(slot)
        let made = current.assign(row.vector, offset: row.offset)
        if made.list == list {
            setMargin(row.item, made, in: current)
            return
        }
        append(row, to: current, made)
        remove(slot: slot, from: current, list)
    }

    /// Writes the mean of a list's rows down; that of their offsets.
    private func writeMean(of list: Int) -> Float {
        let rows = current.lists[list].count
        means.reserve(shape.paddedDimension)
        means.base.update(repeating: 0, count: shape.paddedDimension)
        var offset: Float = 0
        let step = 1 + (rows - 1) / Self.rowsPerMean
        let part = 1 / Float((rows + step - 1) / step)
        for slot in stride(from: 0, to: rows, by: step) {
            let row = current.lists[list].rowInPlace(slot)
            mq_axpy(part, row.vector, means.base, shape.paddedDimension)
            offset += part * row.offset
        }
        return offset
    }
}
