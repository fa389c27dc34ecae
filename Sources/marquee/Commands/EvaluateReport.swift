import Recommending

/// What `marquee evaluate` found, for scripts and for people.
struct EvaluateReport: Encodable {
    struct Coverage: Encodable {
        private enum CodingKeys: String, CodingKey {
            case all, last50
        }

        var all: Double?
        var last50: Double?

        /// Both by name; null where nothing was listed.
        func encode(to encoder: any Encoder) throws {
            var fields = encoder.container(keyedBy: CodingKeys.self)
            try fields.encode(all, forKey: .all)
            try fields.encode(last50, forKey: .last50)
        }
    }

    private enum CodingKeys: String, CodingKey {
        case protocolName = "protocol"
        case dataset, events, lists, sample, universe, candidates, model
        case rmse, mae, recall10, ndcg10, mrr10, coverage10, eventsPerSecond, seconds
    }

    var protocolName: String
    var dataset: String
    var events: Int
    /// Lists that were asked for: at one in `sample` liked ratings.
    var lists: Int
    var sample: Int
    /// Movies that could be listed.
    var universe: Int
    /// Which of them were ranked for each list: the retrieved, or all.
    var candidates: String
    var model: String
    var rmse: MetricSlices
    var mae: MetricSlices
    var recall10: MetricSlices
    var ndcg10: MetricSlices
    var mrr10: MetricSlices
    var coverage10: Coverage
    var eventsPerSecond: Double
    var seconds: Double

    init(
        protocolName: String, dataset: String, events: Int, sample: Int, universe: Int, candidates: String,
        model: String, metrics: PrequentialMetrics, seconds: Double
    ) {
        self.protocolName = protocolName
        self.dataset = dataset
        self.events = events
        self.sample = sample
        self.universe = universe
        self.candidates = candidates
        self.model = model
        lists = metrics.listCount
        rmse = metrics.rmse
        mae = metrics.mae
        recall10 = metrics.recall10
        ndcg10 = metrics.ndcg10
        mrr10 = metrics.mrr10
        let coverage = metrics.coverage10(universe: universe)
        coverage10 = Coverage(all: coverage.all, last50: coverage.last50)
        eventsPerSecond = Double(events) / max(seconds, 1e-9)
        self.seconds = seconds
    }

    var text: String {
        var table = Table([
            ("", .left), ("all", .right), ("last 50%", .right), ("cold", .right), ("warm", .right),
            ("new movies", .right),
        ])
        let rows = [
            ("RMSE", rmse), ("MAE", mae), ("Recall@10", recall10), ("NDCG@10", ndcg10), ("MRR@10", mrr10),
            ("Coverage@10", MetricSlices(all: coverage10.all, last50: coverage10.last50)),
        ]
        for (name, slices) in rows {
            table.append(
                [name]
                    + [slices.all, slices.last50, slices.cold, slices.warm, slices.newMovies].map {
                        $0.map { fixed($0, 4) } ?? "-"
                    })
        }
        let often = sample == 1 ? "every liked rating" : "1 in \(grouped(sample)) liked ratings"
        return """
            \(dataset), \(protocolName) with \(model): \(grouped(events)) ratings in \(fixed(seconds, 1)) s \
            (\(grouped(Int(eventsPerSecond)))/s),
            \(grouped(lists)) lists, one at \(often), from \(grouped(universe)) movies\
            \(candidates == "all" ? ", all ranked for each" : "").

            \(table.text)

            cold: a user's first 5 ratings, warm: after the 20th, both of the last 50%;
            new movies: a movie's first 10 ratings, of all.
            """
    }
}
