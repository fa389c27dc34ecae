/// How far each user's stars for a trait of movies, or each movie's from a trait of users, are from what the factors say.
///
/// Each trait of an owner is a Gaussian of its own: a mean and a variance, in stars and stars². Who meets n traits at once
/// gets their sum / √n; a rating is one Kalman step on those alone, their covariances being left out.
///
/// Shape: a row an owner, `traitsMax` × (mean, variance), then `scalarCount` floats that start at 0 and count something.
final class RatingTastes {
    /// Traits that come together: their numbers, each once.
    struct Traits {
        let numbers: UnsafePointer<UInt8>
        let count: Int
        /// 1 / √count.
        let share: Float

        @inline(__always)
        init(_ numbers: UnsafePointer<UInt8>, _ count: Int) {
            self.numbers = numbers
            self.count = count
            share = 1 / Float(max(1, count)).squareRoot()
        }

        /// As a vector by trait, of `length` floats: what the tastes are multiplied by.
        func write(to vector: UnsafeMutablePointer<Float>, of length: Int) {
            vector.update(repeating: 0, count: length)
            for at in 0..<count { vector[Int(numbers[at])] += share }
        }
    }

    let traitsMax: Int
    private let variance: Float
    private let scalarCount: Int
    let rows: PagedRows

    /// - Parameter variance: Of a taste of which nothing is known.
    init(traitsMax: Int, variance: Float, scalarCount: Int = 0) {
        self.traitsMax = traitsMax
        self.variance = variance
        self.scalarCount = scalarCount
        // Whole groups of 16 floats keep every row on a cache line's edge.
        rows = PagedRows(rowBytes: (2 * traitsMax + scalarCount + 15) / 16 * 16 * MemoryLayout<Float>.stride)
    }

    /// The row of an owner of whom nothing is known; one that is new is added.
    func begin(_ row: UInt32) {
        while rows.count <= Int(row) { _ = rows.append() }
        erase(row)
        let floats = floats(row)
        for trait in 0..<traitsMax { floats[2 * trait + 1] = variance }
    }

    /// The row of an owner who is not there any more.
    func erase(_ row: UInt32) {
        rows.mutableRow(row).initializeMemory(as: UInt8.self, repeating: 0, count: rows.rowBytes)
    }

    @inline(__always)
    private func floats(_ row: UInt32) -> UnsafeMutablePointer<Float> {
        rows.mutableRow(row).assumingMemoryBound(to: Float.self)
    }

    @inline(__always)
    func scalar(_ row: UInt32, _ number: Int) -> Float {
        rows.row(row).assumingMemoryBound(to: Float.self)[2 * traitsMax + number]
    }

    @inline(__always)
    func setScalar(_ row: UInt32, _ number: Int, _ value: Float) { floats(row)[2 * traitsMax + number] = value }

    @inline(__always)
    func taste(_ row: UInt32, _ trait: Int) -> Float { rows.row(row).assumingMemoryBound(to: Float.self)[2 * trait] }

    /// What an owner's tastes for these traits add to the stars, and how uncertain that is.
    @inline(__always)
    func sum(_ row: UInt32, _ traits: Traits) -> (mean: Float, variance: Float) {
        let floats = rows.row(row).assumingMemoryBound(to: Float.self)
        var (mean, variance): (Float, Float) = (0, 0)
        for at in 0..<traits.count {
            let trait = Int(traits.numbers[at])
            mean += floats[2 * trait]
            variance += floats[2 * trait + 1]
        }
        return (mean * traits.share, variance * (traits.share * traits.share))
    }

    /// A Kalman step.
    ///
    /// - Parameters:
    ///   - gain: The error of the prediction, times `shrink`.
    ///   - shrink: 1 / the variance of the rating around its prediction, of which that of `sum` is a part.
    @inline(__always)
    func step(_ row: UInt32, _ traits: Traits, gain: Float, shrink: Float) {
        let floats = floats(row)
        for at in 0..<traits.count {
            let trait = Int(traits.numbers[at])
            let x = floats[2 * trait + 1] * traits.share
            floats[2 * trait] += x * gain
            floats[2 * trait + 1] -= x * x * shrink
        }
    }

    /// - Throws: `StateImage.Failure` when the rows, which have been filled before, can't be such.
    func check(count: Int) throws {
        guard rows.count == count else {
            throw StateImage.Failure.impossible("\(rows.count) rows of tastes for \(count)")
        }
        for row in 0..<UInt32(count) {
            let areTastes = (0..<traitsMax).allSatisfy { trait in
                let variance = rows.row(row).assumingMemoryBound(to: Float.self)[2 * trait + 1]
                return taste(row, trait).isFinite && variance >= 0 && variance.isFinite
            }
            let areCounts = (0..<scalarCount).allSatisfy { scalar(row, $0) >= 0 && scalar(row, $0).isFinite }
            guard areTastes, areCounts else { throw StateImage.Failure.impossible("the tastes of row \(row)") }
        }
    }
}
