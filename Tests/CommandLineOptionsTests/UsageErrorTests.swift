import Testing

@testable import CommandLineOptions

@Suite struct UsageErrorTests {
    private static let cases: [(line: String, message: String)] = [
        ("", "no command given: 'marquee --help' lists the commands"),
        ("topics", "'marquee topics' needs one of its commands: create or check"),
        ("serv", "unknown command 'serv': did you mean 'serve'?"),
        ("topics crate", "unknown command 'topics crate': did you mean 'create'?"),
        ("frobnicate", "unknown command 'frobnicate': 'marquee --help' lists the commands"),
        (
            "serve now",
            "unexpected argument 'now': 'marquee serve' takes options alone, 'marquee serve --help' lists them"
        ),
        (
            "serve -- now",
            "unexpected argument 'now': 'marquee serve' takes options alone, 'marquee serve --help' lists them"
        ),
        ("serve --broker a:1", "unknown option '--broker': did you mean '--brokers'?"),
        ("serve -brokers a:1", "unknown option '-brokers': did you mean '--brokers'?"),
        ("serve --brokres=a:1", "unknown option '--brokres': did you mean '--brokers'?"),
        ("serve --commit 1s", "unknown option '--commit': did you mean '--commit-interval'?"),
        ("serve --frobnicate", "unknown option '--frobnicate': 'marquee serve --help' lists the options"),
        (
            "--brokers a:1 serve",
            "option '--brokers' comes too early: write it after the command, as in 'marquee serve --brokers'"
        ),
        ("serve --brokers", "--brokers needs a value: write '--brokers HOST:PORT'"),
        ("serve --brokers --top-k 5", "--brokers needs a value: write '--brokers HOST:PORT'"),
        ("serve --brokers a --brokers b", "--brokers is given twice: give it once"),
        ("serve --brokers=", "--brokers expects a text that is not empty, found ''"),
        (
            "serve",
            "--brokers is missing: give it as '--brokers HOST:PORT', as MARQUEE_BROKERS, or as 'brokers=' in the "
                + "--config file"
        ),
        ("serve --brokers a --top-k abc", "--top-k expects a whole number from 1 to 500, found 'abc'"),
        ("serve --brokers a --top-k 501", "--top-k expects a whole number from 1 to 500, found '501'"),
        ("topics create --brokers a --partitions 0", "--partitions expects a whole number of at least 1, found '0'"),
        ("serve --brokers a --rate fast", "--rate expects a number from 0.0 to 1000.0, found 'fast'"),
        ("serve --brokers a --rate nan", "--rate expects a number from 0.0 to 1000.0, found 'nan'"),
        (
            "serve --brokers a --commit-interval 5",
            "--commit-interval expects a duration like 100ms, 2s, 5m, 6h or 7d, or auto, found '5'"
        ),
        ("serve --brokers a --output tabel", "--output expects table or json, found 'tabel': did you mean 'table'?"),
        ("serve --brokers a --output JSON", "--output expects table or json, found 'JSON': did you mean 'json'?"),
        ("serve --brokers a --output xml", "--output expects table or json, found 'xml'"),
        ("serve --brokers a --token=", "--token expects a text that is not empty"),
        ("serve --brokers a --kafka sasl.password", "--kafka expects key=value"),
        ("topics create --brokers a --execute=maybe", "--execute expects true or false, found 'maybe'"),
        (
            "serve --brokers a --config gone",
            "cannot read the configuration file 'gone' that --config names: No such file or directory"
        ),
        ("help serv", "unknown command 'serv': did you mean 'serve'?"),
    ]

    @Test(arguments: cases)
    func onTheCommandLine(line: String, message: String) {
        #expect(throws: UsageError(message)) { try SampleProgram.parse(line) }
    }

    private static let fileCases: [(text: String, message: String)] = [
        ("# note\n\ntop.j=3", "m.properties:3: unknown key 'top.j': did you mean 'top.k'?"),
        ("top-k=3", "m.properties:1: unknown key 'top-k': did you mean 'top.k'?"),
        (
            "zoo.keeper=3",
            "m.properties:1: unknown key 'zoo.keeper': keys are option names with '.' for '-', as 'marquee --help' lists "
                + "them"
        ),
        (
            "config=x",
            "m.properties:1: unknown key 'config': keys are option names with '.' for '-', as 'marquee --help' lists them"
        ),
        ("\ntop.k=abc", "m.properties:2: top.k expects a whole number from 1 to 500, found 'abc'"),
        ("token=", "m.properties:1: token expects a text that is not empty"),
        (
            "top.k=\\u12", "m.properties:1: '\\u' needs four hexadecimal digits: write '\\\\u' for a backslash and a u"
        ),
    ]

    @Test(arguments: fileCases)
    func inTheConfigurationFile(text: String, message: String) {
        #expect(throws: UsageError(message)) {
            try SampleProgram.parse("serve --brokers a --config /etc/m.properties", files: ["/etc/m.properties": text])
        }
    }

    @Test func inTheEnvironment() {
        #expect(throws: UsageError("MARQUEE_TOP_K expects a whole number from 1 to 500, found 'abc'")) {
            try SampleProgram.parse("serve --brokers a", environment: ["MARQUEE_TOP_K": "abc"])
        }
        #expect(
            throws: UsageError(
                "cannot read the configuration file 'gone' that MARQUEE_CONFIG names: No such file or directory")
        ) {
            try SampleProgram.parse("serve --brokers a", environment: ["MARQUEE_CONFIG": "gone"])
        }
    }

    @Test func aTextFileIsReadOrSaysWhyNot() throws {
        #expect(throws: TextFileError(reason: "No such file or directory")) { try readTextFile("/no/such/file") }
        #expect(throws: TextFileError(reason: "Is a directory")) { try readTextFile("/") }
        #expect(try !readTextFile("/proc/self/status").isEmpty)
    }

    @Test func theCallersOwnErrorsSayWhereTheValueIsFrom() throws {
        let serve = try SampleProgram.run("serve --brokers a", environment: ["MARQUEE_STATE_DIR": "/x"])
        #expect(
            serve.error("state-dir", expected: "a directory").message
                == "MARQUEE_STATE_DIR expects a directory, found '/x'")
        #expect(throws: serve.error("rate", expected: "x")) { try serve.double("rate") }
    }

    @Test(arguments: [("f", "F"), ("JSON", "json"), ("X", nil), ("jsno", "json"), ("pre", "prequential"), ("zzz", nil)])
    func whatSomebodyProbablyMeant(word: String, meant: String?) {
        #expect(Suggestion.nearest(to: word, among: ["M", "F", "json", "prequential"]) == meant)
    }

    @Test(arguments: [
        ("", "", 0), ("a", "", 1), ("", "ab", 2), ("kitten", "sitting", 3), ("brokres", "brokers", 1),
        ("same", "same", 0),
        ("ca", "abc", 3),
    ])
    func editDistance(left: String, right: String, distance: Int) {
        #expect(Suggestion.editDistance(left, right) == distance)
        #expect(Suggestion.editDistance(right, left) == distance)
    }
}
