import CVectorKernels

/// What the experts of the blend say of some movies for one user, as columns.
public final class BlendColumns {
    /// Most movies.
    public let capacity: Int
    public private(set) var count = 0
    /// Movie rows, in the order in which they were added.
    public let movies: UnsafeMutablePointer<UInt32>
    /// The blend's scores, once `Blend.score` has been called.
    public let scores: UnsafeMutablePointer<Float>
    private let rows: UnsafeMutablePointer<UnsafePointer<Float>?>
    /// `[experts][capacity]`.
    private let features: UnsafeMutablePointer<Float>

    public init(capacity: Int) {
        let padded = (capacity + 15) / 16 * 16
        self.capacity = padded
        movies = .allocate(capacity: padded)
        scores = .allocate(capacity: padded)
        rows = .allocate(capacity: padded)
        rows.initialize(repeating: nil, count: padded)
        features = .allocate(capacity: BlendExpert.allCases.count * padded)
    }

    deinit {
        movies.deallocate()
        scores.deallocate()
        rows.deallocate()
        features.deallocate()
    }

    /// `count`, rounded up for the kernels.
    public var paddedCount: Int { (count + 15) / 16 * 16 }

    public func removeAll() { count = 0 }

    @inline(__always)
    public func add(_ movie: UInt32) {
        assert(count < capacity)
        movies[count] = movie
        count += 1
    }

    @inline(__always)
    func column(_ expert: BlendExpert) -> UnsafeMutablePointer<Float> { features + expert.rawValue * capacity }

    /// The user's transitions to each movie, which whoever scores puts here first; `Blend.gatherTransitions` has them.
    public var transitionSums: UnsafeMutablePointer<Float> { column(.transitions) }

    /// Fills the head's columns by what it says now.
    @inline(__always)
    func fill(_ head: RankingHead, user: UInt32) {
        head.score(movies, count: count, for: user, rows: rows, logits: column(.logit), biases: column(.bias))
    }

    /// Takes the movies of an example, with what the head said of them.
    @inline(__always)
    func fill(_ example: BlendExamples.Example) {
        assert(example.count <= capacity)
        count = example.count
        movies.update(from: example.movies, count: count)
        column(.logit).update(from: example.logits, count: count)
        column(.bias).update(from: example.biases, count: count)
    }

    /// Fills the other columns, the logarithms done; the padding of all gets zeros.
    @inline(__always)
    func fill(_ user: BlendUser, _ blend: Blend) {
        let kernels = mq_kernels().pointee
        guard let gathered = kernels.gathered_scores, let logarithms = kernels.logarithms else {
            preconditionFailure("kernels are complete")
        }
        let tallies = blend.tallies
        let (transitions, popularities) = (column(.transitions), column(.popularity))
        let (slowPopularities, ratings) = (column(.slowPopularity), column(.ratings))
        let stagePopularities = column(.stagePopularity)
        let shares = tallies.shares
        for at in 0..<count {
            let movie = movies[at]
            rows[at] = blend.tastes.row(movie)
            let tally = tallies.tally(movie)
            transitions[at] = transitions[at] * tally.pointee.inverseRoot + Blend.transitionFloor
            let known = tallies.popularities(tally, movie, stage: user.stage, shares)
            popularities[at] = known.fast
            slowPopularities[at] = known.slow
            stagePopularities[at] = known.ofStage
            ratings[at] = known.ratings
        }
        gathered(user.taste, rows, count, GenreTastes.genresMax, column(.taste))
        gathered(user.profileTaste, rows, count, GenreTastes.genresMax, column(.profileTaste))
        let padded = paddedCount
        for expert in BlendExpert.all {
            for at in count..<padded { column(expert)[at] = expert.isLogarithm ? 1 : 0 }
            if expert.isLogarithm { logarithms(column(expert), padded) }
        }
    }

    /// scores = the weighted sum of the columns.
    @inline(__always)
    func weigh(_ weights: UnsafePointer<Float>) {
        guard let axpy = mq_kernels().pointee.axpy else { preconditionFailure("kernels are complete") }
        let padded = paddedCount
        scores.update(repeating: 0, count: padded)
        for expert in BlendExpert.all { axpy(weights[expert.rawValue], column(expert), scores, padded) }
    }
}
