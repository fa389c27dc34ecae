import CVectorKernels

/// Which genres users like more than all do: running means of the genres of what they rated; for each user, for each age,
/// gender and occupation, and for all.
///
/// A movie is its genres, each 1 / √(number of them). A rating moves a mean toward its movie, a like five times as far as
/// another; a user's first ratings move his far. What counts is the difference from the mean of all. Genres are numbered as
/// they come; beyond 32 they are left out. `FeatureTable` numbers them for itself, among years: both numberings stand in what
/// is written down, and either part learns without the other.
final class GenreTastes {
    static let genresMax = 32
    private static let dislikedShare: Float = 0.2
    /// The least steps of a mean: of a user, of a group, of all.
    private static let userStepMin: Float = 0.05
    private static let groupStepMin: Float = 0.0005
    private static let allStepMin: Float = 0.0001

    /// Behind each mean, the number of its ratings; behind a movie, 0: `gathered_scores` wants an offset.
    private let users = EmbeddingTable(dimension: genresMax, scalarCount: 1)
    private let movies = EmbeddingTable(dimension: genresMax, scalarCount: 1)
    /// Rows of `UserFeatures`, and last the row of all.
    private let groups = EmbeddingTable(dimension: genresMax, scalarCount: 1)
    private static let all = UInt32(UserFeatures.count)

    private var names: [String] = []
    private var numbers: [String: Int] = [:]

    init() { addGroups() }

    private func addGroups() { for _ in 0...UserFeatures.count { _ = groups.rows.append() } }

    // MARK: Rows

    func addUser(_ row: UInt32) {
        if Int(row) == users.count { _ = users.rows.append() }
        removeUser(row)
    }

    func removeUser(_ row: UInt32) {
        users.rows.mutableRow(row).initializeMemory(as: UInt8.self, repeating: 0, count: users.rows.rowBytes)
    }

    /// A movie's genres from now on; a movie that is new is added.
    func describe(_ movie: UInt32, _ description: MovieDescription) {
        while movies.count <= Int(movie) { _ = movies.rows.append() }
        let row = movies.mutableVector(movie)
        row.update(repeating: 0, count: Self.genresMax)
        let known = Set(description.genres.compactMap(number))
        let share = 1 / Float(max(1, known.count)).squareRoot()
        for genre in known { row[genre] = share }
    }

    private func number(of genre: String) -> Int? {
        if let number = numbers[genre] { return number }
        guard names.count < Self.genresMax else { return nil }
        numbers[genre] = names.count
        names.append(genre)
        return names.count - 1
    }

    func removeAll() {
        users.rows.removeAll()
        movies.rows.removeAll()
        groups.rows.removeAll()
        addGroups()
        names = []
        numbers = [:]
    }

    // MARK: Learning

    @inline(__always)
    func learn(user: UInt32, profile: UserRow, movie: UInt32, isLiked: Bool) {
        let genres = movies.vector(movie)
        let share = isLiked ? 1 : Self.dislikedShare
        pull(users.mutableVector(user), toward: genres, share, Self.userStepMin)
        UserFeatures.forEach(of: profile) { pull(groups.mutableVector($0), toward: genres, share, Self.groupStepMin) }
        pull(groups.mutableVector(Self.all), toward: genres, 1, Self.allStepMin)
    }

    @inline(__always)
    private func pull(
        _ mean: UnsafeMutablePointer<Float>, toward genres: UnsafePointer<Float>, _ share: Float, _ stepMin: Float
    ) {
        let step = share * max(stepMin, 1 / (mean[Self.genresMax] + 1))
        mean[Self.genresMax] += 1
        for genre in 0..<Self.genresMax { mean[genre] += step * (genres[genre] - mean[genre]) }
    }

    // MARK: Reading

    /// A movie's genres, as `gathered_scores` takes them.
    @inline(__always)
    func row(_ movie: UInt32) -> UnsafePointer<Float> { movies.vector(movie) }

    /// What a user likes more than all do: `genresMax` floats. Zeros before his first rating.
    @inline(__always)
    func taste(of user: UInt32, into vector: UnsafeMutablePointer<Float>) {
        let own = users.vector(user)
        subtractAll(own, own[Self.genresMax] > 0 ? 1 : 0, into: vector)
    }

    /// What those of his age, gender and occupation like more than all do. Zeros for somebody without a profile.
    @inline(__always)
    func taste(of profile: UserRow, into vector: UnsafeMutablePointer<Float>) {
        vector.update(repeating: 0, count: Self.genresMax)
        var count: Float = 0
        let all = groups.vector(Self.all)
        UserFeatures.forEach(of: profile) { feature in
            let group = groups.vector(feature)
            if group[Self.genresMax] == 0 { return }
            count += 1
            for genre in 0..<Self.genresMax { vector[genre] += group[genre] - all[genre] }
        }
        if count > 1 { for genre in 0..<Self.genresMax { vector[genre] /= count } }
    }

    @inline(__always)
    private func subtractAll(_ mean: UnsafePointer<Float>, _ share: Float, into vector: UnsafeMutablePointer<Float>) {
        let all = groups.vector(Self.all)
        for genre in 0..<Self.genresMax { vector[genre] = share * (mean[genre] - all[genre]) }
    }

    // MARK: State

    var tables: [StateTable] {
        [
            StateTable("taste-users", users.rows), StateTable("movie-genres", movies.rows),
            StateTable("taste-groups", groups.rows),
        ]
    }

    var bytesPerUser: Int { users.rows.rowBytes }
    var bytesPerMovie: Int { movies.rows.rowBytes }

    func scalars() -> @Sendable (inout StateWriter) throws -> Void {
        { [names] writer in
            try writer.write(UInt32(names.count))
            for name in names { try writer.write(name) }
        }
    }

    /// Reads back what `scalars` wrote; the tables have been filled before.
    ///
    /// - Throws: `StateImage.Failure` when they do not fit each other.
    func restore(scalars reader: inout StateReader, userCount: Int, movieCount: Int) throws {
        let count = try reader.read(UInt32.self)
        guard count <= Self.genresMax else { throw StateImage.Failure.impossible("\(count) genres") }
        names = []
        for _ in 0..<count { names.append(try reader.readString()) }
        numbers = [:]
        for (number, name) in names.enumerated() { numbers[name] = number }
        guard numbers.count == names.count, users.count == userCount, movies.count == movieCount,
            groups.count == UserFeatures.count + 1
        else { throw StateImage.Failure.impossible("\(users.count) tastes for \(userCount) users") }
    }
}
