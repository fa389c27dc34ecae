/// The most popular movies of late, best first: kept in order while likes come in.
///
/// All popularity decays alike, so a movie rises only by its own likes, and the order of the others stays. A like costs
/// the places that its movie climbs. No part of the state: it follows from the tallies.
public final class PopularMovies {
    public static let countMax = 1000

    private let tallies: MovieTallies
    private var list: [UInt32] = []
    /// By movie row: the place in the list, or `none`.
    private var places: [UInt16] = []
    private static let none = UInt16.max

    init(_ tallies: MovieTallies) {
        self.tallies = tallies
        list.reserveCapacity(Self.countMax)
    }

    /// Movie rows, the most popular first, of equal ones the smaller row; never one that nobody liked.
    public var movies: [UInt32] { list }

    func add() { places.append(Self.none) }

    func removeAll() {
        list.removeAll(keepingCapacity: true)
        places.removeAll()
    }

    private func isBefore(_ a: UInt32, _ b: UInt32) -> Bool {
        let (left, right) = (tallies.tally(a).pointee.popularity, tallies.tally(b).pointee.popularity)
        return left != right ? left > right : a < b
    }

    /// The movie has been liked.
    func rose(_ movie: UInt32) {
        var place = Int(places[Int(movie)])
        if place == Int(Self.none) {
            if list.count < Self.countMax {
                place = list.count
                list.append(movie)
            } else {
                place = list.count - 1
                if !isBefore(movie, list[place]) { return }
                places[Int(list[place])] = Self.none
                list[place] = movie
            }
        }
        climb(movie, from: place)
    }

    private func climb(_ movie: UInt32, from start: Int) {
        var place = start
        while place > 0 && isBefore(movie, list[place - 1]) {
            list[place] = list[place - 1]
            places[Int(list[place])] = UInt16(place)
            place -= 1
        }
        list[place] = movie
        places[Int(movie)] = UInt16(place)
    }

    /// All tallies were made less: what was next to nothing may have become nothing, or equal.
    func broughtDown() {
        for place in list.indices { climb(list[place], from: place) }
        while let last = list.last, tallies.tally(last).pointee.popularity == 0 {
            places[Int(last)] = Self.none
            list.removeLast()
        }
    }

    /// Orders all movies anew, after a restore.
    func rebuild() {
        places = Array(repeating: Self.none, count: tallies.count)
        let liked = (0..<UInt32(tallies.count)).filter { tallies.tally($0).pointee.popularity > 0 }
        list = Array(liked.sorted(by: isBefore).prefix(Self.countMax))
        for (place, movie) in list.enumerated() { places[Int(movie)] = UInt16(place) }
    }
}
