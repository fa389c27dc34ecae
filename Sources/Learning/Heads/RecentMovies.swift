/// The movies of the newest rating events of the whole stream, a ring: drawing from it draws movies as often as they are
/// rated of late.
final class RecentMovies {
    static let capacity = 20_000
    private static let perRow = 16

    /// 16 movie rows each.
    let rows = PagedRows(rowBytes: perRow * MemoryLayout<UInt32>.stride)

    init() { fill() }

    private func fill() { while rows.count < Self.capacity / Self.perRow { _ = rows.append() } }

    func removeAll() {
        rows.removeAll()
        fill()
    }

    /// The movie of event number `event`, one of the newest `capacity`.
    @inline(__always)
    func movie(_ event: UInt64) -> UInt32 {
        let at = UInt32(truncatingIfNeeded: event % UInt64(Self.capacity))
        let row = rows.row(at / UInt32(Self.perRow)).assumingMemoryBound(to: UInt32.self)
        return row[Int(at % UInt32(Self.perRow))]
    }

    @inline(__always)
    func set(_ event: UInt64, _ movie: UInt32) {
        let at = UInt32(truncatingIfNeeded: event % UInt64(Self.capacity))
        let row = rows.mutableRow(at / UInt32(Self.perRow)).assumingMemoryBound(to: UInt32.self)
        row[Int(at % UInt32(Self.perRow))] = movie
    }

    /// - Throws: `StateImage.Failure` when the rows, which have been filled before, can't be such a ring.
    func check(movieCount: Int) throws {
        guard rows.count == Self.capacity / Self.perRow else {
            throw StateImage.Failure.impossible("\(rows.count) rows of recent movies")
        }
        for event in 0..<UInt64(Self.capacity) where movie(event) != 0 && Int(movie(event)) >= movieCount {
            throw StateImage.Failure.impossible("movie row \(movie(event)) among the recent")
        }
    }
}
