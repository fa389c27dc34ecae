/// A model that learns nothing: with it a learner keeps the books alone, who rated what, when, and who was forgotten.
///
/// For going through a log whose learnt state is of no use any more.
public final class UntrainedModel: OnlineModel {
    public let version = "untrained"
    public let numericsVersion = 0
    public let settings = "untrained"
    public let dimension = 16

    public init() {}

    public func addUser(_ row: UInt32, id: Int64) {}
    public func addMovie(_ row: UInt32, id: Int64, description: MovieDescription) {}
    public func describeMovie(_ row: UInt32, description: MovieDescription) {}
    public func describeUser(_ row: UInt32, profile: UserRow) {}
    public func removeUser(_ row: UInt32) {}
    public func removeMovie(_ row: UInt32) {}
    public func removeAll() {}

    public func learn(_ events: LearningEvents, users: UserTable, rated: RatedMovies) {
        events.predictions.update(repeating: .nan, count: events.count)
    }

    public var dirtyMovies: UnsafeBufferPointer<UInt32> { UnsafeBufferPointer(start: nil, count: 0) }
    public func clearDirty() {}

    public func query(_ user: UInt32, profile: UserRow, into vector: UnsafeMutablePointer<Float>) {
        vector.update(repeating: 0, count: dimension)
    }

    public func item(_ movie: UInt32, into vector: UnsafeMutablePointer<Float>) -> Float {
        vector.update(repeating: 0, count: dimension)
        return 0
    }

    public func predictedStars(user: UInt32, profile: UserRow, movie: UInt32, score: Float) -> Float { .nan }

    public var tables: [StateTable] { [] }
    public func scalars() -> @Sendable (inout StateWriter) throws -> Void { { _ in } }
    public func restore(scalars reader: inout StateReader, userCount: Int, movieCount: Int) throws {
        _ = try reader.take(reader.remaining)
    }

    public var bytesPerUser: Int { 0 }
    public var bytesPerMovie: Int { 0 }
}
