import Foundation
import Testing

/// What `marquee state digest --output json` prints.
public struct StateDigest: Decodable, Equatable {
    public var digest: String
    public var epoch: Int64
    public var users: Int
    public var movies: Int
    public var ratingsApplied: Int
    public var inputOffsets: [String: [String: Int64]]
}

/// A line of `marquee state export`.
public struct ExportedUser: Decodable, Equatable {
    public var userID: Int64
    /// Movie, stars, event time in epoch seconds.
    public var ratings: [[Double]]
    public var listSequence: Int64

    private enum CodingKeys: String, CodingKey {
        case ratings
        case userID = "user_id"
        case listSequence = "list_sequence"
    }
}

extension Finished {
    /// The lines of `marquee state export`, by user; fails the test when a user is there twice.
    public func exportedUsers(_ location: SourceLocation = #_sourceLocation) throws -> [Int64: ExportedUser] {
        try #require(ending == .exited(0), "state export said: \(errors)", sourceLocation: location)
        let users = try output.split(separator: "\n").map {
            try JSONDecoder().decode(ExportedUser.self, from: Data($0.utf8))
        }
        #expect(Set(users.map(\.userID)).count == users.count, "a user is exported twice", sourceLocation: location)
        return Dictionary(users.map { ($0.userID, $0) }) { $1 }
    }
}
