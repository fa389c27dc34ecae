import CVectorKernels
import Events
import FusionTestSupport
import Testing

@testable import Learning

@Suite(.serialized) struct FusionTowersTests {
    static let dimensions: [FusionDimensions] = {
        var wide = MadeUpModel.oddDimensions
        wide.convolutionWidth = 5
        wide.tower = 48
        var lone = MadeUpModel.oddDimensions
        lone.convolutionWidth = 1
        return [MadeUpModel.oddDimensions, wide, lone, FusionDimensions()]
    }()

    private func cosine(_ a: [Float], _ b: [Double]) -> Double {
        LayeredTowers.cosine(a.prefix(b.count).map(Double.init), b)
    }

    @Test(arguments: dimensions)
    func theFoldedTowersAreTheLayeredOnes(_ dimensions: FusionDimensions) {
        let model = MadeUpModel.make(dimensions)
        let towers = FusionTowers(model.parameters)
        let layered = LayeredTowers(model.parameters)
        var vector = [Float](repeating: 0, count: towers.paddedDimension)
        func isOfLengthOne() -> Bool { abs(vector.reduce(0) { $0 + $1 * $1 } - 1) < 1e-5 }

        for user in model.users {
            vector = model.userVector(user, FusionProfile(), towers)
            #expect(abs(cosine(vector, layered.user(Int(user.id), user.profile)) - 1) < 1e-9 && isOfLengthOne())
        }
        for (position, movie) in model.movies.enumerated() {
            model.movieVector(position, towers, into: &vector)
            let expected = layered.movie(Int(movie.movieID), model.features(of: movie))
            #expect(abs(cosine(vector, expected) - 1) < 1e-9 && isOfLengthOne())
            #expect(vector.dropFirst(dimensions.tower).allSatisfy { $0 == 0 })
        }
    }

    @Test func whatIsUnknownAddsNothing() {
        let model = MadeUpModel.make()
        let towers = FusionTowers(model.parameters)
        let layered = LayeredTowers(model.parameters)
        var vector = [Float](repeating: 0, count: towers.paddedDimension)
        let bare = FusionMovieFeatures(genres: [], words: [])
        towers.movie(bare, embedding: model.meanMovieEmbedding(), into: &vector)
        let movie = layered.movie(0, bare, embedding: model.meanMovieEmbedding().map(Double.init))
        #expect(abs(cosine(vector, movie) - 1) < 1e-9)
        let user = layered.user(0, FusionProfile(), embedding: model.meanUserEmbedding().map(Double.init))
        #expect(abs(cosine(model.userVector(nil, FusionProfile(), towers), user) - 1) < 1e-9)
    }

    @Test func everyKernelVariantGivesTheSameBits() {
        let model = MadeUpModel.make(FusionDimensions())
        var results: Set<[UInt32]> = []
        for variant in [MQ_VARIANT_PLAIN, MQ_VARIANT_AVX2, MQ_VARIANT_AVX512] where mq_kernels_select(variant) {
            let towers = FusionTowers(model.parameters)
            var vectors: [Float] = []
            var vector = [Float](repeating: 0, count: towers.paddedDimension)
            for position in model.movies.indices {
                model.movieVector(position, towers, into: &vector)
                vectors += vector
            }
            for user in model.users { vectors += model.userVector(user, FusionProfile(), towers) }
            results.insert(vectors.bits)
        }
        for variant in [MQ_VARIANT_AVX512, MQ_VARIANT_AVX2, MQ_VARIANT_PLAIN] where mq_kernels_select(variant) { break }
        #expect(results.count == 1)
    }

    @Test(arguments: [
        (0, 0), (1, 0), (17, 0), (18, 1), (24, 1), (25, 2), (35, 3), (44, 3), (45, 4), (50, 5), (55, 5), (56, 6),
        (99, 6),
    ])
    func agesAreFlooredToMovieLensBuckets(years: Int, code: Int) {
        #expect(FusionProfile(gender: nil, years: years, occupation: nil).age == code)
    }

    @Test func profilesHaveTheSameCodesByEitherWay() {
        for gender in [nil, Gender.male, .female] {
            for (age, occupation) in [(nil, nil), (0, 20), (56, 0), (33, nil)] as [(Int?, Int?)] {
                let profile = UserProfile(userID: 1, gender: gender, age: age, occupation: occupation)
                #expect(FusionProfile(profile) == FusionProfile(UserRow(profile)))
            }
        }
    }

    @Test func aPersonsWordBeatsWhatTheModelKnows() {
        let model = MadeUpModel.make()
        let towers = FusionTowers(model.parameters)
        let user = model.users[3]
        var other = FusionProfile()
        other.occupation = ((user.profile.occupation ?? 0) + 1) % FusionProfile.occupations
        var merged = user
        merged.profile.occupation = other.occupation
        let told = model.userVector(user, other, towers)
        #expect(told == model.userVector(merged, FusionProfile(), towers))
        #expect(told != model.userVector(user, FusionProfile(), towers))
    }

    @Test func theOlderVariantIsAMatterOfSettings() {
        let model = MadeUpModel.make(.older, users: 4, movies: 4)
        #expect(model.sizes.shape(of: .titleWeight) == [5 * 256, 256])
        #expect(model.sizes.shape(of: .userTowerWeight) == [4 * 256, 256])
        #expect(FusionTowers(model.parameters).dimension == 256)
    }

    @Test func dimensionsThatCanNotBeAreTold() {
        #expect(FusionDimensions().problem == nil && FusionDimensions.older.problem == nil)
        var even = FusionDimensions()
        even.convolutionWidth = 4
        #expect(even.problem?.contains("odd") == true)
        var empty = FusionDimensions()
        empty.tower = 0
        #expect(empty.problem?.contains("tower") == true)
    }

    @Test func firstWeightsAreXaviersAndBiasesZero() {
        let sizes = FusionSizes(dimensions: FusionDimensions(), userRows: 100, movieRows: 80, genres: 18, words: 50)
        let parameters = FusionParameters(randomFrom: 3, sizes: sizes)
        for tensor in FusionTensor.allCases {
            let values = parameters[tensor]
            if tensor.isBias {
                #expect(values.allSatisfy { $0 == 0 })
                continue
            }
            let shape = sizes.shape(of: tensor)
            let limit = (6 / Float(shape[0] + shape[1])).squareRoot()
            let largest = values.map { abs($0) }.max() ?? 0
            #expect(largest <= limit && largest > 0.8 * limit)
        }
        #expect(parameters == FusionParameters(randomFrom: 3, sizes: sizes))
        #expect(parameters != FusionParameters(randomFrom: 4, sizes: sizes))
    }
}
