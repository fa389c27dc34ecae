/// The second pass: what the fields mean. Every function throws the complaint as a dead letter has it.
extension FieldTable {
    /// The major version that this code reads.
    private static let schemaVersion: UInt64 = 1

    func rejection(_ code: RejectionCode, _ field: EventField, _ expected: String) -> Rejection {
        let slot = self[field]
        guard slot.kind != .absent else {
            return Rejection(code, field: field.name.description, "expected \(expected), found nothing")
        }
        let found = Excerpt.of(text(of: slot))
        return Rejection(code, field: field.name.description, "expected \(expected), found \(found)")
    }

    private func isAbsent(_ field: EventField) -> Bool {
        self[field].kind == .absent || self[field].kind == .null
    }

    /// The number in `field`, or nil where it is absent.
    private func number(_ field: EventField, _ expected: String) throws(Rejection) -> JSONNumber? {
        if isAbsent(field) { return nil }
        guard self[field].kind == .number else { throw rejection(.malformed, field, expected) }
        return JSONNumber(text(of: self[field]))
    }

    /// An id: an integer of 1…2^63-1, however it is written (1193, 1193.0, 1.193e3).
    func id(_ field: EventField) throws(Rejection) -> Int64 {
        let expected = "a positive integer below 2^63"
        guard let number = try number(field, expected) else { throw rejection(.missingField, field, expected) }
        guard number.isIntegral, let id = number.scaledDown(), id > 0 else {
            throw rejection(.outOfRange, field, expected)
        }
        return id
    }

    /// An integer of `range`, or nil where it is absent. `isRoundedDown` takes fractions as well.
    func integer(_ field: EventField, in range: ClosedRange<Int64>, isRoundedDown: Bool = false) throws(Rejection)
        -> Int?
    {
        func complaint(_ code: RejectionCode) -> Rejection {
            let noun = isRoundedDown ? "a number" : "an integer"
            return rejection(code, field, "\(noun) of \(range.lowerBound) to \(range.upperBound)")
        }
        if isAbsent(field) { return nil }
        guard self[field].kind == .number else { throw complaint(.malformed) }
        let number = JSONNumber(text(of: self[field]))
        guard isRoundedDown || number.isIntegral, let value = number.scaledDown(), range.contains(value) else {
            throw complaint(.outOfRange)
        }
        return Int(value)
    }

    /// Half stars, or nil where there is no rating.
    func halfStars() throws(Rejection) -> UInt8? {
        let expected = "a number of 0.5 to 5 in halves"
        guard let number = try number(.rating, expected) else { return nil }
        guard let halfStars = number.halfStars else { throw rejection(.outOfRange, .rating, expected) }
        return halfStars
    }

    /// The raw body of a string, escapes kept, or nil where it is absent.
    func rawString(_ field: EventField, bytesMax: Int) throws(Rejection) -> JSONStringToken? {
        let slot = self[field]
        if isAbsent(field) { return nil }
        guard slot.kind == .string || slot.kind == .escapedString else {
            throw rejection(.malformed, field, "a string")
        }
        guard slot.count <= bytesMax else { throw rejection(.outOfRange, field, "at most \(bytesMax) bytes") }
        return token(slot)
    }

    /// The text of a string, or nil where it is absent; `bytesMax` counts its bytes without escapes. Allocates.
    func string(_ field: EventField, bytesMax: Int) throws(Rejection) -> String? {
        guard let token = try rawString(field, bytesMax: EventLimits.valueBytesMax) else { return nil }
        let plain = JSONText.unescaped(token)
        guard plain.count <= bytesMax else { throw rejection(.outOfRange, field, "at most \(bytesMax) bytes") }
        return String(decoding: plain, as: UTF8.self)
    }

    private func token(_ slot: Slot) -> JSONStringToken? {
        guard let base = bytes.baseAddress else { return nil }
        let start = base.assumingMemoryBound(to: UInt8.self) + Int(slot.start)
        return JSONStringToken(start: start, count: Int(slot.count), hasEscape: slot.kind == .escapedString)
    }

