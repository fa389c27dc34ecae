/// Rows of the state under the name by which checkpoints know them.
public struct StateTable {
    public let name: String
    public let rows: PagedRows

    public init(_ name: String, _ rows: PagedRows) {
        self.name = name
        self.rows = rows
    }
}

/// Such rows as they were at one moment.
public struct StateTableSnapshot: Sendable {
    public let name: String
    public let rows: PagedRowsSnapshot

    public init(_ name: String, _ rows: PagedRowsSnapshot) {
        self.name = name
        self.rows = rows
    }
}

/// A part of the state that is no table, as it was at one moment; small beside the tables.
public struct StateBlob: Sendable {
    public let name: String
    /// The same number means the same bytes, so that they need not be written again; nil = not known.
    public let version: UInt64?
    public let write: @Sendable (inout StateWriter) throws -> Void

    public init(
        _ name: String, version: UInt64? = nil, _ write: @escaping @Sendable (inout StateWriter) throws -> Void
    ) {
        self.name = name
        self.version = version
        self.write = write
    }
}
