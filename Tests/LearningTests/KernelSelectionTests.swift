import CVectorKernels
import Learning
import Testing

/// Which kernels are in use is the whole process's, so each of these tests has a process of its own.
struct KernelSelectionTests {
    @Test func selectionRefusesWhatCannotRun() async {
        await #expect(processExitsWith: .success) {
            let before = mq_kernels()
            #expect(!mq_kernels_select(mq_variant(rawValue: 99)))
            #expect(mq_kernels() == before)
        }
    }

    @Test func everyVariantLearnsTheSameBits() async {
        await #expect(processExitsWith: .success) {
            var digests: [String] = []
            var predictions: [[UInt32]] = []
            for variant in [MQ_VARIANT_PLAIN, MQ_VARIANT_AVX2, MQ_VARIANT_AVX512] where mq_kernels_select(variant) {
                #expect(mq_kernels().pointee.variant == variant)
                let test = TestLearner()
                let ratings = LowRankRatings(seed: 77, users: 40, movies: 100).events
                test.apply(ratings)
                predictions.append(test.predictions(ratings.count).map(\.bitPattern))
                test.apply(MatrixFactorizationStreamTests.rethought(seed: 77))
                digests.append(try test.digest())
            }
            #expect(Set(digests).count == 1)
            #expect(Set(predictions).count == 1)
            #expect(!digests.isEmpty)
        }
    }
}
