import CommandLineOptions
import Foundation
import MovieLens
import Training

/// `marquee evaluate --protocol split`: the fusion model trained on a random 90%, its stars judged on the rest.
enum EvaluateSplit {
    private struct Report: Encodable {
        /// In stars; a random split has no last half, and nobody in it is cold.
        struct Errors: Encodable {
            var all: Double
        }

        private enum CodingKeys: String, CodingKey {
            case protocolName = "protocol"
            case dataset, events, heldOut, epochs, model, seed, rmse, mae, eventsPerSecond, seconds
        }

        var protocolName = "split"
        var dataset: String
        /// All ratings, held out or not.
        var events: Int
        var heldOut: Int
        var epochs: Int
        var model = "fusion"
        var seed: Int
        var rmse: Errors
        var mae: Errors
        /// Training ratings, over all epochs.
        var eventsPerSecond: Double
        var seconds: Double
    }

    static func run(_ invocation: Invocation) throws -> Int32 {
        for option in ["sample", "record", "model", "candidates"] where invocation.isSet(option) {
            throw UsageError(
                "--\(option) is for protocols in time order, which '--protocol split' is not: leave it out")
        }
        let dataset = try MovieLensDataset(directory: try invocation.string("dataset"))
        let stop = StopSignal()
        var ratings = try dataset.ratings()
        if let limit = invocation.int(ifSet: "limit") { ratings = ratings.sortedByTime().prefix(limit) }
        let set = try FusionTrainingSet(
            name: dataset.name, ratings: ratings, movies: try dataset.movies(), users: try dataset.users())
        let settings = FusionTraining.defaults()
        let trainer = FusionTrainer(set, settings)
        let isJSON = try invocation.string("output") == "json"

        let began = MonotonicTime.seconds
        var epochs = 0
        if !isJSON { Terminal.print(FusionTraining.heading(set, trainer)) }
        let trained = trainer.train(
            isStopped: { stop.isSet },
            each: { epoch in
                epochs = epoch.number
                if !isJSON { Terminal.print(FusionTraining.line(epoch)) }
            })
        guard let trained else { return ExitCode.interrupted }
        let seconds = MonotonicTime.seconds - began
        let report = Report(
            dataset: dataset.name, events: set.count, heldOut: trainer.heldOutCount, epochs: epochs,
            seed: Int(settings.seed), rmse: .init(all: trained.best.heldOutRMSE),
            mae: .init(all: trained.best.heldOutMAE),
            eventsPerSecond: Double(trainer.trainingCount * epochs) / max(seconds, 1e-9), seconds: seconds)
        if isJSON {
            try JSONOutput.print(report)
        } else {
            Terminal.print(
                "\nRMSE \(fixed(report.rmse.all, 4)), MAE \(fixed(report.mae.all, 4)) stars on "
                    + "\(grouped(report.heldOut)) held-out ratings, after \(fixed(seconds, 1)) s.")
        }
        return ExitCode.done
    }
}
