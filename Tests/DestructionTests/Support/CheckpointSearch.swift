import Foundation

/// Looks for the traces of users in the raw bytes of a state directory, whatever its files' layout is.
struct CheckpointSearch {
    private(set) var fileCount = 0
    /// Which of the numbers are there as eight bytes, little-endian, at any place.
    private(set) var found: Set<Int64> = []
    /// For each of the marked numbers the eight bytes that follow it, wherever it is.
    private(set) var followers: [Int64: Set<Int64>] = [:]

    init(_ directory: String, for numbers: Set<Int64>, marking marked: Set<Int64>) throws {
        let manager = FileManager.default
        for name in try manager.subpathsOfDirectory(atPath: directory) {
            guard let data = manager.contents(atPath: "\(directory)/\(name)"), data.count >= 16 else { continue }
            fileCount += 1
            data.withUnsafeBytes { bytes in
                for offset in 0...(bytes.count - 8) {
                    let number = Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Int64.self))
                    // Small numbers are everywhere and never asked for.
                    if number < 1 << 32 { continue }
                    if numbers.contains(number) { found.insert(number) }
                    if marked.contains(number), offset + 16 <= bytes.count {
                        followers[number, default: []].insert(
                            Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 8, as: Int64.self)))
                    }
                }
            }
        }
    }
}
