import Testing

@testable import Learning

struct StateStreamTests {
    @Test func valuesAreReadBackAsWritten() throws {
        var bytes: [UInt8] = []
        var chunks = 0
        var writer = StateWriter(chunkBytes: 16) {
            bytes.append(contentsOf: $0)
            chunks += 1
        }
        try writer.write(0x0102_0304 as UInt32)
        try writer.write(Int64.min)
        try writer.write(-0.0 as Float)
        try writer.write(Double.infinity)
        try writer.write("Amélie")
        try writer.write("")
        try writer.flush()
        #expect(chunks > 1 && bytes.prefix(4) == [4, 3, 2, 1])
        try bytes.withUnsafeBytes(expectValues)
    }

    private func expectValues(_ bytes: UnsafeRawBufferPointer) throws {
        var reader = StateReader(bytes)
        #expect(try reader.read(UInt32.self) == 0x0102_0304)
        #expect(try reader.read(Int64.self) == .min)
        #expect(try reader.readFloat().bitPattern == (-0.0 as Float).bitPattern)
        #expect(try reader.readDouble() == .infinity)
        #expect(try reader.readString() == "Amélie")
        #expect(try reader.readString() == "")
        #expect(reader.isAtEnd)
        #expect(throws: StateReader.Failure.ended(offset: bytes.count, wanted: 1)) { try reader.read(UInt8.self) }
    }
}
