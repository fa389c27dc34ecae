import Foundation
import MovieLens
import ProcessTestSupport
import Testing

@testable import marquee

extension ProcessTests {
    struct EvaluateTests {
        private struct Slices: Decodable {
            var all: Double?
            var last50: Double?
            var cold: Double?
            var warm: Double?
        }

        private struct Report: Decodable {
            var `protocol`: String
            var events: Int
            var lists: Int
            var rmse: Slices
            var mae: Slices
            var recall10: Slices
            var ndcg10: Slices
            var mrr10: Slices
            var coverage10: Slices
            var eventsPerSecond: Double
            var seconds: Double
        }

        private struct Line: Decodable {
            var event: Int
            var pred: Double
            var top: [Int64]?
        }

        @Test(arguments: DatasetFolder.Layout.allCases)
        func `The record holds a prediction of every event, and its figures are the report's`(
            _ layout: DatasetFolder.Layout
        ) throws {
            let dataset = try DatasetFolder(layout)
            let folder = try TemporaryFolder()
            let record = folder.path + "/run.jsonl"
            let finished = try marquee([
                "evaluate", "--dataset", dataset.path, "--record", record, "--output", "json",
            ])
            #expect(finished.ending == .exited(0), "\(finished.errors)")
            let report = try finished.json(Report.self)
            let table = try MovieLensDataset(directory: dataset.path).ratings().sortedByTime()
            let stream = (0..<table.count).map { table[$0] }
            #expect(report.protocol == "prequential")
            #expect(report.events == stream.count)

            let lines = try folder.read("run.jsonl").split(separator: "\n").map {
                try JSONDecoder().decode(Line.self, from: Data($0.utf8))
            }
            #expect(lines.map(\.event) == Array(0..<stream.count))
            let range = layout == .commaSeparated ? 0.5...5 : 1...5
            var squares = 0.0
            var hits = 0
            var lists = 0
            var seen: [Int64: Set<Int64>] = [:]
            for (line, rating) in zip(lines, stream) {
                #expect(range.contains(line.pred))
                let error = line.pred - Double(rating.halfStars) / 2
                squares += error * error
                // Every liked rating of a small set is asked for a list.
                #expect((line.top != nil) == (rating.halfStars >= 8))
                if let top = line.top {
                    lists += 1
                    if top.contains(rating.movieID) { hits += 1 }
                    #expect(top.count == 10 && Set(top).isDisjoint(with: seen[rating.userID] ?? []))
                }
                seen[rating.userID, default: []].insert(rating.movieID)
            }
            let rmse = try #require(report.rmse.all)
            #expect(abs(rmse - (squares / Double(stream.count)).squareRoot()) < 1e-6)
            let recall = try #require(report.recall10.all)
            #expect(abs(recall - Double(hits) / Double(lists)) < 1e-9)
            #expect(report.lists == lists)
        }

        @Test(arguments: ["warm", "frozen"])
        func `Protocols of the second half have no figures of all, and record that half`(name: String) throws {
            let dataset = try DatasetFolder()
            let folder = try TemporaryFolder()
            let finished = try marquee([
                "evaluate", "--dataset", dataset.path, "--protocol", name, "--record", folder.path + "/run.jsonl",
                "--output", "json",
            ])
            #expect(finished.ending == .exited(0), "\(finished.errors)")
            let report = try finished.json(Report.self)
            #expect(report.protocol == name && report.rmse.all == nil && report.coverage10.all == nil)
            #expect(report.rmse.last50?.isFinite == true)
            let first = folder.read("run.jsonl").split(separator: "\n").first
            let line = try JSONDecoder().decode(Line.self, from: Data((first ?? "").utf8))
            #expect(line.event == report.events / 2)
        }

        @Test
        func `What can't be read or written is one sentence`() throws {
            let dataset = try DatasetFolder()
            let noModel = try marquee(["evaluate", "--dataset", dataset.path, "--model", "/no/such/model"])
            #expect(noModel.ending == .exited(1) && noModel.isOneSentence, "\(noModel.errors)")
            let unwritable = try marquee(["evaluate", "--dataset", dataset.path, "--record", "/no/such/folder/run"])
            #expect(unwritable.ending == .exited(1) && unwritable.isOneSentence, "\(unwritable.errors)")
            let missing = try marquee(["evaluate", "--dataset", "/no/such/folder"])
            #expect(missing.ending == .exited(1) && missing.isOneSentence, "\(missing.errors)")
        }
    }
}
