/// A command with what it takes, or a group of commands.
public struct Command: Sendable, Equatable {
    /// One word; the root's is the program's.
    public var name: String
    /// One line for the list of commands, without a full stop.
    public var summary: String
    /// What the help says below the usage, in whole sentences; paragraphs are separated by an empty line.
    public var discussion: String
    /// Its own options; those of the commands above it hold as well.
    public var options: [Option]
    public var subcommands: [Command]
    /// Whether it does something by itself; a group may do so beside its commands.
    public var isRunnable: Bool
    /// The lines of code that the help ends with, at most 78 characters each.
    public var example: String

    public init(
        _ name: String, summary: String, discussion: String = "", options: [Option] = [], subcommands: [Command] = [],
        isRunnable: Bool = false, example: String
    ) {
        self.name = name
        self.summary = summary
        self.discussion = discussion
        self.options = options
        self.subcommands = subcommands
        self.isRunnable = isRunnable || subcommands.isEmpty
        self.example = example
    }

    public func subcommand(_ name: String) -> Command? { subcommands.first { $0.name == name } }

    /// The options of this command and of all below it, each name once.
    var allOptions: [Option] {
        var names: Set<String> = []
        return (options + subcommands.flatMap(\.allOptions)).filter { names.insert($0.name).inserted }
    }
}

/// A command together with those above it.
struct CommandPath {
    private(set) var commands: [Command]

    init(root: Command) { commands = [root] }

    /// The command that the path leads to.
    var command: Command { commands[commands.count - 1] }
    var names: [String] { commands.map(\.name) }
    var text: String { names.joined(separator: " ") }

    /// Its own options first, then those it inherits.
    var options: [Option] { commands.reversed().flatMap(\.options) }
    var inheritedOptions: [Option] { commands.dropLast().reversed().flatMap(\.options) }

    func option(_ name: String) -> Option? { options.first { $0.name == name } }

    func appending(_ command: Command) -> CommandPath {
        var longer = self
        longer.commands.append(command)
        return longer
    }

    /// This path and all that go on from it.
    var descendants: [CommandPath] { [self] + command.subcommands.flatMap { appending($0).descendants } }
}
