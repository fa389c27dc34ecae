/// What the user wants.
public enum ParseResult: Sendable {
    case run(Invocation)
    /// To be printed to standard output, with exit code 0.
    case help(String)
    /// `--version`, where the program stands.
    case version
}

extension Command {
    /// Takes this tree of commands as the program: finds the command and its options' values.
    ///
    /// Flags beat the environment, which beats the file that `--config` names, which beats the defaults; a repeatable
    /// option's values come from one of them, a `properties` option's entries from all of them. `arguments` come
    /// without the program's name. `readFile` returns a file's text or throws; its error's description becomes part of
    /// the sentence. Throws a `UsageError`.
    public func parse(
        arguments: [String], environment: [String: String] = [:], readFile: (String) throws -> String
    ) throws(UsageError) -> ParseResult {
        var reader = ArgumentReader(root: self)
        switch try reader.read(arguments) {
        case .help: return .help(reader.path.help)
        case .version: return .version
        case .run: break
        }
        let layers = try SettingLayers(reader: reader, root: self, environment: environment, readFile: readFile)
        return .run(
            Invocation(
                command: Array(reader.path.names.dropFirst()), warnings: layers.warnings,
                options: Dictionary(reader.path.options.map { ($0.name, $0) }, uniquingKeysWith: { own, _ in own }),
                values: try layers.merged(reader.path.options)))
    }
}
