/// Writes the input messages as JSON, one after the other, into a buffer: for producers.
///
/// Fields come in the order of the contract, absent ones are left out, nothing is spaced. An event time is written
/// as integer epoch seconds where it has no milliseconds, else as RFC 3339 in UTC.
public enum JSONEventWriter {
    /// Appends a value for the `ratings` topic, without allocating when the rating has no event id.
    public static func append(_ rating: Rating, to buffer: ByteBuffer) {
        // Room for all but the event id, so that the numbers are written without further checks.
        let start = buffer.reserve(256)
        var place = start
        place.write("{\"user_id\":")
        place += DecimalDigits.write(rating.userID, to: place)
        place.write(",\"movie_id\":")
        place += DecimalDigits.write(rating.movieID, to: place)
        if rating.halfStars > 0 {
            place.write(",\"rating\":")
            place += DecimalDigits.write(UInt64(rating.halfStars / 2), to: place)
            if rating.halfStars % 2 == 1 { place.write(".5") }
        }
        if rating.operation == .remove { place.write(",\"op\":\"REMOVE\"") }
        if let time = rating.eventTimeMilliseconds { place.write(eventTime: time) }
        buffer.advance(by: place - start)
        if let eventID = rating.eventID {
            buffer.append(",\"event_id\":")
            buffer.appendJSONString(eventID)
        }
        buffer.append(UInt8(ascii: "}"))
    }

    /// Appends a value for the `movies` topic.
    public static func append(_ movie: Movie, to buffer: ByteBuffer) {
        buffer.append("{\"movie_id\":")
        buffer.appendDecimal(movie.movieID)
        buffer.append(",\"title\":")
        buffer.appendJSONString(movie.title)
        if let year = movie.year {
            buffer.append(",\"year\":")
            buffer.appendDecimal(Int64(year))
        }
        buffer.append(",\"genres\":[")
        for (index, genre) in movie.genres.enumerated() {
            if index > 0 { buffer.append(UInt8(ascii: ",")) }
            buffer.appendJSONString(genre)
        }
        buffer.append(UInt8(ascii: "]"))
        if let time = movie.eventTimeMilliseconds { append(eventTime: time, to: buffer) }
        buffer.append(UInt8(ascii: "}"))
    }

    /// Appends a value for the `users` topic.
    public static func append(_ profile: UserProfile, to buffer: ByteBuffer) {
        buffer.append("{\"user_id\":")
        buffer.appendDecimal(profile.userID)
        switch profile.gender {
        case .male: buffer.append(",\"gender\":\"M\"")
        case .female: buffer.append(",\"gender\":\"F\"")
        case nil: break
        }
        if let age = profile.age {
            buffer.append(",\"age\":")
            buffer.appendDecimal(Int64(age))
        }
        if let occupation = profile.occupation {
            buffer.append(",\"occupation\":")
            buffer.appendDecimal(Int64(occupation))
        }
        if let zip = profile.zip {
            buffer.append(",\"zip\":")
            buffer.appendJSONString(zip)
        }
        if let time = profile.eventTimeMilliseconds { append(eventTime: time, to: buffer) }
        buffer.append(UInt8(ascii: "}"))
    }

    private static func append(eventTime: Int64, to buffer: ByteBuffer) {
        let start = buffer.reserve(64)
        var place = start
        place.write(eventTime: eventTime)
        buffer.advance(by: place - start)
    }
}

extension ByteBuffer {
    /// Appends `text` in quotes, escaped.
    fileprivate func appendJSONString(_ text: String) {
        append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { JSONText.appendEscaped(UnsafeRawBufferPointer($0), to: self) }
        append(UInt8(ascii: "\""))
    }
}

extension UnsafeMutablePointer<UInt8> {
    /// Writes `text` and moves behind it.
    @inline(__always)
    mutating func write(_ text: StaticString) {
        UnsafeMutableRawPointer(self).copyMemory(from: text.utf8Start, byteCount: text.utf8CodeUnitCount)
        self += text.utf8CodeUnitCount
    }

    /// Writes `bytes` and moves behind them.
    @inline(__always)
    mutating func write(_ bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress else { return }
        UnsafeMutableRawPointer(self).copyMemory(from: source, byteCount: bytes.count)
        self += bytes.count
    }

    fileprivate mutating func write(eventTime milliseconds: Int64) {
        write(",\"event_time\":")
        if milliseconds % 1000 == 0 {
            self += DecimalDigits.write(milliseconds / 1000, to: self)
        } else {
            var writer = TimestampWriter()
            writer.writeQuoted(milliseconds, to: self)
            self += TimestampWriter.byteCount + 2
        }
    }
}
