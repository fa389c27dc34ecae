/// Goes through the arguments once: words lead down the tree of commands, the rest are options.
struct ArgumentReader {
    enum Outcome {
        case run
        case help
        case version
    }

    private(set) var path: CommandPath
    /// By option, in the order given.
    private(set) var given: [String: [GivenValue]] = [:]

    init(root: Command) { path = CommandPath(root: root) }

    mutating func read(_ arguments: [String]) throws(UsageError) -> Outcome {
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            switch argument {
            case "-h", "--help":
                return .help
            case "--version" where path.option("version") == nil && path.commands.count == 1:
                return .version
            case "help" where path.commands.count == 1 && path.command.subcommand("help") == nil:
                while let word = rest.popFirst() { try descend(word) }
                return .help
            case "--":
                guard let word = rest.first else { break }
                throw unexpected(word)
            default:
                if argument.hasPrefix("-"), argument != "-" {
                    try readOption(argument, &rest)
                } else {
                    try descend(argument)
                }
            }
        }
        let subcommands = path.command.subcommands.map(\.name)
        guard path.command.isRunnable else {
            throw UsageError(
                path.commands.count == 1
                    ? "no command given: '\(path.text) --help' lists the commands"
                    : "'\(path.text)' needs one of its commands: \(Option.alternatives(subcommands))")
        }
        return .run
    }

    private mutating func descend(_ word: String) throws(UsageError) {
        if let subcommand = path.command.subcommand(word) {
            path = path.appending(subcommand)
            return
        }
        let subcommands = path.command.subcommands.map(\.name)
        guard !subcommands.isEmpty else { throw unexpected(word) }
        throw UsageError(
            "unknown command '\((path.names.dropFirst() + [word]).joined(separator: " "))'"
                + Suggestion.clause(
                    for: word, among: subcommands, otherwise: "'\(path.text) --help' lists the commands"))
    }

    private func unexpected(_ word: String) -> UsageError {
        UsageError(
            "unexpected argument '\(word)': '\(path.text)' takes options alone, '\(path.text) --help' lists them")
    }

    private mutating func readOption(_ argument: String, _ rest: inout ArraySlice<String>) throws(UsageError) {
        let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts[0].hasPrefix("--"), let option = path.option(String(parts[0].dropFirst(2))) else {
            throw unknownOption(parts[0])
        }
        let text: String
        if parts.count == 2 {
            text = parts[1]
        } else if option.kind == .flag {
            text = "true"
        } else if let next = rest.first, !isKnownFlag(next) {
            text = next
            rest.removeFirst()
        } else {
            throw UsageError("\(option.flag) needs a value: write '\(option.usage)'")
        }
        let value = GivenValue(text: text, origin: .commandLine(flag: option.flag))
        if !option.isRepeatable, given[option.name] != nil {
            throw UsageError("\(option.flag) is given twice: give it once")
        }
        given[option.name, default: []].append(value)
    }

    /// Values may begin with a hyphen, as `-5` does, but what is an option here is not meant as a value.
    private func isKnownFlag(_ argument: String) -> Bool {
        let name = argument.prefix { $0 != "=" }
        return name == "-h" || name == "--help" || path.options.contains { $0.flag == name }
    }

    private func unknownOption(_ flag: String) -> UsageError {
        let known = path.options.map(\.flag) + ["--help"]
        if !path.command.subcommands.isEmpty {
            let below = path.descendants.first { $0.option(String(flag.drop { $0 == "-" })) != nil }
            if let below {
                return UsageError(
                    "option '\(flag)' comes too early: write it after the command, as in '\(below.text) \(flag)'")
            }
        }
        return UsageError(
            "unknown option '\(flag)'"
                + Suggestion.clause(for: flag, among: known, otherwise: "'\(path.text) --help' lists the options"))
    }
}
