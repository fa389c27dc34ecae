import Events
import Foundation
import Kafka
import MovieLens

/// Publishes a data set's events: movies and users, then ratings in time order at a given speed.
final class StreamReplay {
    private let producer: KafkaEventProducer
    private let topics: KafkaTopics
    private let speed: ReplaySpeed
    private let key = ByteBuffer(capacity: 64)
    private let value = ByteBuffer(capacity: 4096)
    /// Waits while the service is too far behind, on a broker that drops what is not read in time.
    var throttle: ((_ published: Int) -> Void)?
    /// Called just before a rating goes out, with its number.
    var willSend: ((_ number: Int) -> Void)?

    init(configuration: KafkaConfiguration, topics: KafkaTopics, speed: ReplaySpeed) throws {
        producer = try KafkaEventProducer(configuration, lingerMilliseconds: speed == .max ? 5 : 0)
        self.topics = topics
        self.speed = speed
    }

    deinit { producer.close() }

    func publish(movies: [Movie]) throws -> Int {
        let topic = try producer.topic(topics.name(of: .movies))
        for movie in movies {
            try send(to: topic, id: movie.movieID) { JSONEventWriter.append(movie, to: value) }
        }
        try producer.flush()
        return movies.count
    }

    func publish(users: [UserProfile]) throws -> Int {
        let topic = try producer.topic(topics.name(of: .users))
        for user in users {
            try send(to: topic, id: user.userID) { JSONEventWriter.append(user, to: value) }
        }
        try producer.flush()
        return users.count
    }

    /// Publishes the ratings of a stream from number `from` on; returns how many went out. The event id of each is its
    /// number in the stream. Those that `published` says are there already, by partition the newest number, are left
    /// out: a partition gets its ratings in order, so it holds all up to its newest.
    func publish(
        ratings: RatingTable, from: Int, published: [Int] = [], shouldStop: () -> Bool, progress: (Int) -> Void
    ) throws -> Int {
        guard from < ratings.count else { return 0 }
        let topic = try producer.topic(topics.name(of: .ratings))
        let firstTime = ratings.timestampsSeconds[from]
        let began = MonotonicTime.seconds
        var done = 0
        for number in from..<ratings.count {
            if let due = speed.dueSeconds(
                done: done, timeSeconds: ratings.timestampsSeconds[number], firstTimeSeconds: firstTime)
            {
                try wait(until: began + due, shouldStop)
            }
            if done & 255 == 0 {
                if shouldStop() { break }
                throttle?(done)
                progress(done)
            }
            if shouldStop() { break }
            var rating = ratings[number]
            key.removeAll()
            key.appendDecimal(rating.userID)
            if !published.isEmpty {
                let partition = KafkaPartitioner.partition(of: key.bytes, count: published.count)
                if number <= published[partition] { continue }
            }
            rating.eventID = String(number)
            value.removeAll()
            JSONEventWriter.append(rating, to: value)
            willSend?(number)
            try producer.send(to: topic, key: key.bytes, value: value.bytes)
            done += 1
        }
        try producer.flush()
        return done
    }

    /// Sleeps in steps, so that a signal is heard, and serves delivery reports meanwhile.
    private func wait(until due: Double, _ shouldStop: () -> Bool) throws {
        while true {
            let left = due - MonotonicTime.seconds
            if left <= 0 || shouldStop() { return }
            try producer.serve()
            usleep(UInt32(min(left, 0.1) * 1_000_000))
        }
    }

    private func send(to topic: KafkaEventProducer.Topic, id: Int64, _ write: () -> Void) throws {
        key.removeAll()
        value.removeAll()
        key.appendDecimal(id)
        write()
        try producer.send(to: topic, key: key.bytes, value: value.bytes)
    }
}
