/// Chooses what the blend's weights learn from: one in some likes, of the first ones more, each with movies drawn uniformly, and
/// what the ranking head says of them.
///
/// Examples that follow each other share the movies drawn, so that their rows are still in the caches: rows drawn anywhere in
/// a catalogue are what they hold least. The weights are few and learn from thousands of examples, so they lose nothing.
///
/// Part of the ranking head's side of the work: it uses the head, never the blend.
final class ExampleSampler {
    private let head: RankingHead
    private let learnsOneIn: Int64
    private let laterOneIn: Int64
    private let earlyLikes: Int64
    private let drawn: Int
    /// So many examples share what is drawn.
    private static let sharedBy: Int64 = 4
    /// Where the numbers of later examples begin: beyond those of the early ones.
    private static let laterNumbers: UInt64 = 1 << 40
    /// Likes that it was asked about; behind a pointer, as it is written once an event.
    private let counter: UnsafeMutablePointer<Int64>
    private let rows: UnsafeMutablePointer<UnsafePointer<Float>?>
    /// By movie row: 1 where it is in the example at hand.
    private var marks: UnsafeMutablePointer<UInt8>
    private var movieCapacity = 0

    init(head: RankingHead, _ settings: Blend.Settings) {
        self.head = head
        learnsOneIn = settings.learnsOneIn
        laterOneIn = settings.laterOneIn
        earlyLikes = settings.earlyLikes
        drawn = settings.drawn
        counter = .allocate(capacity: 1)
        counter.initialize(to: 0)
        rows = .allocate(capacity: drawn + 1)
        rows.initialize(repeating: nil, count: drawn + 1)
        marks = .allocate(capacity: 0)
    }

    deinit {
        counter.deallocate()
        rows.deallocate()
        marks.deallocate()
    }

    /// Part of the learnt state.
    var likes: Int64 {
        get { counter.pointee }
        set { counter.pointee = newValue }
    }

    /// Memory for what comes of some events.
    func makeExamples() -> BlendExamples {
        // One more for what is left of early ones, and one of later ones.
        BlendExamples(examplesMax: BlendExamples.eventsMax / Int(min(learnsOneIn, laterOneIn)) + 2, width: drawn + 1)
    }

    /// Makes room for movies below `count`.
    func reserve(_ count: Int) {
        if count <= movieCapacity { return }
        movieCapacity = max(count, 2 * movieCapacity, 4096)
        marks.deallocate()
        marks = .allocate(capacity: movieCapacity)
        marks.initialize(repeating: 0, count: movieCapacity)
    }

    /// Somebody liked a movie, and the head has not learnt it yet. Every so often that becomes an example.
    ///
    /// - Parameters:
    ///   - event: Its place in `examples`.
    ///   - seen: By movie row, not 0 where he has rated it; not yet the movie itself, unless he rated it before.
    @inline(__always)
    func liked(
        user: UInt32, movie: UInt32, seen: UnsafePointer<UInt8>, movieCount: UInt32, event: Int,
        into examples: BlendExamples
    ) {
        defer { counter.pointee += 1 }
        let isEarly = counter.pointee < earlyLikes
        let oneIn = isEarly ? learnsOneIn : laterOneIn
        if counter.pointee % oneIn != 0 { return }
        var example = examples.next()
        // From its number alone: no state is needed to draw the same again.
        let number = UInt64(counter.pointee / oneIn / Self.sharedBy)
        sample(&example, user, movie, seen, movieCount, number: isEarly ? number : Self.laterNumbers + number)
        examples.append(example, of: event)
    }

    private func sample(
        _ example: inout BlendExamples.Example, _ user: UInt32, _ movie: UInt32, _ seen: UnsafePointer<UInt8>,
        _ movieCount: UInt32, number: UInt64
    ) {
        var draws = RandomDraws(state: SplitMix64.mix(number))
        let marks = marks
        let movies = example.movies
        movies[0] = movie
        marks[Int(movie)] = 1
        var count = 1
        for _ in 0..<drawn {
            let drawn = draws.next(below: movieCount)
            // Without a branch: which of them he has rated is not predictable.
            let isNew: UInt8 = seen[Int(drawn)] | marks[Int(drawn)] == 0 ? 1 : 0
            movies[count] = drawn
            marks[Int(drawn)] |= isNew
            count += Int(isNew)
        }
        for at in 0..<count { marks[Int(movies[at])] = 0 }
        head.score(movies, count: count, for: user, rows: rows, logits: example.logits, biases: example.biases)
        example.count = count
    }
}
