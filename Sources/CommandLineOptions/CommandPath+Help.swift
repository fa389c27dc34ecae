extension CommandPath {
    /// The whole help: usage, what it does, commands, options, an example. Ends in a line break.
    var help: String {
        var sections = [usageLines, TextLayout.wrap(command.sentence, width: TextLayout.columns)]
        for paragraph in command.discussion.split(separator: "\n\n") {
            sections.append(TextLayout.wrap(String(paragraph), width: TextLayout.columns))
        }
        if !command.subcommands.isEmpty {
            let rows = command.subcommands.map { (term: $0.name, explanation: $0.summary) }
            sections.append(["Commands:"] + TextLayout.table(rows))
        }
        let help = (term: "-h, --help", explanation: "show this help")
        let own = command.options.map(\.helpRow)
        let inherited = inheritedOptions.map(\.helpRow)
        if own.isEmpty || inherited.isEmpty {
            sections.append(["Options:"] + TextLayout.table(own + inherited + [help]))
        } else {
            sections.append(["Options:"] + TextLayout.table(own))
            sections.append(["Common options:"] + TextLayout.table(inherited + [help]))
        }
        sections.append(["Example:"] + command.example.split(separator: "\n").map { "  \($0)" })
        return sections.map { $0.joined(separator: "\n") }.joined(separator: "\n\n") + "\n"
    }

    private var usageLines: [String] {
        var words = [text]
        if !command.subcommands.isEmpty { words.append(command.isRunnable ? "[COMMAND]" : "COMMAND") }
        words += options.filter(\.isRequired).map(\.usage)
        words.append("[options]")
        let lines = TextLayout.wrap("Usage: " + words.joined(separator: " "), width: TextLayout.columns - 7)
        return lines.enumerated().map { $0.offset == 0 ? $0.element : "       " + $0.element }
    }
}

extension Option {
    fileprivate var helpRow: (term: String, explanation: String) {
        var notes: [String] = []
        if isRequired { notes.append("required") }
        if isRepeatable { notes.append("repeatable") }
        if let defaultValue, !isSecret { notes.append("default \(defaultValue)") }
        notes.append(kind == .properties ? "\(environmentVariable)_KEY" : environmentVariable)
        return (usage, "\(help) (\(notes.joined(separator: "; ")))")
    }
}

extension Command {
    /// The summary as a sentence.
    fileprivate var sentence: String { summary.prefix(1).uppercased() + summary.dropFirst() + "." }

    /// The help of this command, taken as the program, and of every command below it.
    public var helpTexts: [String] { CommandPath(root: self).descendants.map(\.help) }

    /// What is wrong with the declarations themselves, a sentence each; for a test of the program's tree.
    public var declarationProblems: [String] {
        CommandPath(root: self).descendants.flatMap { path -> [String] in
            var problems: [String] = []
            let names = path.options.map(\.name)
            for name in Set(names).sorted() where names.filter({ $0 == name }).count > 1 {
                problems.append("'\(path.text)' has --\(name) more than once")
            }
            if path.command.example.isEmpty { problems.append("'\(path.text)' has no example") }
            for line in path.help.split(separator: "\n") where line.count > TextLayout.columns {
                problems.append("the help of '\(path.text)' has a line of \(line.count) columns: \(line)")
            }
            for option in path.command.options {
                guard let text = option.defaultValue else { continue }
                do throws(UsageError) {
                    try option.validate(GivenValue(text: text, origin: .standard(flag: option.flag)))
                } catch {
                    problems.append("'\(path.text)': \(error.message)")
                }
            }
            return problems
        }
    }
}
