import Foundation

/// A VIB1 file, read by its description and checked against a search of every row in double precision.
struct ReadVIB1 {
    var n = 0
    var d = 0
    var nq = 0
    var k = 0
    var seenPlaces = 0
    var seenUsed = 0
    var cycles = 0
    var upserts = 0
    var inserts = 0
    var asked = 0

    var base: [Float] = []
    var queries: [Float] = []
    var seen: [Int32] = []
    var answers: [Int32] = []
    var filtered: [Int32] = []
    /// Nil without the part of offsets.
    var offsets: [Float]?
    /// Answers that are not the exact ones, over all parts; what rounding may change does not count.
    var wrong: [String] = []
    /// Cosines of drifted vectors to what they were.
    var cosines: [Double] = []

    private let bytes: Data
    private var at = 64

    init(_ path: String) throws {
        bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        let header = (0..<11).map { Int(value(4 + 4 * $0, as: UInt32.self)) }
        (n, d, nq, k) = (header[1], header[2], header[3], header[4])
        (seenPlaces, seenUsed, cycles) = (header[5], header[6], header[7])
        (upserts, inserts, asked) = (header[8], header[9], header[10])
        base = take(n * d)
        queries = take(nq * d)
        seen = take(nq * seenPlaces)
        answers = take(nq * k)
        let scores: [Float] = take(nq * k)
        filtered = take(nq * k)
        let filteredScores: [Float] = take(nq * k)
        let upsertIDs: [Int32] = take(cycles * upserts)
        let upsertVectors: [Float] = take(cycles * upserts * d)
        let insertVectors: [Float] = take(cycles * inserts * d)
        let asking: [Int32] = take(cycles * asked)
        let lengths: [Int32] = take(cycles * asked)
        let mixed: [Int32] = take(cycles * asked * k)
        let mixedScores: [Float] = take(cycles * asked * k)
        var upsertOffsets: [Float]?
        var insertOffsets: [Float]?
        if at < bytes.count {
            guard bytes[at..<at + 4] == Data("OFF1".utf8) else { throw CocoaError(.fileReadCorruptFile) }
            at += 4
            offsets = take(n)
            upsertOffsets = take(cycles * upserts)
            insertOffsets = take(cycles * inserts)
        }
        guard bytes.prefix(4) == Data("VIB1".utf8), header[0] == 1, at == bytes.count else {
            throw CocoaError(.fileReadCorruptFile)
        }

        var rows = (0..<n).map { Array(base[$0 * d..<($0 + 1) * d]) }
        var rowOffsets = offsets ?? Array(repeating: 0, count: n)
        for query in 0..<nq {
            let range = query * k..<(query + 1) * k
            check("unfiltered \(query)", rows, rowOffsets, query, [], answers[range], scores[range])
            let hidden = seen[query * seenPlaces..<query * seenPlaces + seenUsed]
            check("filtered \(query)", rows, rowOffsets, query, Set(hidden), filtered[range], filteredScores[range])
        }
        for cycle in 0..<cycles {
            for place in cycle * upserts..<(cycle + 1) * upserts {
                let id = Int(upsertIDs[place])
                let vector = Array(upsertVectors[place * d..<(place + 1) * d])
                cosines.append(dot(rows[id], vector) / (dot(rows[id], rows[id]) * dot(vector, vector)).squareRoot())
                rows[id] = vector
                rowOffsets[id] = upsertOffsets?[place] ?? 0
            }
            for place in cycle * inserts..<(cycle + 1) * inserts {
                rows.append(Array(insertVectors[place * d..<(place + 1) * d]))
                rowOffsets.append(insertOffsets?[place] ?? 0)
            }
            for place in cycle * asked..<(cycle + 1) * asked {
                let query = Int(asking[place])
                let hidden = seen[query * seenPlaces..<query * seenPlaces + Int(lengths[place])]
                let range = place * k..<(place + 1) * k
                check("cycle \(cycle)", rows, rowOffsets, query, Set(hidden), mixed[range], mixedScores[range])
            }
        }
    }

    private mutating func check(
        _ part: String, _ rows: [[Float]], _ offsets: [Float], _ query: Int, _ hidden: Set<Int32>,
        _ ids: ArraySlice<Int32>, _ scores: ArraySlice<Float>
    ) {
        let vector = Array(queries[query * d..<(query + 1) * d])
        var exact = rows.indices.filter { !hidden.contains(Int32($0)) }
            .map { (id: Int32($0), score: dot(rows[$0], vector) + Double(offsets[$0])) }
        exact.sort { $0.score != $1.score ? $0.score > $1.score : $0.id < $1.id }
        let places = exact.prefix(k)
        for (place, (id, score)) in zip(ids, scores).enumerated() {
            guard place < places.count else {
                if id != -1 || score != -1e9 { wrong.append("\(part): \(id) where nothing is left") }
                continue
            }
            let isListed = !hidden.contains(id) && rows.indices.contains(Int(id))
            let own = isListed ? dot(rows[Int(id)], vector) + Double(offsets[Int(id)]) : .nan
            if !(abs(Double(score) - own) < 1e-4) || !(abs(places[place].score - own) < 1e-4) {
                wrong.append("\(part): \(id) with \(score) at \(place), exact \(places[place])")
            }
        }
        if Set(ids).count != ids.count && places.count == k { wrong.append("\(part): an id twice") }
    }

    private func dot(_ a: [Float], _ b: [Float]) -> Double {
        var sum = 0.0
        for at in a.indices { sum += Double(a[at]) * Double(b[at]) }
        return sum
    }

    private func value<Value: BitwiseCopyable>(_ offset: Int, as _: Value.Type) -> Value {
        bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: Value.self) }
    }

    private mutating func take<Value: BitwiseCopyable>(_ count: Int) -> [Value] {
        let size = MemoryLayout<Value>.size
        // A file that is too short is found by its end.
        guard at + count * size <= bytes.count else {
            at = bytes.count + 1
            return []
        }
        defer { at += count * size }
        return (0..<count).map { value(at + $0 * size, as: Value.self) }
    }
}
