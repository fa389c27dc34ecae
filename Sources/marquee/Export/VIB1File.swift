import Foundation

/// What is wrong with a file that should be VIB1.
enum VIB1Error: Error, Equatable, CustomStringConvertible {
    case unreadable(path: String, reason: String)
    case notVIB1(path: String)
    case unsupportedVersion(path: String, got: UInt32)
    case badHeader(path: String, field: String, got: UInt32)
    case wrongLength(path: String, expected: Int, got: Int)
    /// An id that no row has.
    case idOutOfRange(path: String, part: String, got: Int32)

    var description: String {
        switch self {
        case .unreadable(let path, let reason): "can't read '\(path)': \(reason)"
        case .notVIB1(let path):
            "'\(path)' is not a VIB1 file: it doesn't begin with 'VIB1'; 'marquee export vectors' writes one"
        case .unsupportedVersion(let path, let got): "'\(path)' is VIB1 of version \(got); only version 1 is known"
        case .badHeader(let path, let field, let got): "'\(path)' is damaged: its header has \(field) = \(got)"
        case .wrongLength(let path, let expected, let got):
            "'\(path)' is damaged: its header promises \(expected) bytes, it has \(got)"
        case .idOutOfRange(let path, let part, let got): "'\(path)' is damaged: \(part) names row \(got)"
        }
    }
}

/// A file of the format that `VIB1` describes, read: its parts in the order of the properties. The id of a row is its number;
/// inserts get the numbers after the last.
final class VIB1File {
    let n: Int
    let dimension: Int
    let queryCount: Int
    let k: Int
    let exclusionCount: Int
    let filteredExclusionCount: Int
    let cycleCount: Int
    let upsertsPerCycle: Int
    let insertsPerCycle: Int
    let queriesPerCycle: Int

    /// `[n][d]`.
    let base: UnsafeBufferPointer<Float>
    /// `[queryCount][d]`.
    let queries: UnsafeBufferPointer<Float>
    /// `[queryCount][exclusionCount]`.
    let exclusions: UnsafeBufferPointer<UInt32>
    /// `[queryCount][k]`, best first; -1 where there is none.
    let truth: Answers
    /// Without the first of the exclusions.
    let filteredTruth: Answers
    /// `[cycles][upserts]`, distinct within a cycle.
    let upsertIDs: UnsafeBufferPointer<UInt32>
    /// `[cycles][upserts][d]`.
    let upsertVectors: UnsafeBufferPointer<Float>
    /// `[cycles][inserts][d]`.
    let insertVectors: UnsafeBufferPointer<Float>
    /// `[cycles][queries]`: which query, and how many of its exclusions.
    let cycleQueries: UnsafeBufferPointer<UInt32>
    let cycleExclusionCounts: UnsafeBufferPointer<UInt32>
    /// `[cycles][queries][k]`, after the writes of the cycle.
    let cycleTruth: Answers
    /// Nil where all are 0.
    let offsets: Offsets?

    /// What is added to the inner products.
    struct Offsets {
        /// `[n]`.
        let base: UnsafeBufferPointer<Float>
        /// `[cycles][upserts]`.
        let upserts: UnsafeBufferPointer<Float>
        /// `[cycles][inserts]`.
        let inserts: UnsafeBufferPointer<Float>
    }

    struct Answers {
        let ids: UnsafeBufferPointer<Int32>
        let scores: UnsafeBufferPointer<Float>
    }

    private let data: NSData

