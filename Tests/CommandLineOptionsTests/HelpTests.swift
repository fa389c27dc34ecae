import Testing

@testable import CommandLineOptions

@Suite struct HelpTests {
    private func help(_ line: String) throws -> String {
        guard case .help(let text) = try SampleProgram.parse(line) else { return "" }
        return text
    }

    @Test func ofACommand() throws {
        #expect(
            try help("serve --help") == """
                Usage: marquee serve --brokers HOST:PORT [options]

                Keeps every user's recommendations fresh while ratings and movies stream in.

                Learns from each rating as it passes and publishes the lists that change. Stops
                cleanly on SIGTERM and SIGINT.

                State is kept in the directory that --state-dir names.

                Options:
                  --brokers HOST:PORT         where Kafka is, several separated by commas
                                              (required; MARQUEE_BROKERS)
                  --top-k N                   movies in a list (default 20; MARQUEE_TOP_K)
                  --commit-interval TIME      how long a transaction may stay open; auto commits
                                              as soon as the one before is done (default auto;
                                              MARQUEE_COMMIT_INTERVAL)
                  --delivery exactly-once|at-least-once
                                              guarantee (default exactly-once; MARQUEE_DELIVERY)
                  --state-dir DIR             where checkpoints are kept (MARQUEE_STATE_DIR)
                  --token TEXT                what readers must present (MARQUEE_TOKEN)
                  --rate N                    events a second (MARQUEE_RATE)

                Common options:
                  --config FILE        read settings from a properties file, a 'key=value' a
                                       line (MARQUEE_CONFIG)
                  --kafka KEY=VALUE    a librdkafka property (repeatable; MARQUEE_KAFKA_KEY)
                  --output table|json  how results are printed (default table; MARQUEE_OUTPUT)
                  -h, --help           show this help

                Example:
                  marquee serve --brokers localhost:9092 --top-k 10

                """)
    }

    @Test func isTheSameHoweverItIsAskedFor() throws {
        let text = try help("topics create --help")
        #expect(text.hasPrefix("Usage: marquee topics create"))
        for line in ["topics create -h", "help topics create", "topics create --execute -h"] {
            #expect(try help(line) == text)
        }
        #expect(try help("--help") == help("help"))
        #expect(try help("topics -h").contains("  create"))
    }

    @Test func fitsEightyColumnsAndEndsWithAnExample() {
        for text in SampleProgram.root.helpTexts {
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            #expect(lines.allSatisfy { $0.count <= 80 && $0.last != " " }, "\(text)")
            #expect(lines.suffix(3).first == "Example:")
        }
        #expect(SampleProgram.root.helpTexts.count == 5)
        #expect(SampleProgram.root.declarationProblems == [])
    }

    @Test func declarationsAreChecked() {
        let bad = Command(
            "bad", summary: "bad",
            options: [
                Option("n", .integer(1...2), default: "3", help: "x"), Option("n", .flag, help: "y"),
            ], example: String(repeating: "x", count: 90))
        #expect(
            bad.declarationProblems.prefix(3).map { String($0.prefix(48)) } == [
                "'bad' has --n more than once", "the help of 'bad' has a line of 92 columns:   xx",
                "'bad': the default of --n expects a whole number",
            ])
    }

    @Test func versionIsAskedForAtTheTop() throws {
        guard case .version = try SampleProgram.parse("--version") else {
            Issue.record("no version")
            return
        }
        #expect(throws: UsageError.self) { try SampleProgram.parse("serve --version") }
    }

    @Test func aLongWordIsCut() {
        #expect(TextLayout.wrap("ab abcdefghij c", width: 4) == ["ab", "abcd", "efgh", "ij c"])
        #expect(TextLayout.wrap("", width: 4) == [])
    }
}
