import CommandLineOptions
import Foundation
import Learning
import MovieLens

/// `marquee export vectors`: a trained model's movies, with features and vectors, for whoever has an index of his own.
enum ExportVectorsCommand {
    private struct Report: Encodable {
        var file: String
        var format: String
        var movies: Int
        var users: Int
        var dimension: Int
    }

    static func run(_ invocation: Invocation) throws -> Int32 {
        if invocation.isSet("state-dir") {
            throw UsageError("--state-dir can't be exported yet: give --model FILE, which 'marquee train' writes")
        }
        let path = try invocation.string("out")
        let isVIB1 = path.hasSuffix(".vib1")
        guard isVIB1 || path.hasSuffix(".safetensors") else {
            throw invocation.error("out", expected: "a file whose name ends in .safetensors or .vib1")
        }
        try OutputFolder.check(path)
        let dataset = try MovieLensDataset(directory: try invocation.string("dataset"))
        let model = try FusionModelFile.read(try invocation.string("model"))
        let export = VectorExport(model, movies: try dataset.movies())
        if isVIB1 { try export.writeVIB1(to: path) } else { try export.writeSafetensors(to: path) }
        let report = Report(
            file: path, format: isVIB1 ? "VIB1" : "safetensors", movies: export.movies.count, users: model.users.count,
            dimension: export.dimension)
        if try invocation.string("output") == "json" {
            try JSONOutput.print(report)
        } else {
            Terminal.print(
                "\(grouped(report.movies)) movies and \(grouped(report.users)) users as vectors of length "
                    + "\(report.dimension) are in '\(path)' (\(report.format)).")
        }
        return ExitCode.done
    }
}
