import Events

/// A movie that came or went, on its way to the users whose last list it touches. When they are many it spans
/// commits; the journal then holds how far it came.
public struct FanOut: Sendable, Equatable {
    public enum Kind: UInt8, Sendable {
        case added = 0
        case withdrawn = 1
    }

    public var kind: Kind
    public var movie: UInt32
    public var movieID: Int64
    /// The first user row that was not looked at yet.
    public var nextUser: UInt32
    /// The event that caused it.
    public var partition: Int32
    public var offset: Int64
    public var eventTime: Int64

    public init(
        kind: Kind, movie: UInt32, movieID: Int64, nextUser: UInt32 = 0, partition: Int32, offset: Int64,
        eventTime: Int64
    ) {
        self.kind = kind
        self.movie = movie
        self.movieID = movieID
        self.nextUser = nextUser
        self.partition = partition
        self.offset = offset
        self.eventTime = eventTime
    }
}
