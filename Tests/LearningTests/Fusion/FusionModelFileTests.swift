import Foundation
import FusionTestSupport
import Testing

@testable import Learning

struct FusionModelFileTests {
    private let model = MadeUpModel.make()

    /// Writes the model, lets `change` do something to the file's contents, and reads it again.
    private func read(after change: (inout SafetensorsFile) -> Void = { _ in }) throws -> FusionModel {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).safetensors")
            .path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try FusionModelFile.write(model, to: path)
        var file = try SafetensorsFile(reading: path)
        change(&file)
        return try FusionModelFile.read(file)
    }

    private func expectRefused(_ named: String, after change: (inout SafetensorsFile) -> Void) {
        let error = #expect(throws: SafetensorsError.self) { try read(after: change) }
        #expect(error?.description.contains(named) == true, "\(error?.description ?? "")")
    }

    @Test func aModelIsReadAsItWasWritten() throws {
        let copy = try read()
        #expect(copy.parameters == model.parameters)
        #expect(copy.genres == model.genres && copy.words == model.words)
        #expect(copy.movies.map(\.movieID) == model.movies.map(\.movieID))
        #expect(copy.movies.map(\.title) == model.movies.map(\.title))
        #expect(copy.movies.map(\.genres) == model.movies.map(\.genres))
        #expect(copy.users == model.users)
        #expect(copy.user(7) == model.users[6] && copy.user(0) == nil && copy.user(31) == nil)
    }

    @Test func anotherFormatOrVersionIsRefused() {
        expectRefused("marquee train") { $0.metadata["format"] = "pt" }
        expectRefused("version 2") { $0.metadata["format_version"] = "2" }
        expectRefused("version none") { $0.metadata["format_version"] = nil }
    }

    @Test func otherDimensionsAreRefused() {
        expectRefused("tower") { $0.metadata["tower"] = "21" }
        expectRefused("tower") { $0.metadata["tower"] = "many" }
        expectRefused("odd") { $0.metadata["convolution_width"] = "4" }
        expectRefused("length of 0") { $0.metadata["embedding"] = "0" }
    }

    @Test func otherVocabulariesAreRefused() throws {
        let words = try #require(model.words.words.last)
        expectRefused("not those") {
            $0.metadata["title_words"] = $0.metadata["title_words"]?.replacing(words, with: words + "z")
        }
        expectRefused("not those") { $0.metadata["genres"] = "[]" }
        expectRefused("not those") { $0.metadata["movies"] = nil }
    }

    @Test func damagedTensorsAreRefused() {
        expectRefused("nan") { file in
            var values = model.parameters[.userTowerWeight]
            values[3] = .nan
            file.set("user.tower.weight", values, shape: model.sizes.shape(of: .userTowerWeight))
        }
        expectRefused("at most") { file in
            file.set("user.id.bias", [0, 0, 0, 0, 0, -2e6] as [Float], shape: [6])
        }
        expectRefused("'movie.id.bias' is missing") { $0.tensors["movie.id.bias"] = nil }
        expectRefused("'user.id.bias'") { $0.set("user.id.bias", [1, 2] as [Float], shape: [2]) }
        expectRefused("'user.id.bias'") { $0.set("user.id.bias", [Int32](repeating: 0, count: 6), shape: [6]) }
    }

    @Test func usersThatCanNotBeAreRefused() {
        let count = model.users.count
        expectRefused("user ids") { $0.set("users.id", [Int64](repeating: 1, count: count), shape: [count]) }
        expectRefused("user ids") { file in
            file.set("users.id", (0..<count).map { Int64($0) + FusionModelFile.idMax }, shape: [count])
        }
        expectRefused("profile of user 1") {
            $0.set("users.profile", [UInt8](repeating: 100, count: 3 * count), shape: [count, 3])
        }
        expectRefused("ratings.offset") {
            $0.set("ratings.offset", [Int64](repeating: 0, count: count + 1), shape: [count + 1])
        }
        expectRefused("ratings.movie") { file in
            let ratings = model.users.reduce(0) { $0 + $1.rated.count }
            file.set("ratings.movie", [Int32](repeating: 40, count: ratings), shape: [ratings])
        }
    }

    /// Any byte may be wrong: then the file is refused, or it is a model all the same, but nothing crashes.
    @Test func noDamagedByteBringsItDown() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).safetensors")
            .path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try FusionModelFile.write(model, to: path)
        let whole = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        var random = SeededRandom(seed: 5)
        for _ in 0..<150 {
            var bytes = whole
            for _ in 0..<3 {
                bytes[Int.random(in: bytes.indices, using: &random)] ^= UInt8.random(in: 1...255, using: &random)
            }
            if let file = try? SafetensorsFile(path: "x", bytes: bytes) { _ = try? FusionModelFile.read(file) }
        }
    }
}
