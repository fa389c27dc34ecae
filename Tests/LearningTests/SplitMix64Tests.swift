import Learning
import Testing

struct SplitMix64Tests {
    /// From an implementation in numpy.
    static let known: [(seed: UInt64, sequence: [UInt64])] = [
        (0, [0xE220_A839_7B1D_CDAF, 0x6E78_9E6A_A1B9_65F4, 0x06C4_5D18_8009_454F, 0xF88B_B8A8_724C_81EC]),
        (1, [0x910A_2DEC_8902_5CC1, 0xBEEB_8DA1_658E_EC67, 0xF893_A2EE_FB32_555E, 0x71C1_8690_EE42_C90B]),
        (42, [0xBDD7_3226_2FEB_6E95, 0x28EF_E333_B266_F103, 0x4752_6757_130F_9F52, 0x581C_E1FF_0E4A_E394]),
        (1 << 63, [0x481E_C0A2_12A9_F3DB, 0xC46F_A638_A630_9012, 0x61A6_85FF_C80A_8140, 0x592E_2683_83E3_56F9]),
        (.max, [0xE4D9_7177_1B65_2C20, 0xE99F_F867_DBF6_82C9, 0x382F_F84C_B272_81E9, 0x6D1D_B36C_CBA9_82D2]),
    ]

    @Test(arguments: known)
    func sequencesAreTheKnownOnes(seed: UInt64, expected: [UInt64]) {
        var generator = SplitMix64(seed: seed)
        #expect(expected.indices.map { _ in generator.next() } == expected)
        #expect(SplitMix64.mix(seed &+ SplitMix64.increment) == expected[0])
        #expect(generator.state == seed &+ 4 &* SplitMix64.increment)
    }

    @Test func theFinaliserHasItsKnownValues() {
        #expect(SplitMix64.mix(0) == 0)
        #expect(SplitMix64.mix(1) == 0x5692_161D_100B_05E5)
        #expect(SplitMix64.mix(1 << 32) == 0xD820_B7E9_10B0_F93F)
        #expect(SplitMix64.mix(.max) == 0xB4D0_55FC_F2CB_BD7B)
    }

    /// 0xE220A8… >> 40 = 14819496, less 2^23 = 6430888; as many 2^-23ths.
    @Test func floatsAreTheTopBits() {
        var generator = SplitMix64(seed: 0)
        #expect(generator.nextSymmetric() * 8_388_608 == 6_430_888)
        var sum = 0.0
        var least: Float = 1
        var most: Float = -1
        for _ in 0..<100_000 {
            let value = generator.nextSymmetric()
            sum += Double(value)
            least = min(least, value)
            most = max(most, value)
        }
        #expect(least >= -1 && least < -0.999)
        #expect(most < 1 && most > 0.999)
        // Five standard deviations of the mean of a uniform distribution.
        #expect(abs(sum / 100_000) < 5 * (1.0 / 3).squareRoot() / 100_000.0.squareRoot())
    }
}
