import Foundation

extension RecommendationList {
    /// Reads the JSON value of a record of the `recommendations` topic. Unknown fields are ignored. Cold: it goes
    /// through Foundation and allocates.
    ///
    /// Throws `DecodingError` for anything that is not a list of version 1.
    public init(json bytes: UnsafeRawBufferPointer) throws {
        self = try JSONDecoder().decode(RecommendationList.self, from: Data(bytes))
    }
}

extension RecommendationList: Decodable {
    private enum Key: String, CodingKey {
        case userID = "user_id"
        case sequence
        case generatedAt = "generated_at"
        case reason
        case causedBy = "caused_by"
        case causedByTotal = "caused_by_total"
        case items, model
    }

    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Key.self)
        userID = try fields.decode(Int64.self, forKey: .userID)
        sequence = try fields.decode(Int64.self, forKey: .sequence)
        generatedAtMilliseconds = try fields.milliseconds(forKey: .generatedAt)
        let reasonName = try fields.decode(String.self, forKey: .reason)
        guard let reason = ListReason(rawValue: reasonName) else {
            throw DecodingError.dataCorruptedError(
                forKey: .reason, in: fields, debugDescription: "\(reasonName) is no reason of version 1")
        }
        self.reason = reason
        causedBy = try fields.decode([Cause].self, forKey: .causedBy)
        causedByTotal = try fields.decode(Int.self, forKey: .causedByTotal)
        items = try fields.decode([Item].self, forKey: .items)
        model = try fields.decode(Model.self, forKey: .model)
    }
}

extension RecommendationList.Cause: Decodable {
    private enum Key: String, CodingKey {
        case topic, partition, offset
        case eventID = "event_id"
        case eventTime = "event_time"
    }

    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Key.self)
        topic = try fields.decode(String.self, forKey: .topic)
        partition = try fields.decode(Int32.self, forKey: .partition)
        offset = try fields.decode(Int64.self, forKey: .offset)
        eventID = try fields.decodeIfPresent(String.self, forKey: .eventID)
        eventTimeMilliseconds = try fields.milliseconds(forKey: .eventTime)
    }
}

extension KeyedDecodingContainer {
    /// An RFC 3339 timestamp as milliseconds since 1970.
    fileprivate func milliseconds(forKey key: Key) throws -> Int64 {
        let text = try decode(String.self, forKey: key)
        guard let milliseconds = Array(text.utf8).withUnsafeBytes({ RFC3339.milliseconds($0) }) else {
            throw DecodingError.dataCorruptedError(
                forKey: key, in: self, debugDescription: "\(text) is no RFC 3339 timestamp")
        }
        return milliseconds
    }
}
