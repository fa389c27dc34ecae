import Foundation
import Testing

@testable import Learning

struct SafetensorsFileTests {
    private static func path() -> String {
        FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).safetensors").path
    }

    private static func sample(_ path: String = "sample") -> SafetensorsFile {
        var file = SafetensorsFile(path: path)
        file.metadata = ["format": "pt", "titles": "[\"Amélie \\\"Poulain\\\"\"]"]
        file.set("a.b", [1.5, -2.25, 0, 3e-30, .greatestFiniteMagnitude, 7] as [Float], shape: [2, 3])
        file.set("ids", [1, -5, Int64.max] as [Int64], shape: [3])
        file.set("rows", [7, -8] as [Int32], shape: [2, 1])
        file.set("codes", [255, 0, 9] as [UInt8], shape: [3])
        file.set("nothing", [] as [Float], shape: [0, 4])
        return file
    }

    private static func written() throws -> [UInt8] {
        let path = path()
        defer { try? FileManager.default.removeItem(atPath: path) }
        try sample(path).write()
        return [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    }

    /// A file with this header, whatever it says.
    private static func bytes(_ header: String, data: [UInt8] = []) -> [UInt8] {
        withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) } + Array(header.utf8) + data
    }

    @Test func whatIsWrittenIsReadBack() throws {
        let file = try SafetensorsFile(path: "x", bytes: try Self.written())
        #expect(file.metadata == Self.sample().metadata)
        #expect(file.tensors == Self.sample().tensors)
        #expect(try file.floats("a.b", shape: [2, 3]) == [1.5, -2.25, 0, 3e-30, .greatestFiniteMagnitude, 7])
        #expect(try file.int64s("ids", shape: [3]) == [1, -5, .max])
        #expect(try file.int32s("rows", shape: [2, 1]) == [7, -8])
        #expect(try file.bytes("codes", shape: [3]) == [255, 0, 9])
        #expect(try file.floats("nothing", shape: [0, 4]) == [])
        #expect(try Self.written() == Self.written())
    }

    @Test func everyTruncationIsRefused() throws {
        let whole = try Self.written()
        for length in 0..<whole.count {
            #expect(throws: SafetensorsError.self, "\(length) of \(whole.count) bytes") {
                try SafetensorsFile(path: "x", bytes: Array(whole.prefix(length)))
            }
        }
        #expect(throws: SafetensorsError.self) { try SafetensorsFile(path: "x", bytes: whole + [0]) }
    }

    @Test(arguments: [
        "", "[]", "{\"a\":3}", "{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", "{\"__metadata__\":{\"a\":1}}",
        // Beyond the end, backwards, negative, and three offsets.
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,12]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[8,4]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[-4,0]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8,8]}}",
        // A shape that is not the bytes', a negative one, and one that overflows.
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,8]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[-1,-2],\"data_offsets\":[0,8]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,2],\"data_offsets\":[0,8]}}",
        // Two on the same bytes, a gap between them, and bytes that are nobody's.
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}",
        // No type of the format, and one that is not read here.
        "{\"a\":{\"dtype\":\"F33\",\"shape\":[2],\"data_offsets\":[0,8]}}",
        "{\"a\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[0,8]}}",
    ])
    func headersThatLieAreRefused(_ header: String) {
        let bytes = Self.bytes(header, data: [UInt8](repeating: 0, count: 8))
        #expect(throws: SafetensorsError.self) { try SafetensorsFile(path: "x", bytes: bytes) }
    }

    @Test func aHeaderThatIsTooLongIsNotEvenLookedAt() {
        let bytes = withUnsafeBytes(of: UInt64.max) { Array($0) } + [UInt8](repeating: 0, count: 100)
        let error = #expect(throws: SafetensorsError.self) { try SafetensorsFile(path: "x", bytes: bytes) }
        #expect(error?.description.contains("header") == true)
    }

    @Test func whatWasNotAskedForIsRefused() throws {
        let file = Self.sample()
        #expect(throws: SafetensorsError.self) { try file.floats("a.b", shape: [3, 2]) }
        #expect(throws: SafetensorsError.self) { try file.floats("ids", shape: [3]) }
        let error = #expect(throws: SafetensorsError.self) { try file.floats("missing", shape: [3]) }
        #expect(error?.description == "'sample' can't be used: tensor 'missing' is missing")
        #expect(throws: SafetensorsError.self) { try file.count("a.b") }
        #expect(try file.count("ids") == 3)
    }

    @Test(arguments: [Float.nan, .infinity, -.infinity])
    func whatIsNoNumberIsRefused(_ value: Float) {
        var file = SafetensorsFile(path: "x")
        file.set("a", [1, value], shape: [2])
        #expect(throws: SafetensorsError.self) { try file.floats("a", shape: [2]) }
    }

    @Test func whatCanNotBeReadOrWrittenIsOneSentence() {
        let missing = #expect(throws: SafetensorsError.self) { try SafetensorsFile(reading: "/no/such/file") }
        #expect(missing?.description == "can't read '/no/such/file': No such file or directory")
        let folder = #expect(throws: SafetensorsError.self) { try SafetensorsFile(reading: "/tmp") }
        #expect(folder?.description.hasPrefix("can't read '/tmp': ") == true)
        let unwritable = #expect(throws: SafetensorsError.self) { try Self.sample("/no/such/folder/x").write() }
        #expect(unwritable?.description == "can't write '/no/such/folder/x': No such file or directory")
    }

    /// Hugging Face's own reader, where Python has it.
    private static let hasPython = {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", "import numpy, safetensors.numpy"]
        process.standardError = FileHandle.nullDevice
        try? process.run()
        process.waitUntilExit()
        return process.terminationStatus == 0
    }()

    @Test(.enabled(if: hasPython, "needs python3 with numpy and safetensors"))
    func pythonReadsIt() throws {
        let path = Self.path()
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Self.sample(path).write()
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "python3", "-c",
            """
            import sys
            from safetensors import safe_open
            with safe_open(sys.argv[1], "np") as file:
                print(sorted(file.metadata().items()))
                for name in sorted(file.keys()):
                    print(name, file.get_tensor(name).dtype, file.get_tensor(name).shape, file.get_tensor(name).tolist())
            """, path,
        ]
        process.standardOutput = output
        try process.run()
        process.waitUntilExit()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let lines = text.split(separator: "\n")
        #expect(process.terminationStatus == 0 && lines.count == 6)
        #expect(lines.first?.contains("Amélie") == true)
        #expect(lines.contains("codes uint8 (3,) [255, 0, 9]"))
        #expect(lines.contains("ids int64 (3,) [1, -5, 9223372036854775807]"))
        #expect(lines.contains { $0.hasPrefix("a.b float32 (2, 3) [[1.5, -2.25, 0.0], [") })
    }
}
