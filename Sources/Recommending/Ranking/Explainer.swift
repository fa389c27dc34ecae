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
    private let userMemory = BlendUserMemory()
    /// 16 numbers.
    private let memory: UnsafeMutablePointer<Float>
    private let transitionFloor: Float
    private var popularFloor: Float = 0
    private var likes: [(movie: UInt32, weight: Float)] = []
    /// `[likes][items]`: how often each item was liked soon after each like.
    private var successorWeights: UnsafeMutablePointer<Float>
    private var itemCapacity = 0
    /// By movie row, the item's place + 1; zero between two lists.
    private var places: UnsafeMutablePointer<UInt16>
    private var movieCapacity = 0
    private var shares: [Share] = []
    /// The movies that the newest answer names.
    private(set) var named: [Int64] = []

    private struct Share {
        var movie: UInt32
        var weight: Float

        func isBefore(_ other: Share) -> Bool {
            weight != other.weight ? weight > other.weight : movie < other.movie
        }
    }

    init(blend: Blend, learner: Learner) {
        self.blend = blend
        self.learner = learner
        memory = .allocate(capacity: 16)
        memory.initialize(repeating: 1, count: 16)
        transitionFloor = Self.logarithm(Blend.transitionFloor, memory)
        successorWeights = .allocate(capacity: 0)
        places = .allocate(capacity: 0)
        likes.reserveCapacity(32)
        shares.reserveCapacity(32)
        named.reserveCapacity(Self.namedMax)
    }

    deinit {
        memory.deallocate()
        successorWeights.deallocate()
        places.deallocate()
    }

    /// Explains the items of a user's list: calls `body` with each place, what speaks for the item, and the ids of movies that
    /// are named, the strongest first.
    func explain(
        _ items: UnsafeBufferPointer<UInt32>, for user: UInt32,
        _ body: (_ place: Int, _ kind: ExplanationKind, _ named: [Int64]) -> Void
    ) {
        likes.removeAll(keepingCapacity: true)
        blend.forEachLastLike(of: user) { likes.append(($0, $1)) }
        gatherSuccessors(items)
        let popular = blend.popular.movies
        let place = min(popular.count, BlendRanker.popularCandidates) - 1
        let row = learner.users.pointer(user).pointee
        let blendUser = blend.user(user, profile: row, ratingCount: Int(row.rated.count), in: userMemory)
        popularFloor = place < 0 ? 0 : blend.popularityScore(blendUser, popular[place], in: memory)
        for at in 0..<items.count {
            let kind = explain(items[at], at, of: items.count, for: blendUser)
            body(at, kind, named)
        }
    }

    /// Walks each like's successors once, whatever the number of items.
    private func gatherSuccessors(_ items: UnsafeBufferPointer<UInt32>) {
        reserve(itemCount: items.count, movieCount: learner.movies.count)
        for at in 0..<items.count { places[Int(items[at])] = UInt16(at + 1) }
        for (number, like) in likes.enumerated() {
            let row = successorWeights + number * items.count
            row.update(repeating: 0, count: items.count)
            blend.successorWeights(of: like.movie, places, into: row)
        }
        for movie in items { places[Int(movie)] = 0 }
    }

    private func reserve(itemCount: Int, movieCount: Int) {
        if itemCount > itemCapacity {
            itemCapacity = itemCount
            successorWeights.deallocate()
            successorWeights = .allocate(capacity: Blend.lastLikesMax * itemCount)
        }
        if movieCount > movieCapacity {
            movieCapacity = max(movieCount, 2 * movieCapacity, 4096)
            places.deallocate()
            places = .allocate(capacity: movieCapacity)
            places.initialize(repeating: 0, count: movieCapacity)
        }
    }

    private func explain(_ movie: UInt32, _ place: Int, of itemCount: Int, for blendUser: BlendUser) -> ExplanationKind
    {
        func weight(_ expert: BlendExpert) -> Float { blend.weights.weight(expert, blendUser.stage) }
        let vector = blend.head.row(movie)
        let dimension = blend.head.dimension
        let tastes = blend.tasteScores(blendUser, movie)
        let own = max(0, weight(.logit) * mq_dot16(blend.head.query(blendUser.row), vector, dimension) + tastes.own)
        let fromProfile = max(0, tastes.profile)
        let fromPopularity = max(0, blend.popularityScore(blendUser, movie, in: memory) - popularFloor)

        var transitions: Float = 0
        for (number, like) in likes.enumerated() {
            transitions += like.weight * successorWeights[number * itemCount + place]
        }
        let transition = blend.transition(of: movie, sum: transitions)
        let lift = logarithm(transition + Blend.transitionFloor) - transitionFloor
        let fromTransitions = max(0, weight(.transitions) * lift)
        let fromRated = likes.isEmpty ? 0 : fromTransitions + own

        named.removeAll(keepingCapacity: true)
        if fromRated > fromProfile && fromRated > fromPopularity {
            shares.removeAll(keepingCapacity: true)
            for (number, like) in likes.enumerated() {
                // What the user's vector came to be by can't be told apart, so the nearest of his likes stand for it.
                let share =
                    own > fromTransitions
                    ? mq_dot16(blend.head.row(like.movie), vector, dimension)
                    : like.weight * successorWeights[number * itemCount + place]
                shares.append(Share(movie: like.movie, weight: share))
            }
            name()
            if !named.isEmpty { return .rated }
        }
        return fromProfile > fromPopularity ? .profile : .popular
    }

    /// Names those with the largest shares, of equal ones the smaller row first.
    private func name() {
        var strongest: Float = 0
        for place in 0..<min(Self.namedMax, shares.count) {
            var best = place
            for at in (place + 1)..<shares.count where shares[at].isBefore(shares[best]) { best = at }
            shares.swapAt(place, best)
            let share = shares[place]
            if place == 0 { strongest = share.weight }
            if !(strongest > 0) || share.weight < Self.leastShare * strongest { return }
            named.append(learner.movies.id(share.movie))
        }
    }

    private func logarithm(_ x: Float) -> Float { Self.logarithm(x, memory) }

    /// - Parameter memory: 16 numbers, of which the first is used.
    private static func logarithm(_ x: Float, _ memory: UnsafeMutablePointer<Float>) -> Float {
        memory[0] = x
        mq_kernels().pointee.logarithms(memory, 16)
        return memory[0]
    }
}
