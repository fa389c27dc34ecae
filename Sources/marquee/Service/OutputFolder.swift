import Foundation
import Learning

/// Where a file is to be written: told before the work, not after it.
enum OutputFolder {
    static func check(_ path: String) throws {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: folder, isDirectory: &isDirectory), isDirectory.boolValue else {
            throw UserFacingError("can't write '\(path)': there is no folder '\(folder)'")
        }
        guard access(folder, W_OK) == 0 else {
            throw UserFacingError("can't write '\(path)': \(String(cString: strerror(errno)))")
        }
        if FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory), isDirectory.boolValue {
            throw UserFacingError("can't write '\(path)': it is a folder")
        }
        // Some folders take no files from anybody, whatever their rights say.
        do {
            _ = try DurableFile(path: path)
        } catch let failure as FileFailure {
            throw UserFacingError("can't write '\(path)': \(failure.reason)")
        }
    }
}
