import VectorIndex

/// Searches beside what the machine can do: the honest opponent.
extension IndexBenchmark {
    func measureMachine() {
        // Four codes a group, and scale, error and offset of each row.
        let codes = (file.dimension + 3) / 4 * 4
        let limits = MachineLimits(bytes: file.n * (codes + 8))
        let row = (file.dimension + 15) / 16 * 64
        let lists = (index as? PartitionedIndex)?.listCount ?? 1
        let centres = lists == 1 ? 0 : lists * 4 * (file.dimension + 2)
        let bytes =
            rowsLookedAt * Double(codes + 8) + report.rowsScoredPerQuery * Double(row) + Double(centres)
        report.machine = Report.Machine(
            readBytesPerSecond: limits.readBytesPerSecond, productsPerSecond: limits.productsPerSecond,
            bytesPerQuery: bytes,
            shareOfReadBandwidth: bytes * report.queriesPerSecond.single / limits.readBytesPerSecond,
            shareOfProducts: rowsLookedAt * Double(codes) * report.queriesPerSecond.batch / limits.productsPerSecond)
    }
}
