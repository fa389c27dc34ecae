import Testing

@testable import Streaming

struct SettingsDifferenceTests {
    @Test func whatIsTheSameIsNotRepeated() {
        let heads = "two-heads seed=1; rating-head factors=14; blend drawn=128"
        #expect(
            "\(SettingsDifference(heads, heads + "; evict-after=100000 users,movies"))"
                == "with nothing, where this service has 'evict-after=100000 users,movies'")
        #expect(
            "\(SettingsDifference(heads, "two-heads seed=1; rating-head factors=30; blend drawn=128"))"
                == "with 'rating-head factors=14', where this service has 'rating-head factors=30'")
        let fusion = SettingsDifference("fusion digest=ab", heads).description
        #expect(fusion.contains("'fusion'") && fusion.contains("'two-heads'") && fusion.contains("--model"))
        #expect(SettingsDifference("fusion digest=ab", "fusion digest=cd").description.contains("digest=ab"))
    }
}
