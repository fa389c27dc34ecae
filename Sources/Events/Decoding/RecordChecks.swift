/// The checks of a record as a whole, the same for every topic, in the order in which they are made: size, empty
/// value, encoding, then the document (version first), then the key.
extension RawRecord {
    var isTombstone: Bool { value.baseAddress == nil }

    /// The fields of a value that is there.
    func fields() throws(Rejection) -> FieldTable {
        guard value.count <= EventLimits.valueBytesMax else {
            throw Rejection(
                .tooLarge, "expected at most \(EventLimits.valueBytesMax) bytes, found \(value.count)")
        }
        guard !value.isEmpty else { throw Rejection(.malformed, "expected a JSON object, found an empty value") }
        try ValueEncoding.detect(value, contentType).requireReadable()
        return try FieldTable(scanning: value)
    }

    /// A key must be the id's digits; a null key is let pass, since it says nothing that could be wrong.
    func requireKey(_ id: Int64, _ field: EventField) throws(Rejection) {
        guard key.baseAddress != nil, keyID != id else { return }
        throw Rejection(
            .keyMismatch, field: field.name.description,
            "expected the key to be \(id) in UTF-8 digits, found \(Excerpt.of(key))")
    }

    /// The id of a record without a value, which only its key names.
    func requireKeyID(_ field: EventField) throws(Rejection) -> Int64 {
        guard key.baseAddress != nil else {
            throw Rejection(
                .keyMismatch, field: field.name.description, "expected a key beside a null value, found none")
        }
        guard let id = keyID else {
            throw Rejection(
                .keyMismatch, field: field.name.description,
                "expected the key to be a positive integer below 2^63, found \(Excerpt.of(key))")
        }
        return id
    }

    /// The key as an id: digits without sign or leading zero, 1…2^63-1.
    private var keyID: Int64? {
        guard 1...19 ~= key.count, key[0] != UInt8(ascii: "0") else { return nil }
        var id: Int64 = 0
        for byte in key {
            guard JSONScanner.isDigit(byte) else { return nil }
            let (product, isTooLarge) = id.multipliedReportingOverflow(by: 10)
            let (sum, overflows) = product.addingReportingOverflow(Int64(byte & 0x0F))
            if isTooLarge || overflows { return nil }
            id = sum
        }
        return id
    }
}
