import CVectorKernels
import Foundation
import Testing

/// Every variant against the plain twin, bit for bit, and the plain twin against its definition in Swift.
struct KernelsTests {
    @Test(arguments: KernelsNumbers.allCases)
    func dotIsTheSameInEveryVariant(numbers: KernelsNumbers) {
        var random = SeededRandom(seed: KernelsVariants.seed)
        for length in KernelsVariants.lengths {
            for _ in 0..<10 {
                let a = numbers.row(length, &random)
                let b = numbers.row(length, &random)
                let plain = KernelsVariants.plain().pointee.dot16(a, b, length)
                #expect(plain.bitPattern == definedDot(a, b).bitPattern, "seed \(KernelsVariants.seed)")
                for table in KernelsVariants.vectorised() {
                    let fast = table.pointee.dot16(a, b, length)
                    #expect(fast.bitPattern == plain.bitPattern, "seed \(KernelsVariants.seed), length \(length)")
                }
            }
        }
    }

    @Test(arguments: KernelsNumbers.allCases)
    func axpyIsTheSameInEveryVariant(numbers: KernelsNumbers) {
        var random = SeededRandom(seed: KernelsVariants.seed)
        for length in KernelsVariants.lengths {
            let alpha = numbers.value(&random)
            let x = numbers.row(length, &random)
            let y = numbers.row(length, &random)
            var plain = y
            KernelsVariants.plain().pointee.axpy(alpha, x, &plain, length)
            #expect(plain.bits == zip(x, y).map { fmaf(alpha, $0, $1).bitPattern })
            for table in KernelsVariants.vectorised() {
                var fast = y
                table.pointee.axpy(alpha, x, &fast, length)
                #expect(fast.bits == plain.bits, "seed \(KernelsVariants.seed), length \(length)")
            }
        }
    }

    @Test(arguments: KernelsNumbers.allCases)
    func factorisationStepIsTheSameInEveryVariant(numbers: KernelsNumbers) {
        var random = SeededRandom(seed: KernelsVariants.seed)
        for length in KernelsVariants.lengths {
            let error = Float.random(in: -2...2, using: &random)
            let (eta, reg): (Float, Float) = (0.03, 0.07)
            let u = numbers.row(length, &random)
            let m = numbers.row(length, &random)
            var (plainUser, plainMovie) = (u, m)
            KernelsVariants.plain().pointee.mf_step(&plainUser, &plainMovie, length, error, eta, reg)
            for i in 0..<length {
                let user = fmaf(eta, fmaf(error, m[i], -reg * u[i]), u[i])
                let movie = fmaf(eta, fmaf(error, u[i], -reg * m[i]), m[i])
                #expect(plainUser[i].bitPattern == user.bitPattern)
                #expect(plainMovie[i].bitPattern == movie.bitPattern)
            }
            for table in KernelsVariants.vectorised() {
                var (user, movie) = (u, m)
                table.pointee.mf_step(&user, &movie, length, error, eta, reg)
                #expect(user.bits == plainUser.bits, "seed \(KernelsVariants.seed), length \(length)")
                #expect(movie.bits == plainMovie.bits, "seed \(KernelsVariants.seed), length \(length)")
            }
        }
    }

