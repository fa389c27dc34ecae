import CVectorKernels

/// What one core of this machine can do at most, measured: the roofline of a search (Williams, Waterman and Patterson,
/// "Roofline: an insightful visual performance model", 2009).
public struct MachineLimits: Sendable {
    /// Read over and over from as many bytes.
    public let readBytesPerSecond: Double
    /// Multiplications of bytes, each with its addition, over as many bytes.
    public let productsPerSecond: Double

    private static let rounds = 5

    /// - Parameters:
    ///   - bytes: How much is read: as much as what is searched, to be found in the same cache or in memory.
    ///   - secondsPerRound: The best of some rounds of this length counts.
    public init(bytes: Int, secondsPerRound: Double = 0.03) {
        // Pieces that all kernels take.
        let blocks = max(8, bytes / 512 * 8)
        let codes = UnsafeMutableRawPointer.allocate(byteCount: blocks * 64, alignment: 64)
        defer { codes.deallocate() }
        let floats = codes.bindMemory(to: Float.self, capacity: blocks * 16)
        for i in 0..<blocks * 16 { floats[i] = Float(i % 251) }
        let kernels: UnsafePointer<mq_index_kernel_table> = mq_index_kernels()
        let weights = (0..<UInt32(MQ_QUERIES_MAX)).map { $0 &* 0x0102_0304 }
        // What is computed is looked at, so that it is not left out.
        var seen: Float = 0
        readBytesPerSecond = Self.best(secondsPerRound, amount: blocks * 64) {
            seen += kernels.pointee.largest(floats, blocks * 16)
        }
        productsPerSecond = Self.best(secondsPerRound, amount: blocks * 64 * Int(MQ_QUERIES_MAX)) {
            seen += Float(kernels.pointee.sum_of_products(codes, blocks, weights) % 2)
        }
        precondition(seen >= 0)
    }

    private static func best(_ seconds: Double, amount: Int, _ body: () -> Void) -> Double {
        // For the benchmark's figures alone: no index looks at a clock.
        let clock = ContinuousClock()
        var best = 0.0
        for _ in 0..<rounds {
            let start = clock.now
            var (done, passed) = (0, 0.0)
            while passed < seconds {
                body()
                done += amount
                passed = (clock.now - start) / .seconds(1)
            }
            best = max(best, Double(done) / passed)
        }
        return best
    }
}
