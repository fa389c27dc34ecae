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
    /// Whoever holds this id may append to the cell's journal; also the key of its records.
    public func transactionalID(cell: Int32 = 0) -> String { "\(applicationID)-\(cell)" }
    public var checkpoints: String { applicationID + "-checkpoints" }
}
