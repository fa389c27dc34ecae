import Foundation
import ProcessTestSupport
import Testing

@testable import marquee

extension ProcessTests {
    struct DemoTests {
        private struct Summary: Decodable {
            struct Percentiles: Decodable {
                var p50: Double
                var p99: Double
            }

            var events: Int
            var lists: Int
            var deadLetters: Int
            var eventsPerSecond: Double
            var firstListSeconds: Double
            var freshnessMilliseconds: Percentiles
            var rmse: Double
            var recall10: Double
        }

        @Test
        func `A demo on a data set ends by itself with all of it learnt`() throws {
            let dataset = try DatasetFolder()
            let finished = try marquee(["demo", "--dataset", dataset.path, "--output", "json"])
            #expect(finished.ending == .exited(0), "\(finished.errors)")
            #expect(finished.errors.isEmpty)
            let summary = try finished.json(Summary.self)
            #expect(summary.events == 3000)
            #expect(summary.deadLetters == 0)
            #expect(summary.lists >= 60)
            #expect(summary.firstListSeconds > 0 && summary.eventsPerSecond > 0)
            #expect(summary.freshnessMilliseconds.p50 > 0)
            #expect(summary.freshnessMilliseconds.p99 >= summary.freshnessMilliseconds.p50)

            // Partitions change the order between users a little, and with it what was known at each rating.
            let evaluated = try marquee(["evaluate", "--dataset", dataset.path, "--output", "json"])
            let rmse = try #require(
                (try JSONSerialization.jsonObject(with: Data(evaluated.output.utf8)) as? [String: Any])?["rmse"]
                    as? [String: Any])
            let all = try #require(rmse["all"] as? Double)
            #expect(abs(summary.rmse - all) < 0.05)
        }

        @Test
        func `Without a data set it says that the stream is made up, and shows lists and a summary`() throws {
            let finished = try marquee(["demo", "--limit", "20000"])
            #expect(finished.ending == .exited(0), "\(finished.errors)")
            #expect(finished.output.contains("made up"))
            #expect(finished.output.contains("list 1"))
            #expect(finished.output.contains("Recall@10"))
            for line in finished.output.split(separator: "\n") { #expect(line.count <= 130, "\(line)") }
        }

        @Test
        func `An interrupted demo ends with 130`() throws {
            let process = try ChildProcess(["demo"])
            #expect(eventually(seconds: 15) { process.output.contains(" list ") })
            process.signal(SIGINT)
            #expect(process.wait(seconds: 10) == .exited(130))
            #expect(!process.output.contains("Recall@10"))
        }
    }

    struct BenchTests {
        @Test
        func `The codecs' figures stand beside a memory copy`() throws {
            let finished = try marquee(["bench", "codec", "--events", "2000", "--output", "json"])
            #expect(finished.ending == .exited(0), "\(finished.errors)")
            let figures = try #require(
                try JSONSerialization.jsonObject(with: Data(finished.output.utf8)) as? [String: Double])
            for name in ["decodedEventsPerSecond", "encodedListsPerSecond", "copiedBytesPerSecond"] {
                #expect((figures[name] ?? 0) > 0, "\(name)")
            }
        }

        @Test
        func `The pipeline's figures stand beside a bare read`() throws {
            let dataset = try DatasetFolder()
            let finished = try marquee([
                "bench", "pipeline", "--dataset", dataset.path, "--rate", "500", "--seconds", "1", "--output", "json",
            ])
            #expect(finished.ending == .exited(0), "\(finished.errors)")
            let report = try #require(
                try JSONSerialization.jsonObject(with: Data(finished.output.utf8)) as? [String: Any])
            #expect(report["ratings"] as? Int == 3000)
            #expect(report["delivery"] as? String == "at-least-once")
            #expect((report["listsPublished"] as? Int ?? 0) >= 60)
            #expect(report["freshnessSent"] as? Int == report["freshnessAnswered"] as? Int)
            #expect((report["freshnessMilliseconds"] as? [String: Double])?.keys.sorted() == ["p50", "p99"])
            for name in ["ratingsPerSecond", "peakRSSBytes", "cpuSecondsPerMillionRatings"] {
                #expect((report[name] as? Double ?? 0) > 0, "\(name)")
            }
        }
    }
}
