import Events

/// A learnt vector for each side feature, and which features a user and a movie have.
///
/// A vector is a Gaussian: a mean, and behind it a variance a coordinate. One coordinate of users' features and one of movies'
/// belongs to the other side: it is 0 and stays so.
///
/// Of a user: `UserFeatures`, whose rows are fixed. Of a movie: its genres and its five years; their rows come behind, in
/// first-seen order by name.
final class FeatureTable {
    /// The most features of a movie; a further genre is left out.
    static let perMovieMax = 16
    private static let genrePrefix = "genre "
    private static let yearsPrefix = "years "

    /// What the vectors begin with, in coordinates that are learnt.
    static let variance: Float = 0.008
    /// The most genres that `genres(ofMovie:into:)` tells apart; further ones are left out.
    static let genresMax = 24

    /// The rating head's alone.
    private let vectors: EmbeddingTable
    private let fixedOfUsers: Int
    private let fixedOfMovies: Int
    /// By movie: a count, then feature numbers, as UInt16. Both heads read it, on two threads; written only while none learns.
    private let ofMovies = PagedRows(rowBytes: (1 + perMovieMax) * MemoryLayout<UInt16>.stride)
    private var rowsByName: [String: UInt16] = [:]
    /// Of movies' features, in the order of rows.
    private(set) var names: [String] = []

    /// What a feature of a movie says of it.
    private enum Meaning {
        /// A number below `genresMax`, in first-seen order.
        case genre(UInt8)
        /// When it came out: years since 1985, in units of 20 years.
        case years(Float)
        case other
    }
    /// By number in `names`; behind a pointer, as those of `PagedRows` are.
    private let meanings = UnsafeMutablePointer<Meaning>.allocate(capacity: namesMax)
    private var genreCount = 0
    private static let namesMax = Int(UInt16.max) - UserFeatures.count

    /// - Parameters:
    ///   - fixedOfUsers: The coordinate of users' features that is not learnt.
    ///   - fixedOfMovies: That of movies' features.
    init(dimension: Int, fixedOfUsers: Int, fixedOfMovies: Int) {
        vectors = EmbeddingTable(dimension: dimension, scalarCount: dimension)
        self.fixedOfUsers = fixedOfUsers
        self.fixedOfMovies = fixedOfMovies
        addUserFeatures()
    }

    deinit { meanings.deallocate() }

    private func addUserFeatures() { for _ in 0..<UserFeatures.count { _ = append(fixed: fixedOfUsers) } }

    private func append(fixed: Int) -> UInt32 {
        let row = vectors.rows.append()
        mutableVariance(row).update(repeating: Self.variance, count: vectors.dimension)
        mutableVariance(row)[fixed] = 0
        return row
    }

    private func fixed(_ row: UInt32) -> Int { row < UserFeatures.count ? fixedOfUsers : fixedOfMovies }

    /// - Throws: `StateImage.Failure` when they can't be such.
    func checkVariances() throws {
        for row in 0..<UInt32(vectors.count) {
            let variance = mutableVariance(row)
            let isPossible = (0..<vectors.dimension).allSatisfy { variance[$0] >= 0 && variance[$0].isFinite }
            guard isPossible, variance[fixed(row)] == 0 else {
                throw StateImage.Failure.impossible("the variances of feature row \(row)")
            }
        }
    }

    func removeAll() {
        vectors.rows.removeAll()
        ofMovies.removeAll()
        rowsByName = [:]
        names = []
        genreCount = 0
        addUserFeatures()
    }

    /// A movie's features from now on; a movie that is new is added.
    func describe(_ movie: UInt32, _ description: MovieDescription) {
        while ofMovies.count <= Int(movie) { _ = ofMovies.append() }
        let row = ofMovies.mutableRow(movie).assumingMemoryBound(to: UInt16.self)
        var found: [UInt16] = []
        if let year = description.year, let number = number(of: "\(Self.yearsPrefix)\(year / 5 * 5)") {
            found.append(number)
        }
        for genre in description.genres where found.count < Self.perMovieMax {
            guard let number = number(of: Self.genrePrefix + genre), !found.contains(number) else { continue }
            found.append(number)
        }
        row[0] = UInt16(found.count)
        for at in 0..<Self.perMovieMax { row[1 + at] = at < found.count ? found[at] : 0 }
    }

    /// Nil when there are too many names to number.
    private func number(of name: String) -> UInt16? {
        if let number = rowsByName[name] { return number }
        guard names.count < Self.namesMax else { return nil }
        let number = UInt16(append(fixed: fixedOfMovies))
        rowsByName[name] = number
        noteMeaning(of: name)
        names.append(name)
        return number
    }

    /// Of the name that comes next.
    private func noteMeaning(of name: String) {
        var meaning = Meaning.other
        if name.hasPrefix(Self.genrePrefix) {
            if genreCount < Self.genresMax { meaning = .genre(UInt8(genreCount)) }
            genreCount += 1
        } else if let year = Int(name.dropFirst(Self.yearsPrefix.count)) {
            meaning = .years(min(max((Float(year) - 1985) / 20, -2), 2))
        }
        (meanings + names.count).initialize(to: meaning)
    }

    /// Writes the numbers of a movie's genres, for which there is room for `perMovieMax`, and returns how many, and when the
    /// movie came out: years since 1985 in units of 20 years, within ±2; 0 if that is not known.
    @inline(__always)
    func genres(ofMovie movie: UInt32, into genres: UnsafeMutablePointer<UInt8>) -> (count: Int, years: Float) {
        var count = 0
        var years: Float = 0
        forEach(ofMovie: movie) { feature in
            switch meanings[Int(feature) - UserFeatures.count] {
            case .genre(let number):
                genres[count] = number
                count += 1
            case .years(let value): years = value
            case .other: break
            }
        }
        return (count, years)
    }

    @inline(__always)
    func vector(_ feature: UInt32) -> UnsafePointer<Float> { vectors.vector(feature) }

    @inline(__always)
    func mutableVector(_ feature: UInt32) -> UnsafeMutablePointer<Float> { vectors.mutableVector(feature) }

    @inline(__always)
    func mutableVariance(_ feature: UInt32) -> UnsafeMutablePointer<Float> {
        vectors.mutableVector(feature) + vectors.paddedDimension
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
        guard vectors.count == UserFeatures.count + names.count, names.count <= Self.namesMax,
            ofMovies.count == movieCount
        else {
            throw StateImage.Failure.impossible(
                "\(vectors.count) features for \(names.count) names, or \(ofMovies.count) movies' for \(movieCount)")
        }
        self.names = []
        rowsByName = [:]
        genreCount = 0
        for (at, name) in names.enumerated() {
            rowsByName[name] = UInt16(UserFeatures.count + at)
            noteMeaning(of: name)
            self.names.append(name)
        }
        for movie in 0..<UInt32(movieCount) {
            let row = ofMovies.row(movie).assumingMemoryBound(to: UInt16.self)
            let isKnown =
                row[0] <= Self.perMovieMax
                && (0..<Int(row[0])).allSatisfy { (UserFeatures.count..<vectors.count).contains(Int(row[1 + $0])) }
            if !isKnown { throw StateImage.Failure.impossible("a feature of movie row \(movie) that is not there") }
        }
    }
}
