extension JSONScanner {
    /// Moves over the value at the cursor, of any kind, and checks its syntax. `depth` is the number of arrays and
    /// objects around it, not counting the document itself.
    mutating func skipValue(depth: Int = 0) throws(JSONSyntaxError) {
        switch byte {
        case UInt8(ascii: "\""):
            _ = try string()
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            try skipNumber()
        case UInt8(ascii: "{"):
            try skipObject(depth: depth)
        case UInt8(ascii: "["):
            try skipArray(depth: depth)
        case UInt8(ascii: "t"):
            if !skip("true") { throw failure(.value) }
        case UInt8(ascii: "f"):
            if !skip("false") { throw failure(.value) }
        case UInt8(ascii: "n"):
            if !skip("null") { throw failure(.value) }
        default:
            throw failure(.value)
        }
    }

    private mutating func skipNumber() throws(JSONSyntaxError) {
        if byte == UInt8(ascii: "-") { cursor += 1 }
        if byte == UInt8(ascii: "0") {
            cursor += 1
        } else {
            try skipDigits()
        }
        if byte == UInt8(ascii: ".") {
            cursor += 1
            try skipDigits()
        }
        if byte | 0x20 == UInt8(ascii: "e") {
            cursor += 1
            if byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") { cursor += 1 }
            try skipDigits()
        }
    }

    private mutating func skipDigits() throws(JSONSyntaxError) {
        let first = cursor
        while JSONScanner.isDigit(byte) { cursor += 1 }
        if cursor == first { throw failure(.digit) }
    }

    private mutating func skipObject(depth: Int) throws(JSONSyntaxError) {
        guard depth < EventLimits.nestingDepthMax else { throw failure(.lessNesting) }
        cursor += 1
        skipWhitespace()
        if byte == UInt8(ascii: "}") {
            cursor += 1
            return
        }
        while true {
            guard byte == UInt8(ascii: "\"") else { throw failure(.key) }
            _ = try string()
            try skipColon()
            try skipValue(depth: depth + 1)
            if try skipSeparator(closing: UInt8(ascii: "}")) { return }
        }
    }

    private mutating func skipArray(depth: Int) throws(JSONSyntaxError) {
        guard depth < EventLimits.nestingDepthMax else { throw failure(.lessNesting) }
        cursor += 1
        skipWhitespace()
        if byte == UInt8(ascii: "]") {
            cursor += 1
            return
        }
        while true {
            try skipValue(depth: depth + 1)
            if try skipSeparator(closing: UInt8(ascii: "]")) { return }
        }
    }

    /// Moves from behind a key to its value.
    mutating func skipColon() throws(JSONSyntaxError) {
        skipWhitespace()
        guard byte == UInt8(ascii: ":") else { throw failure(.colon) }
        cursor += 1
        skipWhitespace()
    }

    /// Moves from behind an element to the next one, or behind the closing bracket: then it returns true.
    mutating func skipSeparator(closing: UInt8) throws(JSONSyntaxError) -> Bool {
        skipWhitespace()
        if byte == closing {
            cursor += 1
            return true
        }
        guard byte == UInt8(ascii: ",") else { throw failure(.commaOrEnd) }
        cursor += 1
        skipWhitespace()
        return false
    }
}
