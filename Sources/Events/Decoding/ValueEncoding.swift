/// How a record's value is encoded: the seam where further input encodings join.
enum ValueEncoding {
    case json
    case protobuf
    /// Confluent's wire format: a zero byte, a schema id of four bytes, the payload.
    case confluentFrame
    /// The content type names something that Marquee does not know.
    case other

    /// Tells it by the first byte and the `content-type` header. `value` must not be empty.
    ///
    /// A zero byte begins no JSON text, so it means a frame whatever the header says, except for Protobuf's, where
    /// it could only be a broken tag.
    static func detect(_ value: UnsafeRawBufferPointer, _ contentType: ContentType) -> ValueEncoding {
        switch contentType {
        case .protobuf: .protobuf
        case .other: .other
        case .json, .unspecified: value[0] == 0 ? .confluentFrame : .json
        }
    }

    /// Throws for the encodings that are not read yet.
    func requireReadable() throws(Rejection) {
        switch self {
        case .json: return
        case .protobuf: throw unreadable("content type application/x-protobuf")
        case .confluentFrame: throw unreadable("a Confluent frame (first byte 0x00)")
        case .other: throw unreadable("another content type")
        }
    }

    private func unreadable(_ found: String) -> Rejection {
        Rejection(.malformed, "only JSON (application/json) is read so far, found \(found)")
    }
}