    /// - Throws: `VIB1Error`.
    init(path: String) throws {
        do {
            data = try NSData(contentsOfFile: path, options: .mappedIfSafe)
        } catch {
            let reason = (error as NSError).userInfo[NSUnderlyingErrorKey] as? any Error ?? error
            throw VIB1Error.unreadable(path: path, reason: reason.localizedDescription)
        }
        let bytes = UnsafeRawBufferPointer(start: data.bytes, count: data.length)
        guard bytes.count >= 4, bytes[0..<4].elementsEqual(VIB1.magic.utf8) else { throw VIB1Error.notVIB1(path: path) }
        guard bytes.count >= VIB1.headerBytes else {
            throw VIB1Error.wrongLength(path: path, expected: VIB1.headerBytes, got: bytes.count)
        }
        let header = (1...11).map { UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)) }
        guard header[0] == 1 else { throw VIB1Error.unsupportedVersion(path: path, got: header[0]) }
        let fields: [(name: String, allowed: ClosedRange<UInt32>)] = [
            ("n", 1...50_000_000), ("d", 1...4096), ("query count", 1...10_000_000), ("k", 1...256),
            ("exclusions", 0...65_536), ("exclusions used", 0...header[5]), ("cycles", 0...1_000_000),
            ("upserts", 0...header[1]), ("inserts", 0...65_536), ("queries of a cycle", 0...65_536),
        ]
        for (field, got) in zip(fields, header.dropFirst()) where !field.allowed.contains(got) {
            throw VIB1Error.badHeader(path: path, field: field.name, got: got)
        }
        let sizes = header.map { Int($0) }
        (n, dimension, queryCount, k) = (sizes[1], sizes[2], sizes[3], sizes[4])
        (exclusionCount, filteredExclusionCount, cycleCount) = (sizes[5], sizes[6], sizes[7])
        (upsertsPerCycle, insertsPerCycle, queriesPerCycle) = (sizes[8], sizes[9], sizes[10])

        let answers = queryCount * k
        let cycled = cycleCount * queriesPerCycle
        let counts = [
            n * dimension, queryCount * dimension, queryCount * exclusionCount, answers, answers, answers, answers,
            cycleCount * upsertsPerCycle, cycleCount * upsertsPerCycle * dimension,
            cycleCount * insertsPerCycle * dimension, cycled, cycled, cycled * k, cycled * k,
        ]
        var expected = VIB1.headerBytes + 4 * counts.reduce(0, +)
        let offsetCounts = [n, cycleCount * upsertsPerCycle, cycleCount * insertsPerCycle]
        let hasOffsets = Self.hasOffsets(bytes, at: expected)
        // The mark of the offsets is as long as a number.
        if hasOffsets { expected += 4 * (1 + offsetCounts.reduce(0, +)) }
        guard bytes.count == expected else {
            throw VIB1Error.wrongLength(path: path, expected: expected, got: bytes.count)
        }
        var parts = Parts(bytes: bytes, counts: counts + (hasOffsets ? [1] + offsetCounts : []))
        base = parts.next()
        queries = parts.next()
        exclusions = parts.next()
        truth = Answers(ids: parts.next(), scores: parts.next())
        filteredTruth = Answers(ids: parts.next(), scores: parts.next())
        upsertIDs = parts.next()
        upsertVectors = parts.next()
        insertVectors = parts.next()
        cycleQueries = parts.next()
        cycleExclusionCounts = parts.next()
        cycleTruth = Answers(ids: parts.next(), scores: parts.next())
        if hasOffsets {
            let _: UnsafeBufferPointer<UInt32> = parts.next()
            offsets = Offsets(base: parts.next(), upserts: parts.next(), inserts: parts.next())
        } else {
            offsets = nil
        }
        try check(path)
    }

    private static func hasOffsets(_ bytes: UnsafeRawBufferPointer, at end: Int) -> Bool {
        bytes.count >= end + 4 && bytes[end..<end + 4].elementsEqual(VIB1.offsetsMagic.utf8)
    }

    private struct Parts {
        let bytes: UnsafeRawBufferPointer
        let counts: [Int]
        var part = 0
        var offset = VIB1.headerBytes

        mutating func next<Element>() -> UnsafeBufferPointer<Element> {
            let count = counts[part]
            let place = UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + 4 * count])
            part += 1
            offset += 4 * count
            return place.bindMemory(to: Element.self)
        }
    }

    /// Numbers that are used as indices.
    private func check(_ path: String) throws {
        func check(_ values: UnsafeBufferPointer<UInt32>, below limit: Int, _ part: String) throws {
            if let bad = values.first(where: { $0 >= limit }) {
                throw VIB1Error.idOutOfRange(path: path, part: part, got: Int32(bitPattern: bad))
            }
        }
        try check(exclusions, below: n, "a list of exclusions")
        try check(upsertIDs, below: n, "an upsert")
        try check(cycleQueries, below: queryCount, "a cycle's query")
        try check(cycleExclusionCounts, below: exclusionCount + 1, "a count of exclusions")
    }
}
