/// A model's learnt tables and scalars as they were at one moment; may be written on any thread.
public struct ModelSnapshot: Sendable {
    /// Each name behind `model.`.
    let tables: [StateTableSnapshot]
    let scalars: StateBlob

    /// Writes the canonical form: the scalars, then each table's number of rows and its rows.
    func write(to writer: inout StateWriter) throws {
        try scalars.write(&writer)
        for table in tables {
            try writer.write(UInt64(table.rows.count))
            try table.rows.forEachPage(changedSince: 0) { _, bytes in try writer.write(bytes) }
        }
    }
}

extension OnlineModel {
    /// What is learnt at this moment, for a checkpoint or a digest; O(pages).
    public func snapshot() -> ModelSnapshot {
        ModelSnapshot(
            tables: tables.map { StateTableSnapshot(Self.partName($0.name), $0.rows.snapshot()) },
            scalars: StateBlob(Self.partName("scalars"), scalars()))
    }

    /// Fills an empty model from a checkpoint.
    func restore(from image: inout StateImage, userCount: Int, movieCount: Int) throws {
        for table in tables { try image.take(Self.partName(table.name), into: table.rows) }
        try image.take(blob: Self.partName("scalars")) {
            try restore(scalars: &$0, userCount: userCount, movieCount: movieCount)
        }
    }

    /// Becomes the model of a snapshot, of the same kind and settings: it shares the pages of its tables.
    ///
    /// - Throws: `StateImage.Failure` when the snapshot is of another model.
    public func stand(as snapshot: ModelSnapshot, userCount: Int, movieCount: Int) throws {
        guard tables.map({ Self.partName($0.name) }) == snapshot.tables.map(\.name) else {
            throw StateImage.Failure.impossible("a snapshot of another model")
        }
        for (table, rows) in zip(tables, snapshot.tables) { table.rows.share(rows.rows) }
        var image = StateImage()
        var bytes: [UInt8] = []
        var writer = StateWriter { bytes.append(contentsOf: $0) }
        try snapshot.scalars.write(&writer)
        try writer.flush()
        image.blobs[snapshot.scalars.name] = bytes
        try image.take(blob: snapshot.scalars.name) {
            try restore(scalars: &$0, userCount: userCount, movieCount: movieCount)
        }
    }

    private static func partName(_ name: String) -> String { "model." + name }
}
