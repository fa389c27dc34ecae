import Events

/// The names of all topics of one application.
public struct KafkaTopics: Sendable, Equatable {
    /// Stands before the public topics' names.
    public var prefix: String
    /// Stands before the internal topics' names, and is the consumer group's name.
    public var applicationID: String

    public init(prefix: String = "", applicationID: String = "marquee") {
        self.prefix = prefix
        self.applicationID = applicationID
    }

    public func name(of topic: InputTopic) -> String { prefix + topic.name }
    public var recommendations: String { prefix + "recommendations" }
    public var deadLetters: String { applicationID + "-dead-letters" }
    public var journal: String { applicationID + "-journal" }
    /// The cell's name; the key of its journal's records.
    public func cellName(_ cell: Int32 = 0) -> String { "\(applicationID)-\(cell)" }
    /// Whoever holds both of these may append to the cell's journal; its transactions take them by turns.
    public func transactionalIDs(cell: Int32 = 0) -> [String] { [cellName(cell), cellName(cell) + "-alternate"] }
    public var checkpoints: String { applicationID + "-checkpoints" }
}