    /// SET where nothing else is said.
    func operation() throws(Rejection) -> Rating.Operation {
        let slot = self[.operation]
        switch slot.kind {
        case .absent, .null:
            return .set
        case .string:
            if text(of: slot).elementsEqual("SET".utf8) { return .set }
            if text(of: slot).elementsEqual("REMOVE".utf8) { return .remove }
        case .escapedString:
            switch try string(.operation, bytesMax: EventLimits.valueBytesMax) {
            case "SET": return .set
            case "REMOVE": return .remove
            default: break
            }
        case .number, .boolean, .array, .object:
            throw rejection(.malformed, .operation, "the string SET or REMOVE")
        }
        throw rejection(.outOfRange, .operation, "SET or REMOVE")
    }

    /// Milliseconds since 1970, or nil where it is absent: RFC 3339, or epoch seconds with or without a fraction.
    func eventTime(recordTimestamp: Int64) throws(Rejection) -> Int64? {
        let expected = "RFC 3339 or epoch seconds of 1970 to 9999"
        let slot = self[.eventTime]
        let time: Int64?
        switch slot.kind {
        case .absent, .null: return nil
        case .number: time = JSONNumber(text(of: slot)).scaledDown(power: 3)
        case .string: time = RFC3339.milliseconds(text(of: slot))
        case .escapedString:
            guard let token = token(slot) else { return nil }
            time = JSONText.unescaped(token).withUnsafeBytes { RFC3339.milliseconds($0) }
        case .boolean, .array, .object: throw rejection(.malformed, .eventTime, expected)
        }
        guard let time else {
            throw rejection(slot.kind == .number ? .outOfRange : .malformed, .eventTime, expected)
        }
        guard EventLimits.eventTimeMilliseconds.contains(time) else {
            // Milliseconds instead of seconds are the usual mistake, and land here or below.
            throw rejection(.outOfRange, .eventTime, expected)
        }
        guard EventTime.isPlausible(time, recordTimestamp: recordTimestamp) else {
            throw rejection(
                .outOfRange, .eventTime, "a time at most 5 minutes after the record's own (seconds, not ms)")
        }
        return time
    }

    /// Absent means 1; an integer or a text whose major part is 1 is known.
    func requireKnownVersion() throws(Rejection) {
        let slot = self[.schemaVersion]
        let isKnown: Bool
        switch slot.kind {
        case .absent, .null: isKnown = true
        case .number:
            let number = JSONNumber(text(of: slot))
            isKnown = number.scaledDown() == Int64(FieldTable.schemaVersion)
        case .string: isKnown = FieldTable.majorVersion(text(of: slot)) == FieldTable.schemaVersion
        case .escapedString, .boolean, .array, .object: isKnown = false
        }
        if !isKnown { throw rejection(.unknownVersion, .schemaVersion, "major version 1") }
    }

    /// The digits before the first point, if there is nothing else before it.
    private static func majorVersion(_ text: UnsafeRawBufferPointer) -> UInt64? {
        let major = text.prefix { $0 != UInt8(ascii: ".") }
        guard 1...18 ~= major.count, major.allSatisfy(JSONScanner.isDigit) else { return nil }
        return major.reduce(0) { $0 * 10 + UInt64($1 & 0x0F) }
    }
}

/// What the time of an event may be.
enum EventTime {
    /// Whether it lies no more than five minutes after the record's own timestamp. A record without one (negative,
    /// from brokers that did not keep any) gives nothing to compare with.
    @inline(__always)
    static func isPlausible(_ milliseconds: Int64, recordTimestamp: Int64) -> Bool {
        recordTimestamp < 0 || milliseconds &- recordTimestamp <= EventLimits.eventTimeAheadMillisecondsMax
    }
}
