import Events
import Testing

@Test func byteBufferGrows() {
    let buffer = ByteBuffer(capacity: 64)
    for byte in 0..<200 { buffer.append(UInt8(byte)) }
    #expect(Array(buffer.bytes) == (0..<200).map { UInt8($0) })
}
