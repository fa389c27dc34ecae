import CommandLineOptions
import Foundation
import Learning
import MovieLens

/// `marquee export vectors`: the movies of a trained model or of a service's state, with features and vectors, for whoever
/// has an index of his own.
enum ExportVectorsCommand {
    private struct Report: Encodable {
        var file: String
        var format: String
        var movies: Int
        /// Of a VIB1: those that it asks for.
        var users: Int
        var dimension: Int
        /// Of a state: the commit that it stands at.
        var epoch: Int64?
    }

    static func run(_ invocation: Invocation) throws -> Int32 {
        let path = try invocation.string("out")
        let isVIB1 = path.hasSuffix(".vib1")
        guard isVIB1 || path.hasSuffix(".safetensors") else {
            throw invocation.error("out", expected: "a file whose name ends in .safetensors or .vib1")
        }
        let read = try source(invocation)
        try OutputFolder.check(path)
        let (export, epoch) = try read()
        var users = export.userIDs.count
        if isVIB1 { users = try export.writeVIB1(to: path) } else { try export.writeSafetensors(to: path) }
        let report = Report(
            file: path, format: isVIB1 ? "VIB1" : "safetensors", movies: export.movies.count, users: users,
            dimension: export.dimension, epoch: epoch)
        if try invocation.string("output") == "json" {
            try JSONOutput.print(report)
        } else {
            Terminal.print(
                "\(grouped(report.movies)) movies and \(grouped(report.users)) users as vectors of length "
                    + "\(report.dimension)\(epoch.map { ", as of epoch \($0)," } ?? "") are in '\(path)' (\(report.format))."
            )
        }
        return ExitCode.done
    }

    /// Where vectors come from: a state directory, or a model's file with a data set.
    private static func source(
        _ invocation: Invocation
    ) throws(UsageError) -> () throws -> (export: VectorExport, epoch: Int64?) {
        let model = invocation.string(ifSet: "model")
        if let directory = invocation.string(ifSet: "state-dir") {
            if invocation.isSet("dataset") {
                throw UsageError(
                    "--state-dir has movies of its own: leave --dataset out, or give it with --model alone")
            }
            return {
                let state = try StateLearner(directory: directory, model: model)
                return (try VectorExport(state), state.position.epoch)
            }
        }
        guard let model, let folder = invocation.string(ifSet: "dataset") else {
            throw UsageError(
                "what to export is not said: give --dataset DIR and --model FILE for a model that 'marquee train' wrote,"
                    + " or --state-dir DIR for what a service has learnt")
        }
        return {
            let dataset = try MovieLensDataset(directory: folder)
            let movies = try dataset.movies()
            return (VectorExport(try FusionModelFile.read(model), movies: movies), nil)
        }
    }
}
