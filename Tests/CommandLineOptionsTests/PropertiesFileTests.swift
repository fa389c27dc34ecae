import Testing

@testable import CommandLineOptions

@Suite struct PropertiesFileTests {
    private func read(_ text: String) throws -> [PropertiesFile.Entry] {
        try PropertiesFile(text: text, file: "f").entries
    }

    /// The expectations are those of the documentation of `java.util.Properties.load`.
    @Test(arguments: [
        ("a=b", "a", "b"), ("a:b", "a", "b"), ("a b", "a", "b"), ("a = b", "a", "b"), (" a\t:\tb", "a", "b"),
        ("a", "a", ""), ("a=", "a", ""), ("a==b", "a", "=b"), ("a=b=c:d", "a", "b=c:d"), ("a\\=b=c", "a=b", "c"),
        ("a\\ b c", "a b", "c"), ("a\\:b\\:c=d", "a:b:c", "d"), ("a=b\\\n   c", "a", "bc"), ("a=b\\\r\n\tc", "a", "bc"),
        ("a=b\\\\", "a", "b\\"), ("a=b\\", "a", "b"), ("a=\\tb\\n", "a", "\tb\n"), ("a=\\u00e9\\u0041", "a", "éA"),
        ("a=\\z", "a", "z"), ("a=b  ", "a", "b  "), ("a=b # c", "a", "b # c"), ("a=b\r", "a", "b"), ("a=é", "a", "é"),
    ])
    func entries(text: String, key: String, value: String) throws {
        #expect(try read(text) == [PropertiesFile.Entry(key: key, value: value, lineNumber: 1)])
    }

    @Test func commentsBlankLinesAndLineNumbers() throws {
        let text = "# a=1\n  ! b=2\n\n   \nc=3\\\n  4\\\n# 5\nd=6\r\n# no continuation \\\ne=7"
        let entries = try read(text)
        #expect(entries.map(\.key) == ["c", "d", "e"])
        #expect(entries.map(\.value) == ["34# 5", "6", "7"])
        #expect(entries.map(\.lineNumber) == [5, 8, 10])
    }

    @Test func theLastOfEqualKeysHolds() throws {
        let serve = try SampleProgram.run("serve --brokers a --config f", files: ["f": "top.k=1\ntop.k=2\n"])
        #expect(try serve.int("top-k") == 2)
    }

    @Test(arguments: ["a=\\u", "a=\\u12", "a=\\uxyzw", "a=\\ud800"])
    func malformedEscapes(text: String) {
        #expect(throws: UsageError.self) { try read(text) }
    }
}
