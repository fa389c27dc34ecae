import Foundation

/// Values as one line of JSON; keys in a fixed order.
enum JSONOutput {
    static func print(_ value: some Encodable) throws { Terminal.print(try text(value)) }

    static func text(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}
