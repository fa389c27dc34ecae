import Events

/// A learnt vector for each side feature, and which features a user and a movie have.
///
/// Of a user: `UserFeatures`, whose rows are fixed. Of a movie: its genres and its five years; their rows come behind, in
/// first-seen order by name.
final class FeatureTable {
    /// The most features of a movie; a further genre is left out.
    static let perMovieMax = 16

    private let vectors: EmbeddingTable
    /// By movie: a count, then feature numbers, as UInt16.
    private let ofMovies = PagedRows(rowBytes: (1 + perMovieMax) * MemoryLayout<UInt16>.stride)
    private var rowsByName: [String: UInt16] = [:]
    /// Of movies' features, in the order of rows.
    private(set) var names: [String] = []

    init(dimension: Int) {
        vectors = EmbeddingTable(dimension: dimension, scalarCount: 1)
        addUserFeatures()
    }

    private func addUserFeatures() { for _ in 0..<UserFeatures.count { _ = vectors.rows.append() } }

    func removeAll() {
        vectors.rows.removeAll()
        ofMovies.removeAll()
        rowsByName = [:]
        names = []
        addUserFeatures()
    }

    /// A movie's features from now on; a movie that is new is added.
    func describe(_ movie: UInt32, _ description: MovieDescription) {
        while ofMovies.count <= Int(movie) { _ = ofMovies.append() }
        let row = ofMovies.mutableRow(movie).assumingMemoryBound(to: UInt16.self)
        var found: [UInt16] = []
        for genre in description.genres { if let number = number(of: "genre \(genre)") { found.append(number) } }
        if let year = description.year, let number = number(of: "years \(year / 5 * 5)") { found.append(number) }
        found = Array(found.prefix(Self.perMovieMax))
        row[0] = UInt16(found.count)
        for at in 0..<Self.perMovieMax { row[1 + at] = at < found.count ? found[at] : 0 }
    }

    /// Nil when there are too many names to number.
    private func number(of name: String) -> UInt16? {
        if let number = rowsByName[name] { return number }
        guard names.count < Int(UInt16.max) - UserFeatures.count else { return nil }
        let number = UInt16(vectors.rows.append())
        rowsByName[name] = number
        names.append(name)
        return number
    }

    @inline(__always)
    func vector(_ feature: UInt32) -> UnsafePointer<Float> { vectors.vector(feature) }

    @inline(__always)
    func mutableVector(_ feature: UInt32) -> UnsafeMutablePointer<Float> { vectors.mutableVector(feature) }

    /// Counts one more rating of somebody or something with this feature; returns how many there were before. From 2^24 on
    /// the count stands still.
    @inline(__always)
    func countUp(_ feature: UInt32) -> Float {
        let count = vectors.mutableVector(feature) + vectors.paddedDimension
        defer { count.pointee += 1 }
        return count.pointee
    }

    @inline(__always)
    func count(ofMovie movie: UInt32) -> Int {
        Int(ofMovies.row(movie).load(as: UInt16.self))
    }

    @inline(__always)
    func forEach(ofMovie movie: UInt32, _ body: (UInt32) -> Void) {
        let row = ofMovies.row(movie).assumingMemoryBound(to: UInt16.self)
        for at in 0..<Int(row[0]) { body(UInt32(row[1 + at])) }
    }

    var tables: [StateTable] {
        [StateTable("features", vectors.rows), StateTable("movie-features", ofMovies)]
    }

    /// The tables have been filled before.
    ///
    /// - Throws: `StateImage.Failure` when they do not fit the names.
    func restore(names: [String], movieCount: Int) throws {
        guard vectors.count == UserFeatures.count + names.count, ofMovies.count == movieCount else {
            throw StateImage.Failure.impossible(
                "\(vectors.count) features for \(names.count) names, or \(ofMovies.count) movies' for \(movieCount)")
        }
        self.names = names
        rowsByName = [:]
        for (at, name) in names.enumerated() { rowsByName[name] = UInt16(UserFeatures.count + at) }
        for movie in 0..<UInt32(movieCount) {
            let row = ofMovies.row(movie).assumingMemoryBound(to: UInt16.self)
            let isKnown =
                row[0] <= Self.perMovieMax && (0..<Int(row[0])).allSatisfy { Int(row[1 + $0]) < vectors.count }
            if !isKnown { throw StateImage.Failure.impossible("a feature of movie row \(movie) that is not there") }
        }
    }
}
