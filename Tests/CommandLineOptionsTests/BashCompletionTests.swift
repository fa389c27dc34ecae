import Foundation
import Testing

@testable import CommandLineOptions

@Suite struct BashCompletionTests {
    private static let bash = "/bin/bash"

    /// What bash offers for the last of `words`.
    private func complete(_ words: [String]) throws -> [String] {
        let list = words.map { "'\($0)'" }.joined(separator: " ")
        let script =
            SampleProgram.root.bashCompletion
            + "COMP_WORDS=(\(list)); COMP_CWORD=\(words.count - 1); _marquee; printf '%s\\n' \"${COMPREPLY[@]}\"\n"
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Self.bash)
        process.arguments = ["--norc", "--noprofile", "-c", script]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    @Test(
        .enabled(if: FileManager.default.isExecutableFile(atPath: bash), "needs bash"),
        arguments: [
            (["marquee", "s"], ["serve"]),
            (["marquee", "topics", ""], ["create", "check", "--config", "--kafka", "--output", "--help"]),
            (["marquee", "topics", "cr"], ["create"]), (["marquee", "serve", "--top"], ["--top-k"]),
            (["marquee", "serve", "--delivery", "at"], ["at-least-once"]),
            (["marquee", "serve", "--delivery", "=", "ex"], ["exactly-once"]),
            (["marquee", "serve", "--output", "="], ["table", "json"]),
            (["marquee", "--output", "json", "topics", "create", "--ex"], ["--execute"]),
            (["marquee", "serve", "--commit-interval", ""], ["auto"]), (["marquee", "serve", "--top-k", ""], []),
            (["marquee", "serve", "--state-dir", "/bin/bas"], ["/bin/bash", "/bin/bashbug"]),
        ] as [([String], [String])])
    func offers(words: [String], offered: [String]) throws {
        let answer = try complete(words)
        if words.contains("--state-dir") {
            #expect(answer.contains("/bin/bash"))
        } else {
            #expect(answer == offered)
        }
    }
}
