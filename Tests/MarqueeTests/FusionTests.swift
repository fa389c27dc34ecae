import Foundation
import FusionTestSupport
import Learning
import MovieLens
import ProcessTestSupport
import Testing
import Training

@testable import marquee

extension ProcessTests {
    /// `train`, `recommend`, `export vectors` and `evaluate --protocol split`.
    struct FusionTests {
        private struct Trained: Decodable {
            struct Epoch: Decodable {
                var epoch: Int
                var loss: Double
                var heldOutRmse: Double
            }

            var ratings: Int
            var heldOut: Int
            var epochs: [Epoch]
            var bestEpoch: Int
            var rmse: Double
        }

        private struct Recommended: Decodable {
            struct Item: Decodable {
                var rank: Int
                var movieID: Int64
                var title: String
                var score: Float

                private enum CodingKeys: String, CodingKey {
                    case rank, title, score
                    case movieID = "movie_id"
                }
            }

            var items: [Item]
        }

        private let dataset: DatasetFolder
        private let folder: TemporaryFolder
        private var model: String { folder.path + "/model.safetensors" }

        init() throws {
            dataset = try DatasetFolder()
            folder = try TemporaryFolder()
        }

        private func train(_ options: [String] = []) throws -> Finished {
            try marquee(["train", "--dataset", dataset.path, "--out", model, "--epochs", "2"] + options)
        }

        private func recommend(_ options: [String]) throws -> Finished {
            try marquee(["recommend", "--model", model] + options)
        }

        @Test
        func `A model is trained, and recommends what a user has not rated`() throws {
            let trained = try train(["--output", "json"])
            #expect(trained.ending == .exited(0) && trained.errors.isEmpty, "\(trained.errors)")
            let report = try trained.json(Trained.self)
            #expect(report.epochs.map(\.epoch) == [1, 2] && report.heldOut == 300)
            #expect(report.rmse == report.epochs.map(\.heldOutRmse).min())

            let file = try FusionModelFile.read(model)
            #expect(file.dimensions.tower == 200 && file.movies.count == dataset.movies.count)
            let ratings = try MovieLensDataset(directory: dataset.path).ratings()
            for user in [1, 17, 60] as [Int64] {
                let seen = Set(
                    (0..<ratings.count).filter { Int64(ratings.userIDs[$0]) == user }.map {
                        Int64(ratings.movieIDs[$0])
                    })
                let finished = try recommend(["--user", String(user), "--top", "100", "--output", "json"])
                let items = try finished.json(Recommended.self).items
                #expect(items.count == min(100, dataset.movies.count - seen.count))
                #expect(seen.isDisjoint(with: items.map(\.movieID)))
                #expect(items.map(\.rank) == Array(1...items.count))
                #expect(zip(items, items.dropFirst()).allSatisfy { $0.score >= $1.score && $0.score <= 5.0001 })
                let titles = Dictionary(uniqueKeysWithValues: dataset.movies.map { ($0.movieID, $0.title) })
                #expect(items.allSatisfy { $0.title == titles[$0.movieID] })
            }
        }

        @Test
        func `Training prints a line an epoch, and the demo's table follows`() throws {
            let trained = try train(["--dimension", "24", "--seed", "3"])
            #expect(trained.ending == .exited(0) && trained.errors.isEmpty, "\(trained.errors)")
            let lines = trained.output.split(separator: "\n")
            #expect(lines.contains { $0.hasPrefix("Epoch") } && lines.contains { $0.hasPrefix("    1  ") })
            #expect(lines.last?.contains("RMSE") == true)
            #expect(try FusionModelFile.read(model).dimensions.tower == 24)

            let table = try recommend(["--age", "25", "--gender", "F", "--occupation", "12"])
            #expect(table.ending == .exited(0))
            let rows = table.output.split(separator: "\n")
            #expect(rows.count == 6 && rows[0].split(separator: " ") == ["Top", "Ids", "Title", "Score"])
            // Who a person is matters.
            let other = try recommend(["--age", "60", "--gender", "M", "--occupation", "3"])
            #expect(other.ending == .exited(0) && other.output != table.output)
        }

        @Test
        func `A set with half stars and without profiles is trained on, too`() throws {
            let set = try DatasetFolder(.commaSeparated)
            let trained = try marquee(["train", "--dataset", set.path, "--out", model, "--epochs", "1"])
            #expect(trained.ending == .exited(0), "\(trained.errors)")
            let items = try recommend(["--user", "1", "--output", "json"]).json(Recommended.self).items
            #expect(items.count == 5)
        }

        /// OpenBLAS has threads from before `main`: they must not take the signal.
        @Test(arguments: [SIGTERM, SIGINT])
        func `Training that is interrupted ends and writes nothing`(signal: Int32) throws {
            let set = try DatasetFolder(users: 400, movies: 400, ratings: 60_000)
            let process = try ChildProcess(["train", "--dataset", set.path, "--out", model, "--epochs", "1000"])
            #expect(eventually(seconds: 20) { process.output.contains("\n    1  ") })
            process.signal(signal)
            #expect(process.wait(seconds: 10) == .exited(130))
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
        }

