/// How many lists a search looks into: found by trying on recent queries, then corrected by what samples say.
struct RecallControl {
    /// The part of the exact answers that is wanted.
    let target: Double
    /// Lists a query looks into; nil until there were queries to find it with.
    var probes: Int?
    /// Of the last samples; nil before the first.
    private(set) var liveRecall: Double?
    private var hits = 0
    private var wanted = 0
    private var samples = 0
    private var queriesUntilSample = Self.queriesPerSample

    /// One query in so many is answered exactly, too.
    static let queriesPerSample = 1000
    /// So many samples make a figure.
    private static let samplesPerFigure = 32
    /// Numbers of lists that are tried.
    static let steps = [1, 2, 3, 4, 6, 8, 10, 12, 14, 16, 20, 24, 32, 40, 48, 64, 80, 96, 128, 192, 256]

    init(target: Double) { self.target = target }

    /// What the trial must reach: above the target, since other queries follow.
    var trialTarget: Double { target + (1 - target) * 0.2 }

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
                self.probes = min(256, probes + 1 + probes / 8)
            } else if recall > target + (1 - target) * 0.6 {
                self.probes = max(1, probes - max(1, probes / 16))
            }
        }
        (self.hits, self.wanted, samples) = (0, 0, 0)
    }
}
