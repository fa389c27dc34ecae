/// A user's opinion of a movie, in half stars.
public struct Rating: Sendable, Equatable {
    public enum Operation: UInt8, Sendable {
        case set = 0
        case remove = 1
    }

    public var userID: Int64
    public var movieID: Int64
    /// 1…10, the number of half stars; 0 for a removal without a value.
    public var halfStars: UInt8
    public var operation: Operation
    /// Milliseconds since 1970; nil means the record's own timestamp.
    public var eventTimeMilliseconds: Int64?
    public var eventID: String?

    public init(
        userID: Int64, movieID: Int64, halfStars: UInt8, operation: Operation = .set,
        eventTimeMilliseconds: Int64? = nil, eventID: String? = nil
    ) {
        self.userID = userID
        self.movieID = movieID
        self.halfStars = halfStars
        self.operation = operation
        self.eventTimeMilliseconds = eventTimeMilliseconds
        self.eventID = eventID
    }
}

/// A film of the catalogue.
public struct Movie: Sendable, Equatable {
    public var movieID: Int64
    public var title: String
    public var year: Int?
    public var genres: [String]
    public var eventTimeMilliseconds: Int64?

    public init(
        movieID: Int64, title: String, year: Int? = nil, genres: [String] = [], eventTimeMilliseconds: Int64? = nil
    ) {
        self.movieID = movieID
        self.title = title
        self.year = year
        self.genres = genres
        self.eventTimeMilliseconds = eventTimeMilliseconds
    }
}

public enum Gender: UInt8, Sendable, Equatable {
    case male = 0
    case female = 1
}

/// What a user said of himself; every field may be missing.
public struct UserProfile: Sendable, Equatable {
    public var userID: Int64
    public var gender: Gender?
    /// Years. The models floor it to MovieLens' buckets.
    public var age: Int?
    /// 0…20, MovieLens' codes.
    public var occupation: Int?
    public var zip: String?
    public var eventTimeMilliseconds: Int64?

    public init(
        userID: Int64, gender: Gender? = nil, age: Int? = nil, occupation: Int? = nil, zip: String? = nil,
        eventTimeMilliseconds: Int64? = nil
    ) {
        self.userID = userID
        self.gender = gender
        self.age = age
        self.occupation = occupation
        self.zip = zip
        self.eventTimeMilliseconds = eventTimeMilliseconds
    }
}

/// Why a list was published.
public enum ListReason: String, Sendable, CaseIterable {
    case rated = "RATED"
    case ratingRemoved = "RATING_REMOVED"
    case movieAdded = "MOVIE_ADDED"
    case movieWithdrawn = "MOVIE_WITHDRAWN"
    case profileChanged = "PROFILE_CHANGED"
}