    @Test(arguments: KernelsNumbers.allCases)
    func kalmanStepIsTheSameInEveryVariant(numbers: KernelsNumbers) {
        var random = SeededRandom(seed: KernelsVariants.seed)
        for length in [16, 32, 48] {
            let covariance = numbers.row(length * length, &random)
            let mean = numbers.row(length, &random)
            let other = numbers.row(length, &random)
            let drift = numbers.row(length, &random)
            let (gain, shrink): (Float, Float) = (0.3, 0.6)
            let plain = KernelsVariants.plain().pointee
            var x = [Float](repeating: 0, count: length)
            let share = plain.covariance_times(covariance, other, length, &x)
            for i in 0..<length {
                var sum: Float = 0
                for g in 0..<length { sum = fmaf(covariance[g * length + i], other[g], sum) }
                #expect(x[i].bitPattern == sum.bitPattern || x[i].isNaN && sum.isNaN)
            }
            var (plainMean, plainCovariance) = (mean, covariance)
            plain.kalman_step(&plainMean, &plainCovariance, x, length, gain, shrink, drift)
            for table in KernelsVariants.vectorised() {
                var fastX = [Float](repeating: 0, count: length)
                let fast = table.pointee.covariance_times(covariance, other, length, &fastX)
                #expect(fast.bitPattern == share.bitPattern || fast.isNaN && share.isNaN)
                #expect(isSame(fastX, x), "seed \(KernelsVariants.seed), length \(length)")
                var (fastMean, fastCovariance) = (mean, covariance)
                table.pointee.kalman_step(&fastMean, &fastCovariance, x, length, gain, shrink, drift)
                #expect(isSame(fastMean, plainMean), "seed \(KernelsVariants.seed), length \(length)")
                #expect(isSame(fastCovariance, plainCovariance), "seed \(KernelsVariants.seed), length \(length)")
            }
        }
    }

    @Test(arguments: KernelsNumbers.allCases)
    func diagonalStepIsTheSameInEveryVariant(numbers: KernelsNumbers) {
        var random = SeededRandom(seed: KernelsVariants.seed)
        for length in [16, 32, 48] {
            let mean = numbers.row(length, &random)
            let variance = numbers.row(length, &random)
            let other = numbers.row(length, &random)
            let drift = numbers.row(length, &random)
            let (gain, shrink): (Float, Float) = (-0.7, 0.6)
            var (plainMean, plainVariance) = (mean, variance)
            KernelsVariants.plain().pointee.diagonal_step(
                &plainMean, &plainVariance, other, length, gain, shrink, drift)
            let shares = zip(variance, other).map { $0 * $1 }
            #expect(isSame(plainMean, zip(shares, mean).map { fmaf(gain, $0, $1) }))
            let shrunk = (0..<length).map { variance[$0] / fmaf(shrink * shares[$0], other[$0], 1) + drift[$0] }
            #expect(isSame(plainVariance, shrunk))
            for table in KernelsVariants.vectorised() {
                var (fastMean, fastVariance) = (mean, variance)
                table.pointee.diagonal_step(&fastMean, &fastVariance, other, length, gain, shrink, drift)
                #expect(isSame(fastMean, plainMean), "seed \(KernelsVariants.seed), length \(length)")
                #expect(isSame(fastVariance, plainVariance), "seed \(KernelsVariants.seed), length \(length)")
            }
        }
    }

    /// By hand: a variance of 1/2 seen through 2, in noise of 1 (so that the rating varies by 3), errs by 3.
    @Test func diagonalStepOfOneCoordinate() {
        var mean = [Float](repeating: 0, count: 16)
        var variance = [Float](repeating: 0, count: 16)
        var other = [Float](repeating: 9, count: 16)
        (mean[3], variance[3], other[3]) = (1, 0.5, 2)
        let drift = [Float](repeating: 0, count: 16)
        // Others' uncertainty may be in it: here none is, and 1 is the noise.
        mq_kernels().pointee.diagonal_step(&mean, &variance, other, 16, 3 / 3, 1, drift)
        #expect(mean[3] == 2 && abs(variance[3] - 0.5 / 3) < 1e-7)
        #expect((0..<16).allSatisfy { $0 == 3 || mean[$0] == 0 && variance[$0] == 0 })
    }

    /// A NaN's sign and payload are free.
    private func isSame(_ left: [Float], _ right: [Float]) -> Bool {
        zip(left, right).allSatisfy { $0.bitPattern == $1.bitPattern || $0.isNaN && $1.isNaN }
    }

    /// Observations of a fixed product shrink the variance along it, and bring the mean there.
    @Test func kalmanStepsConverge() {
        let length = 16
        var mean = [Float](repeating: 0, count: length)
        var covariance = [Float](repeating: 0, count: length * length)
        for at in 0..<length { covariance[at * (length + 1)] = 1 }
        let other = (0..<length).map { Float($0 % 3) - 1 }
        let drift = [Float](repeating: 0, count: length)
        var x = [Float](repeating: 0, count: length)
        var before = Float.infinity
        for _ in 0..<200 {
            let share = mq_kernels().pointee.covariance_times(covariance, other, length, &x)
            #expect(share > 0 && share < before)
            before = share
            let error = 2 - mq_dot16(mean, other, length)
            mq_kernels().pointee.kalman_step(
                &mean, &covariance, x, length, error / (1 + share), 1 / (1 + share), drift)
        }
        #expect(abs(mq_dot16(mean, other, length) - 2) < 0.02)
    }

