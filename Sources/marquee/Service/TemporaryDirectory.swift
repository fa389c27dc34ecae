import Foundation

/// A directory of one's own that `remove` takes away again, with all that is in it.
struct TemporaryDirectory {
    let path: String

    init() throws {
        var template = Array((NSTemporaryDirectory() + "/marquee-XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else {
            throw UserFacingError(
                "can't make a directory in '\(NSTemporaryDirectory())': \(String(cString: strerror(errno)));"
                    + " point TMPDIR at one that can be written")
        }
        path = String(decoding: template.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    func remove() { try? FileManager.default.removeItem(atPath: path) }
}
