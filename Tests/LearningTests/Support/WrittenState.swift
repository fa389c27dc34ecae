import Learning

/// What `write` writes, as bytes.
func written(_ write: (inout StateWriter) throws -> Void) throws -> [UInt8] {
    var bytes: [UInt8] = []
    var writer = StateWriter { bytes.append(contentsOf: $0) }
    try write(&writer)
    try writer.flush()
    return bytes
}
