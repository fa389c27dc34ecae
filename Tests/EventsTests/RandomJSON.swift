/// Random texts and rating documents that are valid, in many spellings.
enum RandomJSON {
    /// Up to 12 characters, plain and awkward ones.
    static func text(_ generator: inout SeededGenerator) -> String {
        let characters: [Character] = ["a", "B", "7", " ", "\"", "\\", "/", "\n", "\u{1}", "é", "→", "😀", "{", ","]
        let count = Int.random(in: 0...12, using: &generator)
        return String((0..<count).map { _ in characters.randomElement(using: &generator) ?? "a" })
    }

    /// A document that the decoder must take, with the row that it must become. A plain one has numbers and keys in
    /// their usual form.
    static func rating(_ generator: inout SeededGenerator, isPlain: Bool = false) -> RandomRating {
        var fields: [(String, String)] = []
        let user = id(&generator, isPlain)
        let movie = id(&generator, isPlain)
        fields.append(("user_id", user.text))
        fields.append(("movie_id", movie.text))
        let isRemoval = Int.random(in: 0..<8, using: &generator) == 0
        var halfStars: UInt8 = 0
        if !isRemoval || Bool.random(using: &generator) {
            halfStars = UInt8.random(in: 1...10, using: &generator)
            fields.append(("rating", stars(halfStars, &generator, isPlain)))
        }
        if isRemoval {
            fields.append(("op", "\"REMOVE\""))
        } else if Bool.random(using: &generator) {
            fields.append(("op", "\"SET\""))
        }
        var time: Int64?
        if Bool.random(using: &generator) {
            let seconds = Int64.random(in: 1...1_767_225_600, using: &generator)
            time = seconds * 1000
            fields.append(("event_time", "\(seconds)"))
        }
        var eventID = ""
        if Bool.random(using: &generator) {
            eventID =
                ["123456", "é-7", "a\\\"b", "\\u00e9", "", "0123456789abcdef"].randomElement(using: &generator) ?? ""
            fields.append(("event_id", "\"\(eventID)\""))
        }
        if Bool.random(using: &generator) {
            fields.append(
                (
                    "schema_version",
                    (isPlain ? ["1"] : ["1", "\"1.4\"", "null"]).randomElement(using: &generator) ?? "1"
                ))
        }
        for index in 0..<Int.random(in: 0...2, using: &generator) {
            fields.append(("x\(index)", value(&generator, depth: 0)))
        }
        fields.shuffle(using: &generator)

        var text = space(&generator) + "{"
        for (index, (name, value)) in fields.enumerated() {
            if index > 0 { text += "," }
            text +=
                space(&generator) + key(name, &generator, isPlain) + space(&generator) + ":" + space(&generator) + value
            text += space(&generator)
        }
        text += "}" + space(&generator)
        return RandomRating(
            text: text, userID: user.value, movieID: movie.value, halfStars: halfStars, isRemoval: isRemoval,
            eventTime: time, eventID: eventID)
    }

    private static func id(_ generator: inout SeededGenerator, _ isPlain: Bool) -> (text: String, value: Int64) {
        let value = Int64.random(in: 1...(.max >> Int64.random(in: 0...62, using: &generator)), using: &generator)
        if isPlain { return ("\(value)", value) }
        switch Int.random(in: 0..<10, using: &generator) {
        case 0: return ("\(value).0", value)
        case 1 where value < 1_000_000: return ("\(value * 100)e-2", value)
        default: return ("\(value)", value)
        }
    }

    private static func stars(_ halfStars: UInt8, _ generator: inout SeededGenerator, _ isPlain: Bool) -> String {
        let isWhole = halfStars % 2 == 0
        switch isPlain ? 2 : Int.random(in: 0..<4, using: &generator) {
        case 0: return "\(Int(halfStars) * 5)e-1"
        case 1: return "\(halfStars / 2).\(isWhole ? "0" : "5")00"
        case 2 where isWhole: return "\(halfStars / 2)"
        default: return "\(halfStars / 2).\(isWhole ? "0" : "5")"
        }
    }

    /// Now and then one character of a key is written as an escape.
    private static func key(_ name: String, _ generator: inout SeededGenerator, _ isPlain: Bool) -> String {
        guard !isPlain, Int.random(in: 0..<12, using: &generator) == 0, let first = name.utf8.first else {
            return "\"\(name)\""
        }
        return "\"\\u00\(String(first, radix: 16))\(name.dropFirst())\""
    }

    private static func space(_ generator: inout SeededGenerator) -> String {
        Int.random(in: 0..<4, using: &generator) > 0
            ? "" : [" ", "\n", "\t ", "\r\n    "].randomElement(using: &generator) ?? ""
    }

    static func value(_ generator: inout SeededGenerator, depth: Int) -> String {
        switch Int.random(in: 0..<(depth < 4 ? 8 : 6), using: &generator) {
        case 0: return "null"
        case 1: return "true"
        case 2: return "false"
        case 3: return "\(Int32.random(in: .min ... .max, using: &generator))"
        case 4: return ["-0.5", "1e5", "2.25E-3", "0", "-0"].randomElement(using: &generator) ?? "0"
        case 5:
            return ["\"\"", "\"}\"", "\"\\\"\"", "\"é→\"", "\"\\ud83d\\ude00\""].randomElement(using: &generator)
                ?? "\"\""
        case 6:
            let count = Int.random(in: 0...3, using: &generator)
            return "[" + (0..<count).map { _ in value(&generator, depth: depth + 1) }.joined(separator: " , ") + "]"
        default:
            let count = Int.random(in: 0...3, using: &generator)
            return "{"
                + (0..<count).map { "\"user_id\($0)\": " + value(&generator, depth: depth + 1) }.joined(separator: ",")
                + "}"
        }
    }
}

struct RandomRating {
    var text: String
    var userID: Int64
    var movieID: Int64
    var halfStars: UInt8
    var isRemoval: Bool
    var eventTime: Int64?
    /// As it stands between its quotes.
    var eventID: String
}
