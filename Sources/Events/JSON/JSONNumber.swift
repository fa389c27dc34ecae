/// A JSON number as an exact decimal: ±`mantissa` × 10^`exponent`, the mantissa without trailing zeros.
///
/// No detour over binary floating point: 45e-1 is four and a half, and 9007199254740993 stays what it is.
struct JSONNumber: Equatable {
    var isNegative = false
    var mantissa: UInt64 = 0
    var exponent = 0
    /// Digits that the mantissa has no room for were dropped; the value is cut toward zero.
    var isCut = false

    /// Reads a text that `JSONScanner` has found to be a number.
    init(_ text: UnsafeRawBufferPointer) {
        var index = 0
        if text[0] == UInt8(ascii: "-") {
            isNegative = true
            index = 1
        }
        var isFraction = false
        // Zeros are held back until a digit follows them, so trailing ones never enter the mantissa.
        var zeros = 0
        while index < text.count {
            let byte = text[index]
            index += 1
            if JSONScanner.isDigit(byte) {
                if isFraction { exponent -= 1 }
                if byte != UInt8(ascii: "0"), !isCut, append(byte & 0x0F, after: zeros) {
                    zeros = 0
                } else if mantissa != 0 {
                    zeros += 1
                }
            } else if byte == UInt8(ascii: ".") {
                isFraction = true
            } else {
                exponent += JSONNumber.explicitExponent(text, index)
                break
            }
        }
        exponent = mantissa == 0 ? 0 : exponent + zeros
    }

    private mutating func append(_ digit: UInt8, after zeros: Int) -> Bool {
        var grown = mantissa
        for _ in 0...zeros {
            let (product, overflow) = grown.multipliedReportingOverflow(by: 10)
            isCut = overflow
            if overflow { return false }
            grown = product
            if grown == 0 { break }
        }
        let (sum, overflow) = grown.addingReportingOverflow(UInt64(digit))
        isCut = overflow
        if overflow { return false }
        mantissa = sum
        return true
    }

    /// The exponent behind an `e`; beyond ±1,000,000 it makes no difference any more and is cut.
    private static func explicitExponent(_ text: UnsafeRawBufferPointer, _ first: Int) -> Int {
        var magnitude = 0
        for byte in text[first...] where JSONScanner.isDigit(byte) {
            magnitude = min(magnitude * 10 + Int(byte & 0x0F), 1_000_000)
        }
        return text[first] == UInt8(ascii: "-") ? -magnitude : magnitude
    }

    var isIntegral: Bool { exponent >= 0 && !isCut }

    /// The value × 10^`power`, rounded down, or nil if that leaves the range of `Int64`.
    func scaledDown(power: Int = 0) -> Int64? {
        var magnitude = mantissa
        var exponent = exponent + power
        var hasRest = isCut
        while exponent > 0 {
            let (product, overflow) = magnitude.multipliedReportingOverflow(by: 10)
            if overflow { return nil }
            magnitude = product
            exponent -= 1
        }
        while exponent < 0 && magnitude > 0 {
            hasRest = hasRest || magnitude % 10 != 0
            magnitude /= 10
            exponent += 1
        }
        guard magnitude <= Int64.max else { return nil }
        return isNegative ? -Int64(magnitude) - (hasRest ? 1 : 0) : Int64(magnitude)
    }

    /// The value in halves (9 for 4.5), or nil if it is no half-integer of 0.5…5.
    var halfStars: UInt8? {
        guard !isNegative, !isCut else { return nil }
        switch (exponent, mantissa) {
        case (0, 1...5): return UInt8(mantissa) * 2
        case (-1, 5...45) where mantissa % 5 == 0: return UInt8(mantissa / 5)
        default: return nil
        }
    }
}