    /// The step is the gradient of the squared error: repeated, it drives the product to the target.
    @Test func factorisationStepLearns() {
        var user = [Float](repeating: 0.1, count: 32)
        var movie = [Float](repeating: 0.2, count: 32)
        for _ in 0..<2000 {
            let error = 3 - mq_dot16(user, movie, 32)
            mq_mf_step(&user, &movie, 32, error, 0.02, 0)
        }
        #expect(abs(mq_dot16(user, movie, 32) - 3) < 1e-3)
    }

    @Test func findReturnsTheFirstIndexInEveryVariant() {
        var random = SeededRandom(seed: KernelsVariants.seed)
        for length in 0...130 {
            let values = (0..<length).map { _ in UInt32.random(in: 0..<40, using: &random) }
            for needle in UInt32(0)..<41 {
                let expected = values.firstIndex(of: needle) ?? -1
                #expect(KernelsVariants.plain().pointee.find_u32(values, length, needle) == expected)
                for table in KernelsVariants.vectorised() {
                    #expect(table.pointee.find_u32(values, length, needle) == expected, "length \(length)")
                }
            }
        }
        let large: [UInt32] = [.max, 0, 0x8000_0000, 7] + [UInt32](repeating: 1, count: 16)
        #expect(mq_find_u32(large, large.count, 0x8000_0000) == 2)
    }

    @Test(arguments: KernelsNumbers.allCases)
    func reverseSearchFindsWhoseThresholdIsPassed(numbers: KernelsNumbers) {
        var random = SeededRandom(seed: KernelsVariants.seed)
        let (length, stride, userCount) = (32, 48, 301)
        let movie = numbers.row(length, &random)
        let users = numbers.row(stride * userCount, &random)
        let offset = numbers.value(&random)
        let scores = (0..<userCount).map { row in
            definedDot(movie, Array(users[row * stride..<row * stride + length])) + offset
        }
        // Thresholds at, just below and above the score, where a difference in rounding would show.
        let thresholds = scores.enumerated().map { row, score -> Float in
            switch row % 5 {
            case 0: return score
            case 1: return score.nextDown
            case 2: return score.nextUp
            case 3: return -.infinity
            default: return .infinity
            }
        }
        let expected = (0..<userCount).filter { thresholds[$0] == -.infinity || scores[$0] > thresholds[$0] }
        for table in KernelsVariants.vectorised() + [KernelsVariants.plain()] {
            var found = [UInt32](repeating: .max, count: userCount)
            let count = table.pointee.reverse_search(
                movie, offset, users, stride, length, thresholds, userCount, &found)
            #expect(found.prefix(count).map(Int.init) == expected, "seed \(KernelsVariants.seed)")
        }
    }

    @Test func onlyFiniteNumbersAreFinite() {
        for length in 0...40 {
            var values = [Float](repeating: -.greatestFiniteMagnitude, count: length)
            #expect(mq_all_finite(values, length))
            for place in 0..<length {
                for bad in [Float.infinity, -.infinity, .nan, .signalingNaN] {
                    let kept = values[place]
                    values[place] = bad
                    #expect(!mq_all_finite(values, length))
                    values[place] = kept
                }
            }
        }
    }

    /// The order of operations that the header promises, written out once more.
    private func definedDot(_ a: [Float], _ b: [Float]) -> Float {
        var sums = [Float](repeating: 0, count: 16)
        for i in a.indices { sums[i % 16] = fmaf(a[i], b[i], sums[i % 16]) }
        for half in [8, 4, 2, 1] {
            for lane in 0..<half { sums[lane] += sums[lane + half] }
        }
        return sums[0]
    }
}
