import Events
import Kafka
import Testing

/// An independent recount of a `ratings` topic: what each user's ratings are, and which events are owed a list.
struct RatingOracle {
    struct Standing: Equatable {
        var halfStars: UInt8
        var time: Int64
        var isRemoved: Bool
    }

    struct Event {
        var movieID: Int64
        var partition: Int32
        var offset: Int64
        var eventID: String
        var time: Int64
        var isRemoval: Bool
    }

    /// By user and movie.
    private(set) var standings: [Int64: [Int64: Standing]] = [:]
    /// By user in the order of the log: the events that changed, confirmed or removed a rating.
    private(set) var answered: [Int64: [Event]] = [:]
    private(set) var eventIDs: [String] = []

    var answeredCount: Int { answered.values.reduce(0) { $0 + $1.count } }

    init(_ application: Application) throws {
        let decoder = RatingDecoder()
        let batch = RatingBatch(capacity: 1)
        for record in try application.records(application.topics.name(of: .ratings)) {
            let value = try #require(record.value)
            let key = try #require(record.key)
            batch.removeAll()
            let rejection = key.withUnsafeBytes { key in
                value.withUnsafeBytes { value in
                    decoder.decode(
                        RawRecord(
                            key: key, value: value, offset: record.offset,
                            timestampMilliseconds: record.timestampMilliseconds, partition: record.partition,
                            topic: .ratings),
                        into: batch)
                }
            }
            #expect(rejection == nil)
            if rejection == nil { apply(batch) }
        }
    }

    private mutating func apply(_ batch: RatingBatch) {
        let user = batch.userIDs[0]
        let id = String(decoding: batch.eventIDBytes.bytes.prefix(Int(batch.eventIDCounts[0])), as: UTF8.self)
        let event = Event(
            movieID: batch.movieIDs[0], partition: batch.partitions[0], offset: batch.offsets[0], eventID: id,
            time: batch.eventTimes[0], isRemoval: batch.operations[0] == Rating.Operation.remove.rawValue)
        eventIDs.append(id)
        let new = Standing(halfStars: batch.halfStars[0], time: event.time, isRemoved: event.isRemoval)
        let old = standings[user]?[event.movieID]
        // The newest event time wins; of equal ones the later in the log.
        if let old, new.time < old.time { return }
        standings[user, default: [:]][event.movieID] = new
        let isSilent = event.isRemoval ? old?.isRemoved ?? true : old == new
        if !isSilent { answered[user, default: []].append(event) }
    }

    /// What `state export` should say: ratings by movie.
    func exported(_ user: Int64) -> [[Double]] {
        (standings[user] ?? [:]).filter { !$0.value.isRemoved }
            .map { [Double($0.key), Double($0.value.halfStars) / 2, Double($0.value.time) / 1000] }
            .sorted { $0[0] < $1[0] }
    }
}
