import Events
import Foundation
import Kafka

/// The inputs read again, without any code of the service's: what each user's ratings are, which of them are owed a
/// list, who was forgotten when, and what can't be used.
struct Recount {
    /// Where a record lies.
    struct Place: Hashable {
        var topic: String
        var partition: Int32
        var offset: Int64
    }

    struct Opinion {
        var place: Place
        /// When it was produced, milliseconds.
        var recordTime: Int64
        var movie: Int64
        var stars: Double
        var time: Int64
        var isRemoval: Bool
    }

    struct Standing: Equatable {
        var stars: Double
        var time: Int64
        var isRemoved: Bool
    }

    struct Unusable {
        var key: [UInt8]?
        var value: [UInt8]?
        var code: String
    }

    /// By user, in the order of the log; a user's ratings all lie in one partition.
    private(set) var opinions: [Int64: [Opinion]] = [:]
    /// By user: the record times of the nulls that forgot him, in order.
    private(set) var forgets: [Int64: [Int64]] = [:]
    private(set) var profiles: Set<Int64> = []
    private(set) var unusable: [Place: Unusable] = [:]
    /// What contradicts the storm's own account.
    private(set) var problems: [String] = []

    init(opinions: [Int64: [Opinion]], forgets: [Int64: [Int64]]) {
        self.opinions = opinions
        self.forgets = forgets
    }

    init(_ deployment: Deployment) throws {
        for topic in InputTopic.allCases {
            let name = deployment.topics.name(of: topic)
            try deployment.read(name) { record in
                let place = Place(topic: name, partition: record.partition, offset: record.offset)
                let expected = record.headers.first { $0.name == StormProducer.expectedHeader }
                    .map { String(decoding: $0.value, as: UTF8.self) }
                if topic == .ratings {
                    noteRating(record, place, expected)
                } else if let expected {
                    noteUnusable(record, place, expected)
                } else if topic == .users, let user = Int64(String(decoding: record.key, as: UTF8.self)) {
                    profiles.insert(user)
                    if record.value.baseAddress == nil {
                        forgets[user, default: []].append(record.timestampMilliseconds)
                        profiles.remove(user)
                    }
                }
            }
        }
    }

    /// The user's opinions between one forgetting and the next; the last ones still hold.
    func segments(_ user: Int64) -> [[Opinion]] {
        var rest = opinions[user, default: []][...]
        var segments: [[Opinion]] = []
        for time in forgets[user] ?? [] {
            let end = rest.firstIndex { $0.recordTime > time } ?? rest.endIndex
            segments.append(Array(rest[..<end]))
            rest = rest[end...]
        }
        return segments + [Array(rest)]
    }

    /// Of one segment: what stands at its end, and the opinions that are owed a list, in order. The newest event time
    /// wins, of equal ones the later in the log; what changes nothing is owed nothing.
    static func fold(_ segment: [Opinion]) -> (standings: [Int64: Standing], owed: [Opinion]) {
        var standings: [Int64: Standing] = [:]
        var owed: [Opinion] = []
        for opinion in segment {
            let old = standings[opinion.movie]
            if let old, opinion.time < old.time { continue }
            let new = Standing(stars: opinion.stars, time: opinion.time, isRemoved: opinion.isRemoval)
            standings[opinion.movie] = new
            let isSilent = opinion.isRemoval ? old?.isRemoved ?? true : old == new
            if !isSilent { owed.append(opinion) }
        }
        return (standings, owed)
    }

    /// What `state export` should say of the user: his ratings by movie.
    func exported(_ user: Int64) -> [[Double]] {
        Self.fold(segments(user).last ?? []).standings.filter { !$0.value.isRemoved }
            .map { [Double($0.key), $0.value.stars, Double($0.value.time) / 1000] }.sorted { $0[0] < $1[0] }
    }

    private mutating func noteUnusable(
        _ record: KafkaTopicReader.BorrowedRecord, _ place: Place, _ code: String
    ) {
        unusable[place] = Unusable(
            key: record.key.baseAddress == nil ? nil : Array(record.key),
            value: record.value.baseAddress == nil ? nil : Array(record.value), code: code)
    }

    private mutating func noteRating(
        _ record: KafkaTopicReader.BorrowedRecord, _ place: Place, _ expected: String?
    ) {
        let parsed = RatingDocument.parse(record)
        switch parsed {
        case .failure(let reason):
            if reason.code != expected {
                problems.append("\(place) was made as \(expected ?? "good") and is \(reason.code)")
            }
            noteUnusable(record, place, reason.code)
        case .success(let document):
            if let expected { problems.append("\(place) was made as \(expected) and is good") }
            let isRemoval = document.op == "REMOVE"
            opinions[document.userID ?? 0, default: []].append(
                Opinion(
                    place: place, recordTime: record.timestampMilliseconds, movie: document.movieID ?? 0,
                    stars: isRemoval ? 0 : document.rating ?? 0,
                    time: document.eventTime?.milliseconds ?? record.timestampMilliseconds, isRemoval: isRemoval))
        }
    }
}

/// A rating as Foundation reads it.
struct RatingDocument: Decodable {
    struct Reason: Error {
        var code: String
        init(_ code: String) { self.code = code }
    }

    enum EventTime: Decodable {
        case seconds(Int64)
        case text(String)

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let seconds = try? container.decode(Int64.self) {
                self = .seconds(seconds)
            } else {
                self = .text(try container.decode(String.self))
            }
        }

        var milliseconds: Int64? {
            switch self {
            case .seconds(let seconds): return seconds * 1000
            case .text(let text):
                let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
                return (try? style.parse(text)).map { Int64(($0.timeIntervalSince1970 * 1000).rounded()) }
            }
        }
    }

    var userID: Int64?
    var movieID: Int64?
    var rating: Double?
    var op: String?
    var eventTime: EventTime?

    private enum CodingKeys: String, CodingKey {
        case userID = "user_id"
        case movieID = "movie_id"
        case rating, op
        case eventTime = "event_time"
    }

    static func parse(_ record: KafkaTopicReader.BorrowedRecord) -> Result<RatingDocument, Reason> {
        guard record.value.baseAddress != nil else { return .failure(Reason("tombstone_not_allowed")) }
        guard let document = try? JSONDecoder().decode(RatingDocument.self, from: Data(record.value)) else {
            return .failure(Reason("malformed"))
        }
        guard let user = document.userID, let movie = document.movieID else {
            return .failure(Reason("missing_field"))
        }
        guard user > 0, movie > 0 else { return .failure(Reason("out_of_range")) }
        if document.op != "REMOVE" {
            guard let rating = document.rating else { return .failure(Reason("missing_field")) }
            guard rating >= 0.5, rating <= 5, rating * 2 == (rating * 2).rounded() else {
                return .failure(Reason("out_of_range"))
            }
        }
        if let time = document.eventTime?.milliseconds, time > record.timestampMilliseconds + 300_000 {
            return .failure(Reason("out_of_range"))
        }
        if record.key.baseAddress != nil, String(decoding: record.key, as: UTF8.self) != String(user) {
            return .failure(Reason("key_mismatch"))
        }
        return .success(document)
    }
}
