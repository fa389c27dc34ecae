import Testing

@testable import Events

struct JSONNumberTests {
    private func number(_ text: String) -> JSONNumber { Array(text.utf8).withUnsafeBytes { JSONNumber($0) } }

    @Test func isCanonical() {
        for text in ["4500", "45e2", "4.5e3", "4500.000", "0.0045e6", "450000000E-5"] {
            let number = number(text)
            #expect(number.mantissa == 45 && number.exponent == 2 && !number.isNegative && !number.isCut, "\(text)")
        }
        for text in ["0", "-0", "0.000", "0e99", "0.0e-99"] {
            #expect(number(text).mantissa == 0 && number(text).exponent == 0, "\(text)")
        }
    }

    @Test func longNumbersAreCutTowardZero() {
        let long = number("18446744073709551616")
        #expect(long.isCut && long.mantissa == 1_844_674_407_370_955_161 && long.exponent == 1)
        #expect(number("18446744073709551615").mantissa == .max)
        #expect(number("1" + String(repeating: "0", count: 60_000)).exponent == 60_000)
        #expect(number("0." + String(repeating: "0", count: 60_000) + "1").exponent == -60_001)
        #expect(number("1e99999999999999999999").exponent == 1_000_000)
        #expect(number("1" + String(repeating: "0", count: 30) + "1").isCut)
    }

    @Test func scaling() {
        #expect(number("978300760.1239").scaledDown(power: 3) == 978_300_760_123)
        #expect(number("-0.5").scaledDown() == -1)
        #expect(number("-2").scaledDown() == -2)
        #expect(number("9223372036854775807").scaledDown() == .max)
        #expect(number("9223372036854775808").scaledDown() == nil)
        #expect(number("1e1000000").scaledDown() == nil)
        #expect(number("1e-1000000").scaledDown() == 0)
    }

    @Test func halvesOnly() {
        for half in 1...10 { #expect(number("\(Double(half) / 2)").halfStars == UInt8(half)) }
        for text in ["0", "5.5", "0.25", "4.75", "50", "-1", "0.05", "1e1", "4.6"] {
            #expect(number(text).halfStars == nil, "\(text)")
        }
    }

    @Test func wordsOfDigitsAndText() {
        for count in 1...8 {
            let digits = Array("98765432".utf8.prefix(count))
            let word = digits.withUnsafeBufferPointer { ByteWord.load($0.baseAddress!, count: count) }
            #expect(ByteWord.digitCount(word) == count)
            #expect(ByteWord.decimal(word, count: count) == UInt64(String(decoding: digits, as: UTF8.self)))
        }
        // Every byte at every place: what stops a run of digits or of plain text, and what does not.
        for byte in UInt8.min...UInt8.max {
            for place in 0..<8 {
                for filler in [UInt8(ascii: "0"), UInt8(ascii: "9")] {
                    var bytes = [UInt8](repeating: filler, count: 8)
                    bytes[place] = byte
                    let word = bytes.withUnsafeBufferPointer { ByteWord.load($0.baseAddress!) }
                    let isDigit = 0x30...0x39 ~= byte
                    #expect(ByteWord.digitCount(word) == (isDigit ? 8 : place))
                    let isPlain = 0x20...0x7F ~= byte && byte != 0x22 && byte != 0x5C
                    #expect(ByteWord.plainTextCount(word) == (isPlain ? 8 : place))
                }
            }
        }
    }

    @Test func civilDatesCountUp() {
        var expected = CivilDate(year: -1, month: 12, day: 31)
        for days in -719_529...200_000 {
            let date = CivilDate(daysSince1970: days)
            if date != expected || date.daysSince1970 != days {
                Issue.record("day \(days): \(date), expected \(expected)")
                return
            }
            expected.day += 1
            if expected.day > CivilDate.daysInMonth(expected.month, year: expected.year) {
                expected.day = 1
                expected.month += 1
            }
            if expected.month > 12 {
                expected.month = 1
                expected.year += 1
            }
        }
    }
}
