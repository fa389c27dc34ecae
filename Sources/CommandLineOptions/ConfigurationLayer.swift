/// What the configuration file gives. One file may serve several commands, so keys of other commands' options are
/// taken and left alone; a key that no command has is an error.
struct ConfigurationLayer {
    private(set) var given: [String: [GivenValue]] = [:]

    init(
        file: GivenValue, options: [Option], root: Command, readFile: (String) throws -> String
    ) throws(UsageError) {
        let text: String
        do {
            text = try readFile(file.text)
        } catch {
            throw UsageError("cannot read the configuration file '\(file.text)' that \(file.origin) names: \(error)")
        }
        let name = String(file.text.split(separator: "/").last ?? "")
        let known = root.allOptions.filter { $0.name != Option.configurationFile.name }
        for entry in try PropertiesFile(text: text, file: name).entries {
            let origin = Origin.configurationFile(file: name, lineNumber: entry.lineNumber, key: entry.key)
            if known.contains(where: { $0.kind != .properties && $0.configurationKey == entry.key }) {
                guard let option = options.first(where: { $0.configurationKey == entry.key }) else { continue }
                given[option.name] = [GivenValue(text: entry.value, origin: origin)]
            } else if let option = known.first(where: { $0.propertyKey(ofKey: entry.key) != nil }) {
                guard options.contains(option), let key = option.propertyKey(ofKey: entry.key) else { continue }
                given[option.name, default: []].append(GivenValue(text: "\(key)=\(entry.value)", origin: origin))
            } else {
                throw UsageError(
                    "\(name):\(entry.lineNumber): unknown key '\(entry.key)'"
                        + Suggestion.clause(
                            for: entry.key, among: known.filter { $0.kind != .properties }.map(\.configurationKey),
                            otherwise: "keys are option names with '.' for '-', as '\(root.name) --help' lists them"))
            }
        }
    }
}

extension Option {
    /// `kafka.sasl.mechanism` is `sasl.mechanism` to the `properties` option `kafka`; nil if it is not its own.
    fileprivate func propertyKey(ofKey key: String) -> String? {
        let prefix = configurationKey + "."
        guard kind == .properties, key.hasPrefix(prefix), key.count > prefix.count else { return nil }
        return String(key.dropFirst(prefix.count))
    }
}
