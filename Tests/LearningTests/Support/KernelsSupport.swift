import CVectorKernels

/// Kinds of numbers that break kernels which round, flush or order differently.
enum KernelsNumbers: CaseIterable {
    case ordinary, huge, tiny, denormal, zero, negative, equal, mixed

    func value(_ random: inout SeededRandom) -> Float {
        switch self {
        case .ordinary: return Float.random(in: -1...1, using: &random)
        case .huge: return Float.random(in: -1e18...1e18, using: &random)
        case .tiny: return Float.random(in: -1e-18...1e-18, using: &random)
        case .denormal: return Float(bitPattern: UInt32.random(in: 0..<0x0080_0000, using: &random))
        case .zero: return Bool.random(using: &random) ? 0 : -0.0
        case .negative: return Float.random(in: -3 ... -1, using: &random)
        case .equal: return 0.1
        case .mixed:
            let kinds: [KernelsNumbers] = [.ordinary, .huge, .tiny, .denormal, .zero]
            return kinds.randomElement(using: &random)?.value(&random) ?? 0
        }
    }

    func row(_ count: Int, _ random: inout SeededRandom) -> [Float] {
        (0..<count).map { _ in value(&random) }
    }
}

typealias KernelTable = UnsafePointer<mq_kernel_table>

enum KernelsVariants {
    static let lengths = Array(stride(from: 16, through: 208, by: 16))
    static let seed: UInt64 = 20_260_801

    static func plain() -> KernelTable { mq_kernels_of(MQ_VARIANT_PLAIN) }

    /// The variants beside the plain one that this processor runs.
    static func vectorised() -> [KernelTable] {
        [MQ_VARIANT_AVX2, MQ_VARIANT_AVX512].compactMap { mq_kernels_of($0) }
    }
}

extension [Float] {
    var bits: [UInt32] { map(\.bitPattern) }
}
