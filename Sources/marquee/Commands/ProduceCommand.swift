import CommandLineOptions
import Events
import Foundation
import Kafka

/// `marquee produce`: one event from options, or many from standard input.
enum ProduceCommand {
    private struct Summary: Encodable {
        var published: Int
    }

    static func rating(_ invocation: Invocation) throws -> Int32 {
        let isRemoval = invocation.flag("remove")
        var halfStars: UInt8 = 0
        if let stars = invocation.double(ifSet: "rating") {
            guard (stars * 2).rounded() == stars * 2 else {
                throw invocation.error("rating", expected: "stars in halves, 0.5 to 5")
            }
            halfStars = UInt8(stars * 2)
        } else if !isRemoval {
            throw UsageError("--rating is missing: give 0.5 to 5 stars, or --remove to take a rating back")
        }
        let rating = Rating(
            userID: Int64(try invocation.int("user")), movieID: Int64(try invocation.int("movie")),
            halfStars: halfStars, operation: isRemoval ? .remove : .set,
            eventTimeMilliseconds: invocation.int(ifSet: "event-time").map { Int64($0) * 1000 },
            eventID: invocation.string(ifSet: "event-id"))
        let value = ByteBuffer()
        JSONEventWriter.append(rating, to: value)
        return try publish(.ratings, id: rating.userID, value, invocation)
    }

    static func movie(_ invocation: Invocation) throws -> Int32 {
        let id = Int64(try invocation.int("id"))
        if invocation.flag("remove") { return try publish(.movies, id: id, nil, invocation) }
        guard let title = invocation.string(ifSet: "title"), !title.isEmpty else {
            throw UsageError("--title is missing: name the movie, or give --remove to withdraw it")
        }
        let genres = (invocation.string(ifSet: "genres") ?? "").split(separator: "|").map(String.init)
        let value = ByteBuffer()
        JSONEventWriter.append(
            Movie(movieID: id, title: title, year: invocation.int(ifSet: "year"), genres: genres), to: value)
        return try publish(.movies, id: id, value, invocation)
    }

    static func user(_ invocation: Invocation) throws -> Int32 {
        let id = Int64(try invocation.int("id"))
        if invocation.flag("remove") { return try publish(.users, id: id, nil, invocation) }
        let gender: Gender? =
            switch invocation.string(ifSet: "gender") {
            case "M": .male
            case "F": .female
            default: nil
            }
        let value = ByteBuffer()
        JSONEventWriter.append(
            UserProfile(
                userID: id, gender: gender, age: invocation.int(ifSet: "age"),
                occupation: invocation.int(ifSet: "occupation")),
            to: value)
        return try publish(.users, id: id, value, invocation)
    }

    /// One document a line; the key is the document's own id. A line that can't be used is named and nothing of it is
    /// sent; what came before is.
    static func stream(_ invocation: Invocation) throws -> Int32 {
        let connection = try ConnectionOptions(invocation)
        let topic = InputTopic.allCases.first { $0.name == invocation.string(ifSet: "topic") } ?? .ratings
        let producer = try KafkaEventProducer(connection.configuration)
        defer { producer.close() }
        try requireTopic(topic, connection)
        let target = try producer.topic(connection.topics.name(of: topic))
        let field = topic == .movies ? "movie_id" : "user_id"
        var line = 0
        while let text = readLine(strippingNewline: true) {
            line += 1
            if text.allSatisfy(\.isWhitespace) { continue }
            guard let id = identifier(field, in: text) else {
                try producer.flush()
                throw UserFacingError(
                    "standard input, line \(line): expected a JSON object with a whole number as '\(field)',"
                        + " found '\(text.prefix(40))'")
            }
            try producer.send(to: target, (key: Array(String(id).utf8), value: Array(text.utf8)))
        }
        try producer.flush()
        try report(producer.deliveredCount, topic, invocation)
        return ExitCode.done
    }

    private static func identifier(_ field: String, in text: String) -> Int64? {
        guard let object = try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any] else {
            return nil
        }
        return (object[field] as? NSNumber)?.int64Value
    }

    private static func publish(
        _ topic: InputTopic, id: Int64, _ value: ByteBuffer?, _ invocation: Invocation
    ) throws -> Int32 {
        let connection = try ConnectionOptions(invocation)
        try requireTopic(topic, connection)
        let producer = try KafkaEventProducer(connection.configuration, lingerMilliseconds: 0)
        defer { producer.close() }
        let target = try producer.topic(connection.topics.name(of: topic))
        try producer.send(to: target, (key: Array(String(id).utf8), value: value.map { Array($0.bytes) }))
        try producer.flush(deadlineMilliseconds: 10_000)
        try report(1, topic, invocation)
        return ExitCode.done
    }

    static func requireTopic(_ topic: InputTopic, _ connection: ConnectionOptions) throws {
        let admin = try KafkaAdmin(connection.configuration)
        defer { admin.close() }
        let name = connection.topics.name(of: topic)
        if try admin.partitionCount(of: name) != nil { return }
        throw connection.missing(name)
    }

    private static func report(_ count: Int, _ topic: InputTopic, _ invocation: Invocation) throws {
        if try invocation.string("output") == "json" {
            try JSONOutput.print(Summary(published: count))
        } else {
            Terminal.print("published \(count) to \(topic.name)")
        }
    }
}
