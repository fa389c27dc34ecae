/// The values that flags, environment and configuration file give, each layer apart.
struct SettingLayers {
    private(set) var warnings: [String] = []
    /// By option, the strongest layer first.
    private var layers: [[String: [GivenValue]]]

    init(
        reader: ArgumentReader, root: Command, environment: [String: String], readFile: (String) throws -> String
    ) throws(UsageError) {
        let environmentLayer = EnvironmentLayer(options: reader.path.options, root: root, environment: environment)
        warnings = environmentLayer.warnings
        layers = [reader.given, environmentLayer.given]

        let name = Option.configurationFile.name
        let isDeclared = reader.path.option(name) != nil
        if isDeclared, let file = (reader.given[name] ?? environmentLayer.given[name])?.last {
            layers.append(
                try ConfigurationLayer(file: file, options: reader.path.options, root: root, readFile: readFile).given)
        }
    }

    /// The values that hold, checked, defaults among them.
    func merged(_ options: [Option]) throws(UsageError) -> [String: [GivenValue]] {
        var merged: [String: [GivenValue]] = [:]
        for option in options where merged[option.name] == nil {
            let values = option.kind == .properties ? mergedEntries(of: option) : strongest(of: option)
            for value in values { try option.validate(value) }
            if option.isRequired && values.isEmpty { throw option.missing }
            merged[option.name] = option.kind == .properties ? Self.latestByKey(values) : values
        }
        return merged
    }

    private func strongest(of option: Option) -> [GivenValue] {
        for layer in layers {
            if let values = layer[option.name] { return option.normalized(values) }
        }
        guard let text = option.defaultValue else { return [] }
        return option.normalized([GivenValue(text: text, origin: .standard(flag: option.flag))])
    }

    /// The weakest first, so that later ones replace them.
    private func mergedEntries(of option: Option) -> [GivenValue] {
        layers.reversed().flatMap { $0[option.name] ?? [] }
    }

    private static func latestByKey(_ entries: [GivenValue]) -> [GivenValue] {
        var latest: [String: GivenValue] = [:]
        for entry in entries { latest[Property(given: entry).key] = entry }
        return latest.sorted { $0.key < $1.key }.map(\.value)
    }
}

extension Option {
    /// Outside of the command line a repeatable option's values stand in one text; and a blank at a line's end, which
    /// nobody sees, must not make a number wrong.
    fileprivate func normalized(_ values: [GivenValue]) -> [GivenValue] {
        values.flatMap { value -> [GivenValue] in
            var texts = [value.text]
            if case .commandLine = value.origin {
            } else if isRepeatable {
                texts = value.text.split(separator: ",").map { Self.trim(String($0)) }
            }
            return texts.map { text in
                switch kind {
                case .string, .path, .properties: GivenValue(text: text, origin: value.origin)
                case .flag, .integer, .number, .duration, .choice:
                    GivenValue(text: Self.trim(text), origin: value.origin)
                }
            }
        }
    }

    private static func trim(_ text: String) -> String {
        let head = text.drop(while: \.isWhitespace)
        return String(head.reversed().drop(while: \.isWhitespace).reversed())
    }
}
