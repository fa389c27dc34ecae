import Foundation

extension SafetensorsFile {
    private struct Entry: Encodable {
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
        init(_ text: String) { stringValue = text }
        init?(stringValue: String) { self.init(stringValue) }
        init?(intValue: Int) { return nil }
    }

    private struct Header: Encodable {
        var metadata: [String: String]
        var entries: [(name: String, entry: Entry)]

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: Name.self)
            if !metadata.isEmpty { try container.encode(metadata, forKey: Name("__metadata__")) }
            for (name, entry) in entries { try container.encode(entry, forKey: Name(name)) }
        }
    }

    /// Writes the file so that it is there whole or not at all, and durable: temporary file, fsync, rename, fsync of the
    /// folder. The same content gives the same bytes.
    public func write() throws(SafetensorsError) {
        // The widest elements first, as the format's own writer does, so that each tensor is aligned.
        let order = tensors.keys.sorted { left, right in
            let widths = (tensors[left]?.type.byteCount ?? 0, tensors[right]?.type.byteCount ?? 0)
            return widths.0 != widths.1 ? widths.0 > widths.1 : left < right
        }
        var entries: [(name: String, entry: Entry)] = []
        var offset = 0
        for name in order {
            guard let tensor = tensors[name] else { continue }
            let end = offset + tensor.bytes.count
            entries.append(
                (name, Entry(dtype: tensor.type.rawValue, shape: tensor.shape, dataOffsets: [offset, end])))
            offset = end
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard var header = try? encoder.encode(Header(metadata: metadata, entries: entries)) else {
            throw .unwritable(path: path, reason: "its names are no text")
        }
        while header.count % 8 != 0 { header.append(UInt8(ascii: " ")) }
        guard header.count <= Self.headerBytesMax else {
            throw .unwritable(path: path, reason: "its header would take \(header.count) bytes")
        }
        do {
            let file = try DurableFile(path: path)
            try withUnsafeBytes(of: UInt64(header.count).littleEndian) { try file.write($0) }
            try header.withUnsafeBytes { try file.write($0) }
            for name in order { try tensors[name]?.bytes.withUnsafeBytes { try file.write($0) } }
            try file.publish(as: path)
        } catch let failure as FileFailure {
            throw .unwritable(path: path, reason: failure.reason)
        } catch {
            throw .unwritable(path: path, reason: "\(error)")
        }
    }
}
