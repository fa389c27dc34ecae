import CommandLineOptions
import Foundation
import Learning
import MovieLens
import Training

/// `marquee train`: batch training of the fusion model, a line an epoch.
enum TrainCommand {
    private struct Report: Encodable {
        struct Epoch: Encodable {
            var epoch: Int
            var loss: Double
            var heldOutRmse: Double
            var seconds: Double
        }

        var dataset: String
        var file: String
        var ratings: Int
        var heldOut: Int
        var epochs: [Epoch]
        var bestEpoch: Int
        /// Of the held-out ratings, in stars, after the epoch that was kept.
        var rmse: Double
        var mae: Double
        var seconds: Double
    }

    static func run(_ invocation: Invocation) throws -> Int32 {
        let path = try invocation.string("out")
        try OutputFolder.check(path)
        let dataset = try MovieLensDataset(directory: try invocation.string("dataset"))
        let stop = StopSignal()
        let set = try FusionTrainingSet(dataset)
        let isJSON = try invocation.string("output") == "json"

        let began = MonotonicTime.seconds
        let trainer = FusionTrainer(set, try FusionTraining.settings(invocation))
        if !isJSON { Terminal.print(FusionTraining.heading(set, trainer)) }
        var epochs: [Report.Epoch] = []
        let trained = trainer.train(
            isStopped: { stop.isSet },
            each: { epoch in
                epochs.append(
                    Report.Epoch(
                        epoch: epoch.number, loss: epoch.loss, heldOutRmse: epoch.heldOutRMSE, seconds: epoch.seconds))
                if !isJSON { Terminal.print(FusionTraining.line(epoch)) }
            })
        guard let trained else { return ExitCode.interrupted }
        try FusionModelFile.write(trained.model, to: path)

        let report = Report(
            dataset: dataset.name, file: path, ratings: trainer.trainingCount, heldOut: trainer.heldOutCount,
            epochs: epochs, bestEpoch: trained.best.number, rmse: trained.best.heldOutRMSE,
            mae: trained.best.heldOutMAE, seconds: MonotonicTime.seconds - began)
        if isJSON {
            try JSONOutput.print(report)
        } else {
            Terminal.print(
                "\nEpoch \(report.bestEpoch) is kept in '\(path)': RMSE \(fixed(report.rmse, 4)) stars on "
                    + "\(grouped(report.heldOut)) held-out ratings, after \(fixed(report.seconds, 1)) s.")
        }
        return ExitCode.done
    }
}
