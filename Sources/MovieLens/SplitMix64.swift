/// Steele, Lea and Flood's SplitMix64 (OOPSLA 2014): the same numbers on every machine.
///
/// What is drawn from it uses additions, multiplications, divisions and square roots alone, all of them exact in
/// IEEE 754, so that a made-up data set is the same bytes everywhere.
struct SplitMix64 {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    @inline(__always)
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// 0..<bound, by Lemire's multiplication; its bias, below bound / 2^64, does not matter here.
    @inline(__always)
    mutating func below(_ bound: Int) -> Int {
        Int(truncatingIfNeeded: next().multipliedFullWidth(by: UInt64(bound)).high)
    }

    /// 0..<1.
    @inline(__always)
    mutating func uniform() -> Float { Float(next() >> 40) * 0x1p-24 }

    /// Nearly normal with mean 0 and variance 1: the sum of four uniforms of 16 bits each, from one draw.
    @inline(__always)
    mutating func normal() -> Float {
        let bits = next()
        let sum = (bits & 0xFFFF) + (bits >> 16 & 0xFFFF) + (bits >> 32 & 0xFFFF) + (bits >> 48)
        // Each has mean 65535/2 and variance (2^32 - 1)/12.
        return (Float(sum) - 131_070) * (1 / 37_837.2285)
    }

    mutating func element<Element>(of array: [Element]) -> Element { array[below(array.count)] }
}
