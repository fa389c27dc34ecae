/// What the `MARQUEE_…` variables give. One that is set to nothing counts as not set, as container files want it.
struct EnvironmentLayer {
    private(set) var given: [String: [GivenValue]] = [:]
    private(set) var warnings: [String] = []

    init(options: [Option], root: Command, environment: [String: String]) {
        let allOptions = root.allOptions
        let plainVariables = allOptions.filter { $0.kind != .properties }.map(\.environmentVariable)
        for variable in environment.keys.sorted() where variable.hasPrefix(Option.environmentPrefix) {
            guard let text = environment[variable], !text.isEmpty else { continue }
            let origin = Origin.environment(variable: variable)
            if plainVariables.contains(variable) {
                guard let option = options.first(where: { $0.environmentVariable == variable }) else { continue }
                given[option.name] = [GivenValue(text: text, origin: origin)]
            } else if let option = allOptions.first(where: { $0.propertyKey(ofVariable: variable) != nil }) {
                guard options.contains(option), let key = option.propertyKey(ofVariable: variable) else { continue }
                given[option.name, default: []].append(GivenValue(text: "\(key)=\(text)", origin: origin))
            } else if let meant = Self.nearest(to: variable, among: plainVariables) {
                warnings.append("the environment variable \(variable) is not used: did you mean '\(meant)'?")
            }
        }
    }

    /// The common prefix would make everything look alike.
    private static func nearest(to variable: String, among variables: [String]) -> String? {
        let count = Option.environmentPrefix.count
        return Suggestion.nearest(
            to: String(variable.dropFirst(count)), among: variables.map { String($0.dropFirst(count)) }
        ).map { Option.environmentPrefix + $0 }
    }
}

extension Option {
    /// `MARQUEE_KAFKA_SASL_PASSWORD` is `sasl.password` to the `properties` option `kafka`; nil if it is not its own.
    fileprivate func propertyKey(ofVariable variable: String) -> String? {
        let prefix = environmentVariable + "_"
        guard kind == .properties, variable.hasPrefix(prefix), variable.count > prefix.count else { return nil }
        return String(variable.dropFirst(prefix.count).lowercased().map { $0 == "_" ? "." : $0 })
    }
}
