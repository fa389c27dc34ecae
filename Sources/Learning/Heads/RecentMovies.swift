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

    /// Where the newest event stands, and how many there are to go back to.
    struct Newest {
        fileprivate let place: UInt32
        let count: UInt32
    }

    /// After as many events.
    @inline(__always)
    func newest(after eventCount: UInt64) -> Newest {
        Newest(
            place: UInt32(truncatingIfNeeded: (eventCount &+ UInt64(Self.capacity) &- 1) % UInt64(Self.capacity)),
            count: UInt32(min(eventCount, UInt64(Self.capacity))))
    }

    /// The movie of the event so many before the newest.
    ///
    /// - Parameter back: Below `newest.count`.
    @inline(__always)
    func movie(back: UInt32, from newest: Newest) -> UInt32 {
        // Without a division: it is asked dozens of times an event.
        let at = newest.place &- back
        return movie(place: newest.place >= back ? at : at &+ UInt32(Self.capacity))
    }

    @inline(__always)
    private func movie(place: UInt32) -> UInt32 {
        rows.row(place / UInt32(Self.perRow)).assumingMemoryBound(to: UInt32.self)[Int(place % UInt32(Self.perRow))]
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
        for place in 0..<UInt32(Self.capacity) where movie(place: place) != 0 && Int(movie(place: place)) >= movieCount
        {
            throw StateImage.Failure.impossible("movie row \(movie(place: place)) among the recent")
        }
    }
}
