import Events

/// Reads the batches of a journal again from the inputs, and over what is gone of them.
struct ReplayInput {
    let source: any EventSource
    private var cut: [RecordBatch.Segment] = []

    init(_ source: any EventSource) { self.source = source }

    /// Reads on from these offsets; a partition that is not named is read from its beginning.
    func move(to positions: [InputPartition: Int64]) throws {
        try source.assign(try kept(positions))
    }

    /// Fills `batch` with what is left of a batch of the journal.
    ///
    /// - Throws: `SourceError.endedEarly` when a partition ends before the batch did.
    mutating func read(
        _ advances: [JournalRecord.Advance], from position: Position, into batch: RecordBatch
    ) throws {
        cut.removeAll(keepingCapacity: true)
        for advance in advances {
            cut.append(
                RecordBatch.Segment(
                    partition: advance.partition, start: 0, count: advance.count, nextOffset: advance.nextOffset))
        }
        do {
            try source.read(upTo: cut, into: batch)
        } catch SourceError.trimmed {
            try readWhatIsKept(position, into: batch)
        }
    }

    /// Records expired: goes on from the first ones that are kept. More may expire meanwhile, so it is tried again.
    private mutating func readWhatIsKept(_ position: Position, into batch: RecordBatch) throws {
        for attempt in 1... {
            source.release(batch)
            let positions = try kept(position.inputs)
            try source.assign(positions)
            let left = cut.filter { $0.nextOffset > positions[$0.partition] ?? 0 }
            do {
                return try source.read(upTo: left, into: batch)
            } catch SourceError.trimmed where attempt < Self.attemptsMax {
                continue
            }
        }
    }

    private static let attemptsMax = 5

    /// The offsets, those that are not kept any more replaced by the first that is; every partition is named.
    private func kept(_ positions: [InputPartition: Int64]) throws -> [InputPartition: Int64] {
        try source.bounds(of: source.partitions).reduce(into: [:]) { result, entry in
            result[entry.key] = max(entry.value.lowerBound, positions[entry.key] ?? 0)
        }
    }
}
