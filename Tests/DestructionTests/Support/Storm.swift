import Events
import Foundation
import Kafka
import MovieLens
import ProcessTestSupport
import Synchronization

/// Sends a data set's ratings at a rate, without end, and everything between them that a stream may hold: exact repeats,
/// late and removed ratings, garbage, changes of catalogue and profiles, users who are forgotten.
///
/// On a thread of its own, so that it goes on whatever is destroyed meanwhile.
final class Storm: Sendable {
    struct Mixture: Sendable {
        /// Whether movies and users change and users are forgotten.
        var changesCatalogue = true
        var ratingsPerSecond = 1500.0

        /// Leaves room to take over in.
        static let moderate = Mixture(ratingsPerSecond: 500)
    }

    /// What has been sent.
    struct Sent: Sendable {
        var events = 0
        var garbage = 0
        /// How often each guest was forgotten.
        var forgets: [Int64: Int] = [:]
        /// The times of each guest's ratings since he was forgotten last; and of those before.
        var times: [Int64: [Int64]] = [:]
        var forgottenTimes: [Int64: [Int64]] = [:]
        /// When somebody was forgotten last, in monotonic seconds.
        var lastForget = 0.0
    }

    private struct State {
        var sent = Sent()
        var failure: (any Error)?
    }

    let mixture: Mixture
    private let state = Mutex(State())
    private let shouldStop = Atomic<Bool>(false)
    private let hasEnded = Atomic<Bool>(false)

    /// Sends movies and users and waits until the broker has them: what a service reads first.
    static func sendCatalogue(_ deployment: Deployment) throws {
        let stream = Stream.shared
        let producer = try KafkaEventProducer(deployment.configuration())
        defer { producer.close() }
        for movie in stream.movies {
            try producer.send(.movies, movie.movieID, StormText.movie(movie), deployment)
        }
        for user in stream.users { try producer.send(.users, user.userID, StormText.user(user), deployment) }
        try producer.flush()
    }

    /// Sends the catalogue, and starts it with a watch over the lists.
    static func begin(
        _ deployment: Deployment, seed: UInt64 = Intensity.seed, _ mixture: Mixture = Mixture()
    ) throws -> (Storm, ListWatch) {
        try sendCatalogue(deployment)
        let watch = try ListWatch(deployment)
        return (try Storm(deployment, seed: seed, watch: watch, mixture), watch)
    }

    /// Starts it. `watch` tells when a forgotten user's list is gone: he rates again no earlier.
    init(_ deployment: Deployment, seed: UInt64, watch: ListWatch, _ mixture: Mixture = Mixture()) throws {
        self.mixture = mixture
        let producer = StormProducer(
            deployment, try KafkaEventProducer(deployment.configuration(), lingerMilliseconds: 0), seed, watch, mixture)
        // The thread is the only one that has it.
        nonisolated(unsafe) let alone = producer
        Thread.detachNewThread { [self] in
            do {
                let began = monotonicSeconds()
                var sent = Sent()
                while !shouldStop.load(ordering: .relaxed) {
                    let due = Double(sent.events) / mixture.ratingsPerSecond - (monotonicSeconds() - began)
                    if due > 0 { usleep(UInt32(min(due, 0.01) * 1e6)) }
                    if due > 0.01 { continue }
                    try alone.step(&sent)
                    state.withLock { $0.sent = sent }
                }
                try alone.finish()
            } catch {
                state.withLock { $0.failure = error }
            }
            hasEnded.store(true, ordering: .releasing)
        }
    }

    var sent: Sent { state.withLock { $0.sent } }

    var isOver: Bool { hasEnded.load(ordering: .acquiring) }

    /// Ends it without waiting, for tests that failed.
    func abandon() { shouldStop.store(true, ordering: .relaxed) }

    struct DidNotEnd: Error {}

    /// Ends it, waits until the broker has everything, and returns what was sent.
    @discardableResult
    func stop() throws -> Sent {
        shouldStop.store(true, ordering: .relaxed)
        guard eventually(seconds: 90, { isOver }) else { throw DidNotEnd() }
        return try state.withLock { state in
            if let failure = state.failure { throw failure }
            return state.sent
        }
    }
}

extension KafkaEventProducer {
    /// A null with `json` nil.
    func send(_ topic: InputTopic, _ key: Int64, _ json: String?, _ deployment: Deployment) throws {
        try send(
            to: self.topic(deployment.topics.name(of: topic)),
            (key: Array(String(key).utf8), value: json.map { Array($0.utf8) }))
    }
}
