import CVectorKernels
import Events
import Learning

/// Says what moved an item of a blended list most: movies that the user rated, his profile, or its popularity.
///
/// The blend's score is a sum, so each expert's share can be told: transitions, the user's vector and his taste come from
/// what he rated, the taste of his like from who he is. Popularity counts as far as it goes beyond that of the fiftieth of
/// the popular. Of the rated movies those are named that have the largest shares of the transitions; or, where the user's
/// vector and taste say more, those whose vectors are nearest to the item's.
final class Explainer {
    /// Most movies that are named.
    static let namedMax = 3
    /// A movie with less than this share of the strongest one's is not named.
    private static let leastShare: Float = 0.2

    private let blend: Blend
    private let learner: Learner
    private let one: UnsafeMutablePointer<Float>
    private let transitionFloor: Float
    private var popularFloor: Float = 0
    private var likes: [(movie: UInt32, weight: Float)] = []
    private var shares: [Share] = []
    /// The movies that the newest answer names.
    private(set) var named: [Int64] = []

    private struct Share {
        var movie: UInt32
        var weight: Float
    }

    init(blend: Blend, learner: Learner) {
        self.blend = blend
        self.learner = learner
        one = .allocate(capacity: 16)
        one.initialize(repeating: 1, count: 16)
        transitionFloor = Self.logarithm(Blend.transitionFloor, one)
        likes.reserveCapacity(32)
        shares.reserveCapacity(32)
        named.reserveCapacity(Self.namedMax)
    }

    deinit { one.deallocate() }

    /// Begins with a user's list; returns what `explain` takes for its items, valid until the next list or event.
    func begin(_ user: UInt32) -> BlendUser {
        likes.removeAll(keepingCapacity: true)
        blend.forEachLastLike(of: user) { likes.append(($0, $1)) }
        let popular = blend.popular.movies
        let place = min(popular.count, BlendRanker.popularCandidates) - 1
        popularFloor = place < 0 ? 0 : logarithm(blend.popularity(popular[place]) + Blend.popularityFloor)
        let row = learner.users.pointer(user).pointee
        return blend.user(user, profile: row, ratingCount: Int(row.rated.count))
    }

    /// Explains an item of that user's list; movies that it names are in `named`, the strongest first.
    func explain(_ movie: UInt32, for blendUser: BlendUser) -> ExplanationKind {
        func weight(_ expert: BlendExpert) -> Float { blend.weights.weight(expert, blendUser.bucket) }
        let vector = blend.head.row(movie)
        let dimension = blend.head.dimension
        let tastes = blend.tasteScores(blendUser, movie)
        let own = max(0, weight(.logit) * mq_dot16(blendUser.query, vector, dimension) + tastes.own)
        let fromProfile = max(0, tastes.profile)
        let popularity = logarithm(blend.popularity(movie) + Blend.popularityFloor)
        let popularWeight = weight(.popularity) + weight(.slowPopularity) + weight(.ratings)
        let fromPopularity = max(0, popularWeight * (popularity - popularFloor))

        shares.removeAll(keepingCapacity: true)
        var transitions: Float = 0
        for like in likes {
            let share = like.weight * blend.successorWeight(movie, of: like.movie)
            transitions += share
            shares.append(Share(movie: like.movie, weight: share))
        }
        let transition = blend.transition(of: movie, sum: transitions)
        let lift = logarithm(transition + Blend.transitionFloor) - transitionFloor
        let fromTransitions = max(0, weight(.transitions) * lift)
        let fromRated = shares.isEmpty ? 0 : fromTransitions + own

        named.removeAll(keepingCapacity: true)
        if fromRated > fromProfile && fromRated > fromPopularity {
            if own > fromTransitions {
                // What the user's vector came to be by can't be told apart, so the nearest of his likes stand for it.
                for at in shares.indices {
                    shares[at].weight = mq_dot16(blend.head.row(shares[at].movie), vector, dimension)
                }
            }
            name()
            if !named.isEmpty { return .rated }
        }
        return fromProfile > fromPopularity ? .profile : .popular
    }

    private func name() {
        shares.sort { $0.weight != $1.weight ? $0.weight > $1.weight : $0.movie < $1.movie }
        guard let strongest = shares.first?.weight, strongest > 0 else { return }
        for share in shares.prefix(Self.namedMax) where share.weight >= Self.leastShare * strongest {
            named.append(learner.movies.id(share.movie))
        }
    }

    private func logarithm(_ x: Float) -> Float { Self.logarithm(x, one) }

    /// - Parameter one: 16 numbers, of which the first is used.
    private static func logarithm(_ x: Float, _ one: UnsafeMutablePointer<Float>) -> Float {
        one[0] = x
        mq_kernels().pointee.logarithms(one, 16)
        return one[0]
    }
}
