/// Input as it may appear in a message for a person: short, printable ASCII.
enum Excerpt {
    private static let bytesMax = 40

    /// The first bytes of `bytes` between backquotes; what is not printable ASCII is written as `\xNN`.
    static func of(_ bytes: UnsafeRawBufferPointer) -> String {
        var text = "`"
        for byte in bytes.prefix(bytesMax) {
            if 0x20..<0x7F ~= byte {
                text.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                text += digits.count == 1 ? "\\x0\(digits)" : "\\x\(digits)"
            }
        }
        return text + (bytes.count > bytesMax ? "…`" : "`")
    }
}
