public import Events

/// Ratings as columns: row `i` of each is the i-th rating. 17 bytes a rating.
public struct RatingTable: Sendable, Equatable {
    public private(set) var userIDs: [Int32] = []
    public private(set) var movieIDs: [Int32] = []
    /// 1…10.
    public private(set) var halfStars: [UInt8] = []
    /// Since 1970.
    public private(set) var timestampsSeconds: [Int64] = []

    public init() {}

    public var count: Int { userIDs.count }
    public var isEmpty: Bool { userIDs.isEmpty }

    public mutating func reserveCapacity(_ rows: Int) {
        userIDs.reserveCapacity(rows)
        movieIDs.reserveCapacity(rows)
        halfStars.reserveCapacity(rows)
        timestampsSeconds.reserveCapacity(rows)
    }

    @inline(__always)
    public mutating func append(userID: Int32, movieID: Int32, halfStars: UInt8, timestampSeconds: Int64) {
        userIDs.append(userID)
        movieIDs.append(movieID)
        self.halfStars.append(halfStars)
        timestampsSeconds.append(timestampSeconds)
    }

    /// The row as a domain value; its event time is the timestamp in milliseconds.
    public subscript(row: Int) -> Rating {
        Rating(
            userID: Int64(userIDs[row]), movieID: Int64(movieIDs[row]), halfStars: halfStars[row],
            eventTimeMilliseconds: timestampsSeconds[row] * 1000)
    }

    /// The rows from the first up to `rows` of them.
    public func prefix(_ rows: Int) -> RatingTable {
        var head = RatingTable()
        head.userIDs = Array(userIDs.prefix(rows))
        head.movieIDs = Array(movieIDs.prefix(rows))
        head.halfStars = Array(halfStars.prefix(rows))
        head.timestampsSeconds = Array(timestampsSeconds.prefix(rows))
        return head
    }

    /// The stream: rows by (timestamp, user, movie), equal ones in their order here. A row's position in it, from 0,
    /// is the event's number.
    ///
    /// O(rows): a radix sort of row numbers, then one gather a column.
    public consuming func sortedByTime() -> RatingTable {
        precondition(count <= Int(UInt32.max), "row numbers are 32 bits wide")
        var order = RadixOrder(count: count)
        // ml-latest and its kin come sorted by user and movie.
        if !isSortedByUserAndMovie {
            order.sort(by: movieIDs)
            order.sort(by: userIDs)
        }
        order.sort(by: timestampsSeconds)

        // One column after the other, so that only one of them exists twice at a time.
        userIDs = order.gather(userIDs)
        movieIDs = order.gather(movieIDs)
        halfStars = order.gather(halfStars)
        timestampsSeconds = order.gather(timestampsSeconds)
        return self
    }

    private var isSortedByUserAndMovie: Bool {
        for row in 1..<max(1, count)
        where (userIDs[row - 1], movieIDs[row - 1]) > (userIDs[row], movieIDs[row]) {
            return false
        }
        return true
    }
}
