import CommandLineOptions
import Foundation
import Learning
import Streaming

/// A service's learner, brought back from the newest checkpoint of its state directory.
struct StateLearner {
    let learner: Learner
    let applicationID: String
    let position: Position

    /// - Parameter file: A fusion model, which a state of it needs: towers are in no checkpoint.
    init(directory: String, model file: String?) throws {
        let state = try Self.newest(in: directory)
        let (settings, eviction) = Eviction.split(settings: state.checkpoint.settings)
        let served = try Self.model(of: settings, in: directory, file)
        learner = Learner(model: try served.makeModel(), batchCapacity: 1, eviction: eviction)
        if file != nil, learner.model.settings != settings {
            throw UserFacingError(
                "the state in '\(directory)' was learnt by another fusion model than '\(file ?? "")': give the file that"
                    + " it is served with")
        }
        do {
            try state.restore(learner)
        } catch let error as CheckpointError {
            throw UserFacingError(
                "the checkpoint of epoch \(state.checkpoint.position.epoch) in '\(directory)': \(error)")
        }
        applicationID = state.checkpoint.applicationID
        position = state.checkpoint.position
    }

    private static func newest(in directory: String) throws -> StoredState {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: directory, isDirectory: &isDirectory), isDirectory.boolValue else {
            throw UserFacingError(
                "there is no folder '\(directory)': name the one that 'marquee serve' has its state in, which it says when"
                    + " it starts")
        }
        do {
            return try StoredState(in: directory) { Terminal.log($0) }
        } catch .noCheckpoint {
            throw UserFacingError(
                "there is no checkpoint in '\(directory)': 'marquee serve' writes one as it learns, and when it is stopped then;"
                    + " name its state directory")
        } catch .unusable(let epoch, let reason) {
            throw UserFacingError(
                "no checkpoint in '\(directory)' can be read; of the newest, of epoch \(epoch): \(reason)")
        }
    }

    private static func model(of settings: String, in directory: String, _ file: String?) throws -> ModelKind {
        let isFusion = settings.hasPrefix(FusionOnlineModel.settingsName)
        if let file {
            if isFusion { return .fusion(file: file) }
            throw UserFacingError("the state in '\(directory)' is not a fusion model's: leave --model out")
        }
        if !isFusion { return .twoHeads }
        throw UserFacingError(
            "the state in '\(directory)' is a fusion model's: give the file that it is served with, too, by --model FILE"
        )
    }
}
