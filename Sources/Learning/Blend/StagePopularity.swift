/// How popular each movie is among users at each stage: their likes, decayed, in units of `MovieTallies`' slow popularity.
///
/// 32 bytes a movie.
final class StagePopularity {
    /// Floats of a row; those beyond `UserStage.count` stay zero.
    private static let rowLength = 8
    static let tableName = "stage-popularity"

    let rows = PagedRows(rowBytes: rowLength * MemoryLayout<Float>.stride)
    /// By stage, over all movies. Behind a pointer, as one is written once a like.
    private let moments: UnsafeMutablePointer<CountMoments>

    init() {
        moments = .allocate(capacity: UserStage.count)
        moments.initialize(repeating: CountMoments(), count: UserStage.count)
    }

    deinit { moments.deallocate() }

    func add() { _ = rows.append() }

    /// A movie's likes, by stage.
    @inline(__always)
    func likes(_ movie: UInt32) -> UnsafePointer<Float> { rows.row(movie).assumingMemoryBound(to: Float.self) }

    @inline(__always)
    private func mutableLikes(_ movie: UInt32) -> UnsafeMutablePointer<Float> {
        rows.mutableRow(movie).assumingMemoryBound(to: Float.self)
    }

    /// A like, worth `unit`, of a user at `stage`.
    @inline(__always)
    func count(_ movie: UInt32, stage: Int, unit: Float) {
        moments[stage].grow(&mutableLikes(movie)[stage], by: unit)
    }

    /// A new movie counts at every stage as the movie of an average like there, until more is known.
    func welcome(_ movie: UInt32) {
        let likes = mutableLikes(movie)
        for stage in 0..<UserStage.count { moments[stage].credit(&likes[stage]) }
    }

    func remove(_ movie: UInt32) {
        let likes = mutableLikes(movie)
        for stage in 0..<UserStage.count {
            moments[stage].drop(likes[stage])
            likes[stage] = 0
        }
    }

    /// All are in a new unit.
    func scale(_ by: Float) {
        for movie in 0..<UInt32(rows.count) {
            let likes = mutableLikes(movie)
            for stage in 0..<UserStage.count { likes[stage] *= by }
        }
        for stage in 0..<UserStage.count { moments[stage].scale(by) }
    }

    // MARK: State

    func removeAll() {
        rows.removeAll()
        moments.update(repeating: CountMoments(), count: UserStage.count)
    }

    func scalars() -> @Sendable (inout StateWriter) throws -> Void {
        let all = Array(UnsafeBufferPointer(start: moments, count: UserStage.count))
        return { writer in for moments in all { try moments.write(to: &writer) } }
    }

    /// Reads back what `scalars` wrote; the table has been filled before.
    ///
    /// - Throws: `StateImage.Failure` when that can't be.
    func restore(scalars reader: inout StateReader, movieCount: Int) throws {
        for stage in 0..<UserStage.count { moments[stage] = try CountMoments.read(from: &reader) }
        guard rows.count == movieCount else {
            throw StateImage.Failure.impossible("\(rows.count) rows of popularity by stage for \(movieCount) movies")
        }
        for movie in 0..<UInt32(movieCount) {
            let likes = likes(movie)
            guard (0..<UserStage.count).allSatisfy({ likes[$0] >= 0 && likes[$0].isFinite }) else {
                throw StateImage.Failure.impossible("the popularity by stage of movie row \(movie)")
            }
        }
    }
}
