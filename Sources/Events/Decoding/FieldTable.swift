/// Where the known fields of one JSON object stand: the first of two passes, which checks the syntax of the whole
/// document before any value is judged. Of duplicate keys the last one stays. Allocates nothing unless a key has
/// escapes.
struct FieldTable {
    enum Kind: UInt8 {
        case absent, null, string, escapedString, number, boolean, array, object
    }

    struct Slot {
        var start: UInt32 = 0
        /// Bytes; for a string those between its quotes.
        var count: UInt32 = 0
        var kind = Kind.absent
    }

    let bytes: UnsafeRawBufferPointer
    /// One for each case of `EventField`.
    private var slots = [14 of Slot](repeating: Slot())
    /// The first field that held NaN or an infinity, which is no JSON but what many writers make of such a number.
    private var nonFiniteField: EventField?

    subscript(field: EventField) -> Slot { slots[field.rawValue] }

    /// The bytes that `slot` names.
    func text(of slot: Slot) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[Int(slot.start)..<Int(slot.start) + Int(slot.count)])
    }

    /// Scans a document and says what is wrong with it as a whole. A foreign `schema_version` wins over every other
    /// complaint: of a message that a newer producer wrote nothing else can be judged.
    init(scanning bytes: UnsafeRawBufferPointer) throws(Rejection) {
        self.bytes = bytes
        var syntaxError: JSONSyntaxError?
        do throws(JSONSyntaxError) {
            try scan()
        } catch {
            syntaxError = error
        }
        try requireKnownVersion()
        if let syntaxError { throw syntaxError.rejection(in: bytes) }
        if let nonFiniteField {
            let code: RejectionCode = nonFiniteField.isNumeric ? .outOfRange : .malformed
            throw Rejection(
                code, field: nonFiniteField.name.description, "expected a finite value, found NaN or infinity")
        }
    }

    private mutating func scan() throws(JSONSyntaxError) {
        guard var scanner = JSONScanner(bytes) else {
            throw JSONSyntaxError(expectation: .object, position: 0)
        }
        scanner.skipWhitespace()
        guard scanner.byte == UInt8(ascii: "{") else { throw scanner.failure(.object) }
        scanner.cursor += 1
        scanner.skipWhitespace()
        if scanner.byte == UInt8(ascii: "}") {
            scanner.cursor += 1
        } else {
            repeat {
                guard scanner.byte == UInt8(ascii: "\"") else { throw scanner.failure(.key) }
                let key = try scanner.string()
                try scanner.skipColon()
                try scanValue(&scanner, of: EventField.named(key))
            } while try !scanner.skipSeparator(closing: UInt8(ascii: "}"))
        }
        scanner.skipWhitespace()
        guard scanner.cursor == scanner.end else { throw scanner.failure(.endOfDocument) }
    }

    private mutating func scanValue(_ scanner: inout JSONScanner, of field: EventField?) throws(JSONSyntaxError) {
        guard let field else { return try scanner.skipValue() }
        let start = scanner.position
        let kind: Kind
        switch scanner.byte {
        case UInt8(ascii: "\""):
            let token = try scanner.string()
            slots[field.rawValue] = Slot(
                start: UInt32(start + 1), count: UInt32(token.count), kind: token.hasEscape ? .escapedString : .string)
            return
        case UInt8(ascii: "{"): kind = .object
        case UInt8(ascii: "["): kind = .array
        case UInt8(ascii: "t"), UInt8(ascii: "f"): kind = .boolean
        case UInt8(ascii: "n"): kind = .null
        default:
            if scanner.skip("NaN") || scanner.skip("Infinity") || scanner.skip("-Infinity") {
                nonFiniteField = nonFiniteField ?? field
                return
            }
            kind = .number
        }
        try scanner.skipValue()
        slots[field.rawValue] = Slot(
            start: UInt32(start), count: UInt32(scanner.position - start), kind: kind)
    }
}

extension JSONSyntaxError {
    /// The complaint as a dead letter has it.
    func rejection(in bytes: UnsafeRawBufferPointer) -> Rejection {
        let expected =
            switch expectation {
            case .object: "a JSON object"
            case .key: "a key in quotes"
            case .colon: "a colon"
            case .commaOrEnd: "a comma or a closing bracket"
            case .value: "a JSON value"
            case .digit: "a digit"
            case .closingQuote: "a closing quote"
            case .escape: "a valid escape"
            case .noControlCharacter: "control characters to be escaped"
            case .utf8: "valid UTF-8"
            case .lessNesting: "at most \(EventLimits.nestingDepthMax) levels of nesting"
            case .endOfDocument: "nothing after the object"
            }
        let rest = UnsafeRawBufferPointer(rebasing: bytes[min(position, bytes.count)...])
        let found = rest.isEmpty ? "the end" : Excerpt.of(rest)
        return Rejection(.malformed, "expected \(expected) at byte \(position), found \(found)")
    }
}
