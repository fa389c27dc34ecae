import Foundation
import Testing

/// A folder of made-up files that lives as long as this object.
final class TemporaryFolder {
    let path: String

    init(_ files: [String: String] = [:], encoding: String.Encoding = .utf8) throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("marquee-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
        for (name, text) in files { try write(name, text, encoding: encoding) }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ name: String, _ text: String, encoding: String.Encoding = .utf8) throws {
        let data = try #require(text.data(using: encoding))
        try data.write(to: URL(fileURLWithPath: path).appendingPathComponent(name))
    }

    func makeFolder(_ name: String) throws -> String {
        let url = URL(fileURLWithPath: path).appendingPathComponent(name)
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        return url.path
    }
}

extension TemporaryFolder {
    func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: "\(path)/\(name)") }
}
