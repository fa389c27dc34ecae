import CommandLineOptions
import Foundation
import ProcessTestSupport
import Testing

@testable import marquee

extension ProcessTests {
    /// Wrong usage needs no broker: it is told before anything is connected to.
    struct UsageTests {
        @Test
        func `The declarations are sane and each help fits 80 columns and ends with an example`() throws {
            #expect(CommandTree.root.declarationProblems == [])
            for text in CommandTree.root.helpTexts {
                let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
                #expect(lines.allSatisfy { $0.count <= 80 })
                let at = try #require(lines.lastIndex(of: "Example:"), "\(text)")
                #expect(lines[(at + 1)...].contains { $0.hasPrefix("  marquee ") })
                #expect(lines[(at + 1)...].allSatisfy { $0.isEmpty || $0.hasPrefix("  ") }, "\(text)")
            }
        }

        @Test
        func `Help and version go to standard output`() throws {
            for arguments in [["--help"], ["serve", "--help"], ["help", "topics", "create"], ["--version"]] {
                let finished = try marquee(arguments)
                #expect(finished.ending == .exited(0))
                #expect(finished.errors.isEmpty)
                #expect(finished.output.hasPrefix(arguments == ["--version"] ? "marquee " : "Usage: marquee"))
            }
        }

        struct Mistake: Sendable, CustomTestStringConvertible {
            var arguments: [String]
            /// What the sentence must name.
            var named: [String]

            init(_ line: String, _ named: String...) {
                arguments = line.split(separator: " ").map(String.init)
                self.named = named
            }

            var testDescription: String { arguments.joined(separator: " ") }
        }

        static let mistakes = [
            Mistake("", "--help"),
            Mistake("serv --brokers :9092", "'serv'", "'serve'"),
            Mistake("topics", "create", "check"),
            Mistake("topics destroy --brokers :9092", "'topics destroy'"),
            Mistake("serve --broker :9092", "'--broker'", "'--brokers'"),
            Mistake("serve --bananas 7", "'--bananas'", "--help"),
            Mistake("serve", "--brokers", "MARQUEE_BROKERS"),
            Mistake("replay --brokers :9092", "--dataset"),
            Mistake("produce rating --brokers :9092 --movie 1 --rating 3", "--user"),
            Mistake("produce rating --brokers :9092 --user 1 --movie 1", "--rating", "--remove"),
            Mistake("produce rating --brokers :9092 --user 1 --movie 1 --rating 3.3", "--rating", "'3.3'"),
            Mistake("produce rating --brokers :9092 --user 1 --movie 1 --rating 6", "--rating", "'6'"),
            Mistake("produce rating --brokers :9092 --user 0 --movie 1 --rating 3", "--user", "'0'"),
            Mistake("produce movie --brokers :9092 --id 3", "--title"),
            Mistake("produce user --brokers :9092 --id 3 --gender X", "--gender", "'X'"),
            Mistake("serve --brokers :9092 --top-k many", "--top-k", "'many'"),
            Mistake("serve --brokers :9092 --top-k 0", "--top-k", "'0'"),
            Mistake("serve --brokers nowhere:port", "--brokers", "'nowhere:port'"),
            Mistake("serve --brokers :9092 --application-id a.b", "--application-id", "'a.b'"),
            Mistake("serve --brokers :9092 --delivery twice", "--delivery", "exactly-once"),
            Mistake("serve --brokers :9092 --http 127.0.0.1:8080", "--http", "off"),
            Mistake("serve --brokers :9092 --commit-interval 0ms", "--commit-interval", "auto"),
            Mistake("serve --brokers :9092 --kafka fetch.min.byte=3", "fetch.min.byte", "fetch.min.bytes"),
            Mistake("serve --brokers :9092 --kafka =3", "--kafka", "key=value"),
            Mistake("replay --brokers :9092 --dataset . --speed fast", "--speed", "'fast'"),
            Mistake("replay --brokers :9092 --dataset . --speed 0/s", "--speed", "'0/s'"),
            Mistake("replay --brokers :9092 --dataset . --speed -3x", "--speed", "'-3x'"),
            Mistake("consume --brokers :9092 --from yesterday", "--from", "'yesterday'"),
            Mistake("consume --brokers :9092 --from last=0", "--from", "'last=0'"),
            Mistake("consume --brokers :9092 --output xml", "--output", "'xml'"),
            Mistake("broker --port 99999", "--port", "'99999'"),
            Mistake("serve here --brokers :9092", "'here'"),
        ]

        @Test(arguments: mistakes)
        func `Wrong usage ends with 64 and one sentence on standard error`(_ mistake: Mistake) throws {
            let finished = try marquee(mistake.arguments)
            #expect(finished.ending == .exited(64))
            #expect(finished.output.isEmpty)
            #expect(finished.isOneSentence, "\(finished.errors)")
            for name in mistake.named { #expect(finished.errors.contains(name), "\(finished.errors)") }
        }

        @Test
        func `The environment and a file give options too, and a flag beats both`() throws {
            let folder = try TemporaryFolder()
            try folder.write("options.properties", Data("top.k=none\n".utf8))
            let file = try marquee(["serve", "--brokers", ":1", "--config", "\(folder.path)/options.properties"])
            #expect(file.ending == .exited(64) && file.errors.contains("options.properties:1: top.k"))
            let variables = ["MARQUEE_TOP_K": "few", "MARQUEE_BROKERS": ":1"]
            let environment = try marquee(["serve"], environment: variables)
            #expect(environment.ending == .exited(64) && environment.errors.contains("MARQUEE_TOP_K"))
            let flag = try marquee(["serve", "--top-k", "0"], environment: variables)
            #expect(flag.ending == .exited(64) && flag.errors.contains("--top-k"))
        }
    }
}
