import CommandLineOptions
import Foundation
import Training

/// What `train` and `evaluate --protocol split` have in common.
enum FusionTraining {
    static func settings(_ invocation: Invocation) throws -> FusionTrainerSettings {
        var settings = defaults()
        if let epochs = invocation.int(ifSet: "epochs") { settings.epochsMax = epochs }
        settings.dimensions.tower = try invocation.int("dimension")
        settings.seed = UInt64(try invocation.int("seed"))
        return settings
    }

    /// On every core, up to as many as a batch can keep busy.
    static func defaults() -> FusionTrainerSettings {
        var settings = FusionTrainerSettings()
        settings.workers = min(8, max(1, ProcessInfo.processInfo.activeProcessorCount))
        return settings
    }

    static func heading(_ set: FusionTrainingSet, _ trainer: FusionTrainer) -> String {
        """
        \(set.name): \(grouped(trainer.trainingCount)) ratings to train on, \(grouped(trainer.heldOutCount)) held out.

        Epoch      Loss  Held-out RMSE  Seconds
        """
    }

    /// A row below the heading.
    static func line(_ epoch: FusionEpoch) -> String {
        func right(_ text: String, _ width: Int) -> String {
            String(repeating: " ", count: max(0, width - text.count)) + text
        }
        return right(String(epoch.number), 5) + right(fixed(epoch.loss, 4), 10) + right(fixed(epoch.heldOutRMSE, 4), 15)
            + right(fixed(epoch.seconds, 1), 9)
    }
}
