import Learning

/// A model whose numerics have another version, and whose settings are named at will.
final class VersionedModel: OnlineModel {
    private let model = BiasedMatrixFactorization()
    let numericsVersion: Int
    let settings: String
    let settingsOfVersionBefore: String

    init(numericsVersion: Int, settings: String? = nil, before: String? = nil) {
        self.numericsVersion = numericsVersion
        self.settings = settings ?? model.settings
        settingsOfVersionBefore = before ?? self.settings
    }

    var version: String { "test/\(numericsVersion)" }
    var dimension: Int { model.dimension }
    func addUser(_ row: UInt32, id: Int64) { model.addUser(row, id: id) }
    func addMovie(_ row: UInt32, id: Int64, description: MovieDescription) {
        model.addMovie(row, id: id, description: description)
    }
    func describeMovie(_ row: UInt32, description: MovieDescription) {}
    func describeUser(_ row: UInt32, profile: UserRow) {}
    func removeUser(_ row: UInt32) { model.removeUser(row) }
    func removeMovie(_ row: UInt32) { model.removeMovie(row) }
    func removeAll() { model.removeAll() }
    func learn(_ events: LearningEvents, users: UserTable, rated: RatedMovies) {
        model.learn(events, users: users, rated: rated)
    }
    var dirtyMovies: UnsafeBufferPointer<UInt32> { model.dirtyMovies }
    func clearDirty() { model.clearDirty() }
    func query(_ user: UInt32, profile: UserRow, into vector: UnsafeMutablePointer<Float>) {
        model.query(user, profile: profile, into: vector)
    }
    func item(_ movie: UInt32, into vector: UnsafeMutablePointer<Float>) -> Float { model.item(movie, into: vector) }
    func predictedStars(user: UInt32, profile: UserRow, movie: UInt32, score: Float) -> Float {
        model.predictedStars(user: user, profile: profile, movie: movie, score: score)
    }
    var tables: [StateTable] { model.tables }
    func scalars() -> @Sendable (inout StateWriter) throws -> Void { model.scalars() }
    func restore(scalars reader: inout StateReader, userCount: Int, movieCount: Int) throws {
        try model.restore(scalars: &reader, userCount: userCount, movieCount: movieCount)
    }
    var bytesPerUser: Int { model.bytesPerUser }
    var bytesPerMovie: Int { model.bytesPerMovie }
}
