import Foundation

/// In what two texts of settings differ, in words.
struct SettingsDifference: CustomStringConvertible {
    let description: String

    init(_ found: String, _ expected: String) {
        let (old, new) = (found.components(separatedBy: "; "), expected.components(separatedBy: "; "))
        let (oldModel, newModel) = (Self.name(old), Self.name(new))
        if oldModel != newModel {
            description =
                "by the model '\(oldModel)', this is '\(newModel)', and --model FILE says which"
        } else {
            let (gone, come) = (old.filter { !new.contains($0) }, new.filter { !old.contains($0) })
            func list(_ parts: [String]) -> String { parts.isEmpty ? "nothing" : "'\(parts.joined(separator: "; "))'" }
            description = "with \(list(gone)), where this service has \(list(come))"
        }
    }

    private static func name(_ parts: [String]) -> String {
        String(parts[0].prefix { $0 != " " })
    }
}