        @Test
        func `A data set says what else the user rated`() throws {
            _ = try train()
            let before = try recommend(["--user", "5", "--output", "json"]).json(Recommended.self)
            let more = try DatasetFolder(seed: 9)
            let after = try recommend(["--user", "5", "--dataset", more.path, "--output", "json"]).json(
                Recommended.self)
            let ratings = try MovieLensDataset(directory: more.path).ratings()
            let seen = Set((0..<ratings.count).filter { ratings.userIDs[$0] == 5 }.map { Int64(ratings.movieIDs[$0]) })
            #expect(seen.isDisjoint(with: after.items.map(\.movieID)))
            #expect(before.items.count == 5 && after.items.count == 5)
        }

        @Test
        func `What can't be done is one sentence`() throws {
            try FusionModelFile.write(MadeUpModel.make(), to: model)
            try folder.write("text", Data("not a model".utf8))
            let path = dataset.path
            let unknown = try recommend(["--user", "999999"])
            #expect(unknown.ending == .exited(1) && unknown.isOneSentence && unknown.errors.contains("999999"))
            for (arguments, code, named) in [
                (["recommend", "--model", "/no/such/file", "--user", "1"], 1, "/no/such/file"),
                (["recommend", "--model", folder.path + "/text", "--user", "1"], 1, "damaged"),
                (["recommend", "--model", model, "--age", "25", "--gender", "F"], 64, "--occupation"),
                (["recommend", "--model", model, "--user", "1", "--top", "0"], 64, "--top"),
                (["recommend", "--model", model], 64, "--user"),
                (
                    ["recommend", "--model", model, "--age", "25", "--gender", "f", "--occupation", "1"], 64,
                    "did you mean 'F'?"
                ),
                (["train", "--dataset", path, "--out", "/proc/x", "--epochs", "1000"], 1, "/proc/x"),
                (
                    [
                        "recommend", "--model", model, "--age", "25", "--gender", "F", "--occupation", "1", "--dataset",
                        path,
                    ], 64, "--user"
                ),
                (["train", "--dataset", path, "--out", "/no/such/folder/x"], 1, "/no/such/folder"),
                (["train", "--dataset", "/no/such/folder", "--out", model], 1, "/no/such/folder"),
                (["train", "--dataset", path], 64, "--out"),
                (["export", "vectors", "--dataset", path, "--out", "x.vib1"], 64, "--model"),
                (["export", "vectors", "--dataset", path, "--model", model, "--out", "x.txt"], 64, "--out"),
                (
                    ["export", "vectors", "--dataset", path, "--model", model, "--out", folder.path + "/x.vib1"], 1,
                    "VIB1"
                ),
                (["evaluate", "--dataset", path, "--protocol", "split", "--record", "x"], 64, "--record"),
            ] as [([String], Int32, String)] {
                let finished = try marquee(arguments)
                #expect(finished.ending == .exited(code) && finished.isOneSentence, "\(arguments): \(finished.errors)")
                #expect(finished.errors.contains(named), "\(finished.errors)")
            }
        }

        @Test
        func `Vectors are exported for other indexes`() throws {
            let dataset = try DatasetFolder(movies: 300)
            let fusion = MadeUpModel.make(users: 20, movies: 290)
            try FusionModelFile.write(fusion, to: model)
            let path = folder.path + "/vectors.safetensors"
            let finished = try marquee([
                "export", "vectors", "--dataset", dataset.path, "--model", model, "--out", path,
            ])
            #expect(finished.ending == .exited(0), "\(finished.errors)")
            let file = try SafetensorsFile(reading: path)
            #expect(try file.int64s("movie.id", shape: [300]) == Array(1...300))
            let vectors = try file.floats("movie.vector", shape: [300, 20])
            let towers = FusionTowers(fusion.parameters)
            var expected = [Float](repeating: 0, count: towers.paddedDimension)
            fusion.movieVector(41, towers, into: &expected)
            #expect(Array(vectors[(41 * 20)..<(42 * 20)]) == Array(expected[..<20]))
            #expect(try file.floats("user.vector", shape: [20, 20]).count == 400)

            let other = folder.path + "/vectors.vib1"
            let vib1 = try marquee([
                "export", "vectors", "--dataset", dataset.path, "--model", model, "--out", other, "--output", "json",
            ])
            #expect(vib1.ending == .exited(0), "\(vib1.errors)")
            let bytes = try Data(contentsOf: URL(fileURLWithPath: other))
            let (n, d, nq) = (300, 20, 20)
            let mixed = 100 * (256 + 256 * d + 2 * d + 64 + 64 + 2 * 64 * 10)
            #expect(bytes.count == 64 + 4 * (n * d + nq * d + nq * 500 + 4 * nq * 10 + mixed))
            #expect(bytes.prefix(4) == Data("VIB1".utf8) && bytes[8] == UInt8(n & 255) && bytes[12] == 20)
        }

        @Test
        func `The random split has the shape of the other protocols' reports`() throws {
            struct Report: Decodable {
                struct Slices: Decodable { var all: Double }
                var `protocol`: String
                var dataset: String
                var events: Int
                var rmse: Slices
                var mae: Slices
                var eventsPerSecond: Double
                var seconds: Double
            }
            let finished = try marquee([
                "evaluate", "--dataset", dataset.path, "--protocol", "split", "--limit", "1000", "--output", "json",
            ])
            #expect(finished.ending == .exited(0), "\(finished.errors)")
            let report = try finished.json(Report.self)
            #expect(report.protocol == "split" && report.events == 1000)
            #expect(report.rmse.all > 0.2 && report.rmse.all < 2 && report.mae.all < report.rmse.all)
        }
    }
}
