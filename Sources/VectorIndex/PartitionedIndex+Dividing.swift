import CVectorKernels

/// Rows are divided anew by the writes that come, a piece each.
extension PartitionedIndex {
    /// Does the next piece; its multiplications.
    func divide(_ division: Division) -> Int {
        if let next { return move(division, to: next) }
        if let done = division.train({ row(of: $0) }) { return done }
        beginMoving(to: division.centroids)
        return 0
    }

    private func row(of item: UInt32) -> RowInPlace? {
        let home = homes[item]
        if home == ItemMap.none { return nil }
        return partition(of: home).lists[Partition.list(of: home)].rowInPlace(Int(slots[item]))
    }

    /// Moves some rows from the ends of the old lists.
    private func move(_ division: Division, to next: Partition) -> Int {
        while division.movingList < current.count && current.lists[division.movingList].count == 0 {
            division.movingList += 1
        }
        if division.movingList == current.count {
            endMoving(to: next)
            return current.count
        }
        let store = current.lists + division.movingList
        let count = min(CentroidTable.vectorsPerCall, store.pointee.count)
        for at in 0..<count { division.gather(store.pointee.rowInPlace(store.pointee.count - 1 - at), at: at) }
        division.assignGathered(count) { _, made in
            let last = store.pointee.count - 1
            append(store.pointee.rowInPlace(last), to: next, made)
            store.pointee.removeBySwap(slot: last)
        }
        return division.work(moving: count)
    }
}
