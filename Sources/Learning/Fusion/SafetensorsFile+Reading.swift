import Foundation

extension SafetensorsFile {
    private struct Entry: Decodable {
        var dtype: String
        var shape: [Int]
        var dataOffsets: [Int]

        private enum CodingKeys: String, CodingKey {
            case dtype, shape
            case dataOffsets = "data_offsets"
        }
    }

    private struct Name: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { return nil }
    }

    private struct Header: Decodable {
        var metadata: [String: String] = [:]
        var entries: [String: Entry] = [:]

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Name.self)
            for name in container.allKeys {
                if name.stringValue == "__metadata__" {
                    metadata = try container.decode([String: String].self, forKey: name)
                } else {
                    entries[name.stringValue] = try container.decode(Entry.self, forKey: name)
                }
            }
        }
    }

    /// Reads a file whole and checks its form: lengths, header, element types, and that the tensors fill the bytes behind
    /// the header without gaps or overlaps.
    public init(reading path: String) throws(SafetensorsError) {
        try self.init(path: path, bytes: try Self.bytes(of: path))
    }

    static func bytes(of path: String) throws(SafetensorsError) -> [UInt8] {
        do {
            return [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        } catch {
            throw .unreadable(path: path, reason: Self.reason(path))
        }
    }

    /// Foundation's errors say less in more words.
    private static func reason(_ path: String) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return String(cString: strerror(errno)) }
        close(descriptor)
        return "it is no file that can be read"
    }

    /// The same from bytes; `path` is for messages.
    public init(path: String, bytes: [UInt8]) throws(SafetensorsError) {
        self.init(path: path)
        guard bytes.count >= 8 else {
            throw .damaged(path: path, reason: "it has \(bytes.count) bytes, too few for a header's length")
        }
        let length = bytes.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
        guard length <= UInt64(Self.headerBytesMax) else {
            throw .damaged(
                path: path,
                reason:
                    "its header is said to take \(length) bytes, at most \(Self.headerBytesMax) are read: is it a safetensors file?"
            )
        }
        let start = 8 + Int(length)
        guard start <= bytes.count else {
            throw .damaged(path: path, reason: "it ends within its header of \(length) bytes: it is not whole")
        }
        let header: Header
        do {
            header = try JSONDecoder().decode(Header.self, from: Data(bytes[8..<start]))
        } catch {
            throw .damaged(path: path, reason: "its header is no JSON object of tensors")
        }
        metadata = header.metadata
        try take(header.entries, from: bytes[start...])
    }

    private mutating func take(
        _ entries: [String: Entry], from data: ArraySlice<UInt8>
    ) throws(SafetensorsError) {
        var covered = 0
        let order = entries.sorted {
            ($0.value.dataOffsets.first ?? 0, $0.value.dataOffsets.last ?? 0, $0.key)
                < ($1.value.dataOffsets.first ?? 0, $1.value.dataOffsets.last ?? 0, $1.key)
        }
        for (name, entry) in order {
            guard let type = ElementType(rawValue: entry.dtype) else {
                throw .unsuitable(path: path, reason: "tensor '\(name)' has elements of type '\(entry.dtype)'")
            }
            let offsets = entry.dataOffsets
            guard offsets.count == 2, offsets[0] >= 0, offsets[0] <= offsets[1] else {
                throw .damaged(path: path, reason: "tensor '\(name)' has the offsets \(offsets)")
            }
            guard offsets[1] <= data.count else {
                throw .damaged(
                    path: path,
                    reason: "tensor '\(name)' ends at byte \(offsets[1]) of \(data.count): the file is not whole")
            }
            guard offsets[0] == covered else {
                throw .damaged(
                    path: path,
                    reason:
                        "tensor '\(name)' begins at byte \(offsets[0]), but \(covered) was expected: tensors overlap or "
                        + "leave a gap")
            }
            covered = offsets[1]
            guard Self.byteCount(entry.shape, type) == offsets[1] - offsets[0] else {
                throw .damaged(
                    path: path,
                    reason:
                        "tensor '\(name)' has \(offsets[1] - offsets[0]) bytes, which is not its shape \(entry.shape)")
            }
            let first = data.startIndex + offsets[0]
            tensors[name] = Tensor(
                type: type, shape: entry.shape, bytes: data[first..<data.startIndex + offsets[1]])
        }
        guard covered == data.count else {
            throw .damaged(path: path, reason: "\(data.count - covered) bytes at its end belong to no tensor")
        }
    }

    /// Nil when it is negative or too large for a number.
    private static func byteCount(_ shape: [Int], _ type: ElementType) -> Int? {
        var count = type.byteCount
        for length in shape {
            let product = count.multipliedReportingOverflow(by: length)
            if length < 0 || product.overflow { return nil }
            count = product.partialValue
        }
        return count
    }
}
