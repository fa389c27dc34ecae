import Foundation
import Kafka

/// The `recommendations` topic as a read_committed consumer has it, by user in the order of the log.
struct PublishedLists {
    struct Cause: Decodable, Equatable {
        var topic: String
        var partition: Int32
        var offset: Int64
    }

    struct List {
        var sequence: Int64
        var partition: Int32
        var offset: Int64
        var epoch: Int64
        var causes: [Cause]
        var causeCount: Int
        var movies: [Int64]
    }

    enum Entry {
        case list(List)
        case tombstone
    }

    private struct Document: Decodable {
        struct Item: Decodable {
            var movieID: Int64
            private enum CodingKeys: String, CodingKey { case movieID = "movie_id" }
        }
        struct Model: Decodable { var epoch: Int64 }
        var userID: Int64
        var sequence: Int64
        var causes: [Cause]
        var causeCount: Int
        var items: [Item]
        var model: Model

        private enum CodingKeys: String, CodingKey {
            case userID = "user_id"
            case causes = "caused_by"
            case causeCount = "caused_by_total"
            case sequence, items, model
        }
    }

    private(set) var entries: [Int64: [Entry]] = [:]
    private(set) var problems: [String] = []
    /// By user with a tombstone: the epoch of the next list in his partition, so of a commit that came no earlier.
    private(set) var epochAfterTombstone: [Int64: Int64] = [:]

    init(entries: [Int64: [Entry]]) { self.entries = entries }

    init(_ deployment: Deployment) throws {
        let decoder = JSONDecoder()
        var waiting: [Int32: [Int64]] = [:]
        try deployment.read(deployment.topics.recommendations) { record in
            let key = String(decoding: record.key, as: UTF8.self)
            guard let user = Int64(key) else {
                problems.append("a list has the key '\(key)'")
                return
            }
            guard record.value.baseAddress != nil else {
                entries[user, default: []].append(.tombstone)
                waiting[record.partition, default: []].append(user)
                return
            }
            let document = try decoder.decode(Document.self, from: Data(record.value))
            for user in waiting.removeValue(forKey: record.partition) ?? [] {
                epochAfterTombstone[user] = document.model.epoch
            }
            if document.userID != user { problems.append("user \(user) has a list of user \(document.userID)") }
            entries[user, default: []].append(
                .list(
                    List(
                        sequence: document.sequence, partition: record.partition, offset: record.offset,
                        epoch: document.model.epoch, causes: document.causes,
                        causeCount: document.causeCount, movies: document.items.map(\.movieID))))
        }
    }

    var count: Int { entries.values.reduce(0) { $0 + $1.count } }

    /// A user's lists between one tombstone and the next. At least once: a list replaces that of the same sequence and
    /// those after it, and a tombstone may come again.
    func segments(_ user: Int64, _ delivery: Delivery) -> [[List]] {
        var segments: [[List]] = [[]]
        for entry in entries[user] ?? [] {
            switch entry {
            case .tombstone:
                if delivery == .atLeastOnce, segments.count > 1, segments[segments.count - 1].isEmpty { continue }
                segments.append([])
            case .list(let list):
                if delivery == .atLeastOnce {
                    segments[segments.count - 1].removeAll { $0.sequence >= list.sequence }
                }
                segments[segments.count - 1].append(list)
            }
        }
        return segments
    }
}
