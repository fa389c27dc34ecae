/// How a file's text is encoded. GroupLens moved from ISO-8859-1 to UTF-8 and says so in READMEs alone.
enum TextEncoding {
    case utf8
    case latin1

    /// Accented ISO-8859-1 text is practically never valid UTF-8, so validity decides.
    init(of bytes: UnsafeRawBufferPointer) {
        self = String(validating: bytes, as: UTF8.self) == nil ? .latin1 : .utf8
    }

    func decode(_ bytes: UnsafeRawBufferPointer) -> String {
        switch self {
        case .utf8:
            return String(decoding: bytes, as: UTF8.self)
        case .latin1:
            var text = ""
            text.unicodeScalars.append(contentsOf: bytes.lazy.map { UnicodeScalar($0) })
            return text
        }
    }
}
