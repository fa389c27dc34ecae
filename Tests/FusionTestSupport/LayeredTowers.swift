import Foundation
public import Learning

/// Both towers once more, layer by layer as they are described, in double precision and without any trick.
public struct LayeredTowers {
    public var parameters: FusionParameters

    public init(_ parameters: FusionParameters) { self.parameters = parameters }

    private var dimensions: FusionDimensions { parameters.sizes.dimensions }

    private func row(_ tensor: FusionTensor, _ row: Int) -> [Double] {
        let length = parameters.sizes.shape(of: tensor)[1]
        return parameters[tensor][(row * length)..<((row + 1) * length)].map(Double.init)
    }

    private func layer(_ x: [Double], _ weight: FusionTensor, _ bias: FusionTensor) -> [Double] {
        let shape = parameters.sizes.shape(of: weight)
        let weights = parameters[weight]
        var y = parameters[bias].map(Double.init)
        for input in 0..<shape[0] {
            for output in 0..<shape[1] { y[output] += x[input] * Double(weights[input * shape[1] + output]) }
        }
        return y
    }

    /// Before it is brought to length 1. `embedding` replaces that of the id.
    public func user(_ id: Int, _ profile: FusionProfile, embedding: [Double]? = nil) -> [Double] {
        let nothing = [Double](repeating: 0, count: dimensions.sideEmbedding)
        let parts = [
            layer(embedding ?? row(.userEmbedding, id), .userWeight, .userBias),
            layer(profile.gender.map { row(.genderEmbedding, $0) } ?? nothing, .genderWeight, .genderBias),
            layer(profile.age.map { row(.ageEmbedding, $0) } ?? nothing, .ageWeight, .ageBias),
            layer(
                profile.occupation.map { row(.occupationEmbedding, $0) } ?? nothing, .occupationWeight, .occupationBias),
        ]
        return layer(parts.flatMap { $0 }, .userTowerWeight, .userTowerBias).map { tanh($0) }
    }

    public func movie(_ id: Int, _ features: FusionMovieFeatures, embedding: [Double]? = nil) -> [Double] {
        var genres = [Double](repeating: 0, count: dimensions.embedding)
        for genre in features.genres {
            for (place, value) in row(.genreEmbedding, genre).enumerated() { genres[place] += value }
        }
        let parts = [
            layer(embedding ?? row(.movieEmbedding, id), .movieWeight, .movieBias), genres, title(features.words),
        ]
        return layer(parts.flatMap { $0 }, .movieTowerWeight, .movieTowerBias).map { tanh($0) }
    }

    private func title(_ words: [Int]) -> [Double] {
        var sum = [Double](repeating: 0, count: dimensions.titleFilters)
        let around = dimensions.convolutionWidth / 2
        for middle in words.indices {
            var window: [Double] = []
            for at in (middle - around)...(middle + around) {
                window +=
                    words.indices.contains(at)
                    ? row(.wordEmbedding, words[at]) : [Double](repeating: 0, count: dimensions.embedding)
            }
            for (place, value) in layer(window, .titleWeight, .titleBias).enumerated() { sum[place] += tanh(value) }
        }
        return sum
    }

    public static func cosine(_ a: [Double], _ b: [Double]) -> Double {
        let dot = { (x: [Double], y: [Double]) in zip(x, y).reduce(0) { $0 + $1.0 * $1.1 } }
        return dot(a, b) / (dot(a, a) * dot(b, b)).squareRoot()
    }
}
