/// Draws of row numbers for learning: a linear congruential generator (Knuth's MMIX constants) whose state is part of the
/// learnt state.
struct RandomDraws {
    var state: UInt64

    /// A number below `count`, which is not 0, by multiplication (Lemire, "Fast Random Integer Generation in an Interval",
    /// 2019); its bias is below count / 2³².
    @inline(__always)
    mutating func next(below count: UInt32) -> UInt32 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt32(truncatingIfNeeded: ((state &>> 32) &* UInt64(count)) &>> 32)
    }
}
