import Events
import Kafka

/// Judges the dead letters by a recount of the inputs: each record that can't be used is there exactly once, as it was.
enum DeadLetterVerdict {
    static func problems(_ recount: Recount, _ deployment: Deployment) throws -> [String] {
        var problems: [String] = []
        var found: [Recount.Place: Int] = [:]
        try deployment.read(deployment.topics.deadLetters) { record in
            let headers = record.headers
            func text(_ name: String) -> String {
                headers.first { $0.name == name }.map { String(decoding: $0.value, as: UTF8.self) } ?? ""
            }
            let place = Recount.Place(
                topic: text("dlq.topic"), partition: Int32(text("dlq.partition")) ?? -1,
                offset: Int64(text("dlq.offset")) ?? -1)
            found[place, default: 0] += 1
            guard let expected = recount.unusable[place] else {
                problems.append("\(place) is among the dead letters and could be used")
                return
            }
            let letter = record.copy()
            if letter.key != expected.key || letter.value != expected.value {
                problems.append("\(place) is not as it was")
            }
            if text("dlq.error.code") != expected.code {
                problems.append("\(place) has the code \(text("dlq.error.code")), not \(expected.code)")
            }
        }
        for place in recount.unusable.keys where found[place] == nil {
            problems.append("\(place) is not among the dead letters")
        }
        if deployment.delivery == .exactlyOnce {
            problems += found.filter { $0.value > 1 }.map { "\($0.key) is there \($0.value) times" }
        }
        return problems
    }
}
