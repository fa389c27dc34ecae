import Foundation
import Learning

/// Cycles of writes and queries as an index meets them behind a stream: in each some vectors drift a little, a few new ones
/// come, and users ask without what they have seen.
///
/// Made up from a fixed seed: a drifted vector has its old length and a cosine of 0.999 to what it was; a new one is far
/// from one that is there (0.9); half of those that drift come from the first tenth. Offsets drift by a hundredth
/// of their standard deviation. No cycles where there are fewer items than a cycle writes.
struct MixedWorkload {
    private static let driftCosine = 0.999
    private static let newCosine = 0.9
    private static let offsetDrift = 0.01
    private static let excludedMin = 20.0

    let cycleCount: Int
    private var upsertIDs: [Int32] = []
    private var upsertVectors: [Float] = []
    private var insertVectors: [Float] = []
    private(set) var upsertOffsets: [Float] = []
    private(set) var insertOffsets: [Float] = []
    private var queries: [Int32] = []
    private var excluded: [Int32] = []
    private var answers = ExactAnswers.Columns()

    /// - Parameter search: Holds the items; what the cycles write is left in it.
    init(
        _ export: VectorExport, queries vectors: [ArraySlice<Float>], seen: [[UInt32]], _ search: ExactAnswers
    ) throws {
        let count = export.movies.count
        cycleCount = count >= VIB1.upserts ? VIB1.cycles : 0
        var random = NormalDraws(seed: VIB1.seed)
        var current = (0..<count).map { Array(export.movieVector($0)) }
        var offsets = export.movieOffsets ?? Array(repeating: 0, count: count)
        let offsetStep = Float(Self.offsetDrift * Self.deviation(offsets))

        for _ in 0..<cycleCount {
            for id in Self.upserted(of: count, &random) {
                current[id] = random.drifted(current[id], cosine: Self.driftCosine)
                offsets[id] += offsetStep * random.normal()
                upsertIDs.append(Int32(id))
                upsertVectors += current[id]
                upsertOffsets.append(offsets[id])
                try search.set(id, current[id][...], offset: offsets[id])
            }
            for _ in 0..<VIB1.inserts {
                let model = random.below(count)
                current.append(random.drifted(current[model], cosine: Self.newCosine))
                offsets.append(offsets[model] + offsetStep * random.normal())
                insertVectors += current[current.count - 1]
                insertOffsets.append(offsets[offsets.count - 1])
                try search.set(current.count - 1, current[current.count - 1][...], offset: offsets[offsets.count - 1])
            }
            for query in Self.asked(of: vectors.count, &random) {
                let range = log(Self.excludedMin)...log(Double(VIB1.seenPlaces))
                let length = Int(exp(range.lowerBound + random.unit() * (range.upperBound - range.lowerBound)))
                queries.append(Int32(query))
                excluded.append(Int32(length))
                try search.append(vectors[query], without: seen[query][..<length], to: &answers)
            }
        }
    }

    /// The parts of a `VIB1`, in their order.
    func write(to file: DurableFile) throws {
        try file.write(upsertIDs)
        try file.write(upsertVectors)
        try file.write(insertVectors)
        try file.write(queries)
        try file.write(excluded)
        try file.write(answers.ids)
        try file.write(answers.scores)
    }

    /// Distinct items: half from the first tenth, or any where they are few.
    private static func upserted(of count: Int, _ random: inout NormalDraws) -> [Int] {
        if count < 2 * VIB1.upserts { return random.distinct(VIB1.upserts, below: count) }
        let hot = random.distinct(VIB1.upserts / 2, below: max(VIB1.upserts, count / 10))
        let taken = Set(hot)
        let others = random.distinct(VIB1.upserts, below: count).filter { !taken.contains($0) }
        return hot + others.prefix(VIB1.upserts - hot.count)
    }

    /// Distinct queries, or any where they are few.
    private static func asked(of count: Int, _ random: inout NormalDraws) -> [Int] {
        if count >= VIB1.queriesInCycle { return random.distinct(VIB1.queriesInCycle, below: count) }
        return (0..<VIB1.queriesInCycle).map { _ in random.below(count) }
    }

    private static func deviation(_ values: [Float]) -> Double {
        let mean = values.reduce(0) { $0 + Double($1) } / Double(values.count)
        let square = values.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
        return (square / Double(values.count)).squareRoot()
    }
}
