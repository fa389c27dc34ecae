/// How many lists a search looks into: found from where the exact answers of some queries lay, then corrected by what
/// samples say.
struct RecallControl {
    /// The part of the exact answers that is wanted.
    let target: Double
    /// Lists a query looks into; nil = all of them.
    var probes: Int?
    /// Of the last samples; nil before the first.
    private(set) var liveRecall: Double?
    /// How many exact answers lay in a query's best list, in its second best, and so on; what is behind the last counts there.
    private var answersByRank = [Int](repeating: 0, count: probesMax + 1)
    private var queriesTried = 0
    /// Whether the number of lists is still to be found.
    var isTrying = true
    private var hits = 0
    private var wanted = 0
    private var samples = 0
    private var queriesUntilSample = Self.queriesPerSample

    /// Most lists that are looked into if it is not all of them.
    static let probesMax = 256
    /// So many queries tell where answers lie.
    static let queriesPerTrial = 64
    /// One query in so many is answered exactly, too.
    static let queriesPerSample = 1000
    /// So many samples make a figure.
    private static let samplesPerFigure = 32

    init(target: Double) { self.target = target }

    /// What the trial must reach: above the target, since other queries follow.
    var trialTarget: Double { target + (1 - target) * 0.2 }

    /// There are other lists now.
    ///
    /// - Parameter probes: How many of them are to be looked into until that is found out; nil = all.
    mutating func partitionChanged(probes: Int?) {
        self.probes = probes
        answersByRank = [Int](repeating: 0, count: Self.probesMax + 1)
        queriesTried = 0
        isTrying = true
        (hits, wanted, samples) = (0, 0, 0)
    }

    /// There are no rows any more.
    mutating func forget() {
        partitionChanged(probes: nil)
        liveRecall = nil
    }

    // MARK: Trial

    /// Queries that are still to be tried.
    var queriesToTry: Int { isTrying ? max(1, Self.queriesPerTrial - queriesTried) : 0 }

    /// One of the exact answers lay in the list with so many better ones.
    mutating func add(rank: Int) { answersByRank[min(rank, Self.probesMax)] += 1 }

    /// A query's answers have all been added.
    mutating func finishQuery() {
        queriesTried += 1
        let answers = answersByRank.reduce(0, +)
        guard isTrying, queriesTried >= Self.queriesPerTrial, answers > 0 else { return }
        isTrying = false
        var found = 0
        for rank in 0..<Self.probesMax {
            found += answersByRank[rank]
            probes = rank + 1
            if Double(found) >= trialTarget * Double(answers) { return }
        }
    }

    // MARK: Samples

    /// Which of the next queries is to be answered exactly, too, if any.
    mutating func sample(of queryCount: Int) -> Int? {
        if queriesUntilSample >= queryCount {
            queriesUntilSample -= queryCount
            return nil
        }
        let chosen = queriesUntilSample
        queriesUntilSample = max(0, Self.queriesPerSample - (queryCount - chosen))
        return chosen
    }

    mutating func add(hits: Int, of wanted: Int) {
        self.hits += hits
        self.wanted += wanted
        samples += 1
        guard samples == Self.samplesPerFigure, self.wanted > 0 else { return }
        let recall = Double(self.hits) / Double(self.wanted)
        liveRecall = recall
        if let probes {
            if recall < target {
                self.probes = min(Self.probesMax, probes + 1 + probes / 8)
            } else if recall > target + (1 - target) * 0.6 {
                self.probes = max(1, probes - max(1, probes / 16))
            }
        }
        (self.hits, self.wanted, samples) = (0, 0, 0)
    }
}
