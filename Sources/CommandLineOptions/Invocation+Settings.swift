extension Invocation {
    /// A setting as logs and dumps may show it.
    public struct Setting: Sendable, Equatable {
        public var name: String
        /// `(hidden)` for a secret.
        public var value: String
        public var origin: Origin
    }

    /// All settings that have a value, by name, without secrets.
    public var settings: [Setting] {
        options.values.sorted { $0.name < $1.name }.flatMap { option in
            (values[option.name] ?? []).map { given in
                guard option.kind == .properties else {
                    return Setting(
                        name: option.name, value: option.isSecret ? Option.hidden : given.text, origin: given.origin)
                }
                let property = Property(given: given)
                let isHidden = option.isSecret || property.isSecret
                return Setting(
                    name: "\(option.name).\(property.key)", value: isHidden ? Option.hidden : property.value,
                    origin: given.origin)
            }
        }
    }
}
