import CRdKafka

/// The names of librdkafka's properties.
enum PropertyNames {
    /// Every public property of the library that is linked, sorted.
    static let all: [String] = {
        guard let table = marquee_properties_table() else { return [] }
        defer { free(table) }
        let names = String(cString: table).split(separator: "\n").compactMap { line -> String? in
            guard let bar = line.firstIndex(of: "|") else { return nil }
            let name = line[..<bar].trimmingSpaces()
            return name.contains("-") || name == "Property" || name.isEmpty ? nil : name
        }
        return Set(names).sorted()
    }()

    static func isKnown(_ name: String) -> Bool { all.contains(name) }

    /// The known name that takes the fewest edits, if it is near enough to be a slip.
    static func closest(to name: String, among names: [String]) -> String? {
        let limit = max(2, name.count / 3)
        return names.map { (name: $0, distance: editDistance(name, $0)) }
            .filter { $0.distance <= limit }
            .min { ($0.distance, $0.name) < ($1.distance, $1.name) }?.name
    }

    /// Whether a property's value must not appear in any message.
    static func isSecret(_ name: String) -> Bool {
        ["password", "secret", "key.pem", "oauthbearer.config", "sasl.username", "certificate.pem"]
            .contains { name.contains($0) }
    }

    /// Levenshtein's distance over UTF-8, with two rows.
    static func editDistance(_ left: String, _ right: String) -> Int {
        let left = Array(left.utf8)
        let right = Array(right.utf8)
        var previous = Array(0...right.count)
        var current = previous
        for i in left.indices {
            current[0] = i + 1
            for j in right.indices {
                let substitution = previous[j] + (left[i] == right[j] ? 0 : 1)
                current[j + 1] = min(substitution, previous[j + 1] + 1, current[j] + 1)
            }
            swap(&previous, &current)
        }
        return previous[right.count]
    }
}

extension Substring {
    fileprivate func trimmingSpaces() -> String {
        var slice = self
        while slice.last == " " { slice.removeLast() }
        while slice.first == " " { slice.removeFirst() }
        return String(slice)
    }
}
