/// One published list, as consumers of the `recommendations` topic read it.
public struct RecommendationList: Sendable, Equatable {
    /// An input event that the list answers.
    public struct Cause: Sendable, Equatable {
        public var topic: String
        public var partition: Int32
        public var offset: Int64
        public var eventID: String?
        /// Milliseconds since 1970.
        public var eventTimeMilliseconds: Int64

        public init(
            topic: String, partition: Int32, offset: Int64, eventID: String? = nil, eventTimeMilliseconds: Int64
        ) {
            self.topic = topic
            self.partition = partition
            self.offset = offset
            self.eventID = eventID
            self.eventTimeMilliseconds = eventTimeMilliseconds
        }
    }

    /// Why an item is there.
    public struct Explanation: Sendable, Equatable, Decodable {
        private enum CodingKeys: String, CodingKey {
            case kind
            case movieIDs = "movie_ids"
        }

        /// An `ExplanationKind`, or one of a later version.
        public var kind: String
        /// Movies that the user rated and that moved the item most, the strongest first; empty for the other kinds.
        public var movieIDs: [Int64]

        public init(kind: String, movieIDs: [Int64] = []) {
            self.kind = kind
            self.movieIDs = movieIDs
        }
    }

    public struct Item: Sendable, Equatable, Decodable {
        private enum CodingKeys: String, CodingKey {
            case rank, title, score, explanation
            case movieID = "movie_id"
            case predictedRating = "predicted_rating"
        }

        /// From 1.
        public var rank: Int
        public var movieID: Int64
        public var title: String?
        /// What the list is ordered by; nil where the model had no finite score.
        public var score: Double?
        /// Stars, or nil where the model predicts none.
        public var predictedRating: Double?
        public var explanation: Explanation?

        public init(
            rank: Int, movieID: Int64, title: String? = nil, score: Double?, predictedRating: Double? = nil,
            explanation: Explanation? = nil
        ) {
            self.rank = rank
            self.movieID = movieID
            self.title = title
            self.score = score
            self.predictedRating = predictedRating
            self.explanation = explanation
        }
    }

    /// What computed the list.
    public struct Model: Sendable, Equatable, Decodable {
        public var version: String
        /// The commit in the journal: which ratings the list had seen, exactly.
        public var epoch: Int64

        public init(version: String, epoch: Int64) {
            self.version = version
            self.epoch = epoch
        }
    }

    public var userID: Int64
    /// Per user from 1 without gaps; from 1 again after a tombstone.
    public var sequence: Int64
    /// Milliseconds since 1970.
    public var generatedAtMilliseconds: Int64
    public var reason: ListReason
    /// The newest 16 at most.
    public var causedBy: [Cause]
    public var causedByTotal: Int
    public var items: [Item]
    public var model: Model

    public init(
        userID: Int64, sequence: Int64, generatedAtMilliseconds: Int64, reason: ListReason, causedBy: [Cause],
        causedByTotal: Int, items: [Item], model: Model
    ) {
        self.userID = userID
        self.sequence = sequence
        self.generatedAtMilliseconds = generatedAtMilliseconds
        self.reason = reason
        self.causedBy = causedBy
        self.causedByTotal = causedByTotal
        self.items = items
        self.model = model
    }
}
