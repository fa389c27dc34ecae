@testable import CommandLineOptions

/// A program with every kind of option and two levels of commands.
enum SampleProgram {
    static let brokers = Option(
        "brokers", .string, "HOST:PORT", required: true, help: "where Kafka is, several separated by commas")

    static let serve = Command(
        "serve", summary: "keeps every user's recommendations fresh while ratings and movies stream in",
        discussion: """
            Learns from each rating as it passes and publishes the lists that change. Stops cleanly on SIGTERM and SIGINT.

            State is kept in the directory that --state-dir names.
            """,
        options: [
            brokers,
            Option("top-k", .integer(1...500), "N", default: "20", help: "movies in a list"),
            Option(
                "commit-interval", .duration(allowsAuto: true), default: "auto",
                help: "how long a transaction may stay open; auto commits as soon as the one before is done"),
            Option("delivery", .choice(["exactly-once", "at-least-once"]), default: "exactly-once", help: "guarantee"),
            Option("state-dir", .path, "DIR", help: "where checkpoints are kept"),
            Option("token", .string, default: "hunter2", secret: true, help: "what readers must present"),
            Option("rate", .number(0...1000), help: "events a second"),
        ],
        example: "marquee serve --brokers localhost:9092 --top-k 10")

    static let topics = Command(
        "topics", summary: "makes or checks the topics",
        subcommands: [
            Command(
                "create", summary: "makes all topics",
                options: [
                    brokers,
                    Option("partitions", .integer(1...Int.max), default: "6", help: "partitions of each input"),
                    Option("execute", .flag, help: "do it, instead of only saying what would be done"),
                    Option("skip", .string, "TOPIC", repeatable: true, help: "leave a topic out"),
                ], example: "marquee topics create --brokers localhost:9092"),
            Command(
                "check", summary: "says what is wrong", options: [brokers],
                example: "marquee topics check --brokers b:1"),
        ],
        example: "marquee topics create --brokers localhost:9092")

    static let root = Command(
        "marquee", summary: "a streaming movie recommender",
        options: [
            .configurationFile,
            Option("kafka", .properties, help: "a librdkafka property"),
            Option("output", .choice(["table", "json"]), default: "table", help: "how results are printed"),
        ],
        subcommands: [serve, topics], example: "marquee serve --brokers localhost:9092")

    struct NoSuchFile: Error, CustomStringConvertible {
        var description: String { "No such file or directory" }
    }

    /// Parses a command line as a shell would cut it at blanks.
    static func parse(
        _ line: String, environment: [String: String] = [:], files: [String: String] = [:]
    ) throws -> ParseResult {
        try root.parse(arguments: line.split(separator: " ").map(String.init), environment: environment) { file in
            guard let text = files[file] else { throw NoSuchFile() }
            return text
        }
    }

    static func run(
        _ line: String, environment: [String: String] = [:], files: [String: String] = [:]
    ) throws -> Invocation {
        guard case .run(let invocation) = try parse(line, environment: environment, files: files) else {
            throw UsageError("'\(line)' asks for help")
        }
        return invocation
    }
}
