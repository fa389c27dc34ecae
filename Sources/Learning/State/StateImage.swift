/// A state as a checkpoint holds it: raw rows of tables and a few blobs, by name.
///
/// Whoever owns a table takes it out; what is left over at the end belongs to another version of the state.
public struct StateImage {
    public enum Failure: Error, Equatable, CustomStringConvertible {
        case missing(String)
        /// The bytes are whole but can't be a state.
        case impossible(String)

        public var description: String {
            switch self {
            case .missing(let name): "'\(name)' is missing"
            case .impossible(let what): what
            }
        }
    }

    /// Bytes of a table that follow each other; row 0 begins at offset 0.
    public struct Run {
        public var offset: Int
        public var bytes: ArraySlice<UInt8>

        public init(offset: Int, bytes: ArraySlice<UInt8>) {
            self.offset = offset
            self.bytes = bytes
        }
    }

    public struct Table {
        public var rowBytes: Int
        public var rowCount: Int
        /// Put down in this order: a later one replaces what an earlier one wrote. What no run covers is zero.
        public var runs: [Run] = []

        public init(rowBytes: Int, rowCount: Int) {
            self.rowBytes = rowBytes
            self.rowCount = rowCount
        }
    }

    public var tables: [String: Table] = [:]
    public var blobs: [String: [UInt8]] = [:]

    public init() {}

    /// Lays what changed over this: runs replace bytes, blobs replace blobs.
    public mutating func apply(_ delta: StateImage) throws {
        for (name, change) in delta.tables {
            guard let table = tables[name], table.rowBytes == change.rowBytes, table.rowCount <= change.rowCount else {
                throw Failure.impossible("table '\(name)' is not the one that changed")
            }
            tables[name]?.rowCount = change.rowCount
            tables[name]?.runs.append(contentsOf: change.runs)
        }
        for (name, bytes) in delta.blobs { blobs[name] = bytes }
    }

    /// Fills a table; what it held is given up.
    public mutating func take(_ name: String, into rows: PagedRows) throws {
        rows.removeAll()
        guard let table = tables.removeValue(forKey: name) else { throw Failure.missing(name) }
        guard table.rowBytes == rows.rowBytes else {
            throw Failure.impossible("rows of \(table.rowBytes) bytes in '\(name)' instead of \(rows.rowBytes)")
        }
        // Rows that nothing was ever written to lie behind the last run, but never more than a page of them: a huge
        // count must not ask for endless memory.
        let (byteCount, isTooLarge) = table.rowCount.multipliedReportingOverflow(by: table.rowBytes)
        var end = 0
        for run in table.runs {
            guard run.offset >= 0, run.offset <= byteCount, run.bytes.count <= byteCount - run.offset else {
                throw Failure.impossible("bytes at \(run.offset) of '\(name)'")
            }
            end = max(end, run.offset + run.bytes.count)
        }
        guard !isTooLarge, table.rowCount >= 0, table.rowCount < Int(UInt32.max), byteCount - end <= rows.pageBytes
        else { throw Failure.impossible("\(table.rowCount) rows in '\(name)'") }
        rows.grow(to: table.rowCount)
        for run in table.runs { run.bytes.withUnsafeBytes { rows.write($0, at: run.offset) } }
    }

    /// Reads a blob; all of it must be used.
    public mutating func take<Result>(
        blob name: String, _ read: (inout StateReader) throws -> Result
    ) throws -> Result {
        guard let bytes = blobs.removeValue(forKey: name) else { throw Failure.missing(name) }
        return try bytes.withUnsafeBytes { bytes in
            var reader = StateReader(bytes)
            do {
                let result = try read(&reader)
                guard reader.isAtEnd else {
                    throw Failure.impossible("\(reader.remaining) bytes too many in '\(name)'")
                }
                return result
            } catch let failure as StateReader.Failure {
                throw Failure.impossible("\(failure) in '\(name)'")
            }
        }
    }

    /// Everything must have been taken.
    public func finish() throws {
        if let name = tables.keys.min() ?? blobs.keys.min() { throw Failure.impossible("an unknown part '\(name)'") }
    }
}
