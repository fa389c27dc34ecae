/// What is wrong with a topic, and the exact fix.
struct TopicFinding: Encodable, Equatable {
    var topic: String
    var problem: String
    var fix: String
    /// Whether `serve` refuses to start.
    var isFatal: Bool

    /// As a sentence for people.
    var sentence: String { "\(topic): \(problem); \(fix)" }
}
