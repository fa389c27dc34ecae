import Events
import Foundation
import Kafka
import ProcessTestSupport
import Streaming

/// Draws and sends the events of a storm, one a step. Owned by the storm's thread.
final class StormProducer {
    /// A header that tells the recount which code a record was made for.
    static let expectedHeader = "expected"

    private struct Past {
        var user: Int64
        var movie: Int64
        var halfStars: Int
        var seconds: Int64
    }

    private enum GuestState {
        case present
        /// Until this many of his tombstones have been seen.
        case leaving(tombstones: Int)
        case gone
    }

    private let deployment: Deployment
    private let producer: KafkaEventProducer
    private let watch: ListWatch
    private let mixture: Storm.Mixture
    private let stream = Stream.shared
    private var random: Seeded
    private var next = 0
    private var past: [Past] = []
    private var guests = Array(repeating: GuestState.present, count: Guests.count)
    private var guestRatings = 0
    private var newMovies = 0
    private var withdrawn: [Movie] = []

    init(
        _ deployment: Deployment, _ producer: KafkaEventProducer, _ seed: UInt64, _ watch: ListWatch,
        _ mixture: Storm.Mixture
    ) {
        self.deployment = deployment
        self.producer = producer
        self.watch = watch
        self.mixture = mixture
        random = Seeded(state: seed)
    }

    func finish() throws {
        defer { producer.close() }
        try producer.flush(deadlineMilliseconds: 60_000)
    }

    /// Shares in a thousand events.
    func step(_ sent: inout Storm.Sent) throws {
        sent.events += 1
        if sent.events & 63 == 0 { try producer.serve() }
        switch Int.random(in: 0..<1000, using: &random) {
        case 0..<8:
            try sendGarbage(Garbage.inRatings(sent.garbage, nowSeconds: Int64(Date().timeIntervalSince1970)), &sent)
        case 8..<10 where mixture.changesCatalogue: try sendGarbage(Garbage.inCatalogue(sent.garbage), &sent)
        case 10..<11 where mixture.changesCatalogue: try changeMovie()
        case 11..<14 where mixture.changesCatalogue: try changeProfile()
        case 14..<16 where mixture.changesCatalogue: try forgetGuest(&sent)
        case 16..<46: try rateAsGuest(&sent)
        case 46..<52: try repeatRating()
        case 52..<58: try sendLate()
        case 58..<64: try removeRating()
        case 64..<70: try rateWithoutTime()
        default: try rateNext()
        }
    }

    private func rateNext() throws {
        let rating = stream.ratings[next % stream.ratings.count]
        // Behind the end the stream begins again, a little later and with other opinions.
        let round = next / stream.ratings.count
        next += 1
        let seconds = (rating.eventTimeMilliseconds ?? 0) / 1000 + Int64(round)
        try rate(
            Past(
                user: rating.userID, movie: rating.movieID,
                halfStars: (Int(rating.halfStars) + round * 3 - 1) % 10 + 1, seconds: seconds))
    }

    private func rate(_ rating: Past) throws {
        if past.count < 1000 { past.append(rating) } else { past[next % 1000] = rating }
        try send(rating)
    }

    private func send(_ rating: Past, isRemoval: Bool = false) throws {
        let text = StormText.rating(
            rating.user, rating.movie, halfStars: rating.halfStars, time: String(rating.seconds), isRemoval: isRemoval)
        try producer.send(.ratings, rating.user, text, deployment)
    }

    private func repeatRating() throws {
        if let rating = past.randomElement(using: &random) { try send(rating) }
    }

    private func sendLate() throws {
        guard var rating = past.randomElement(using: &random) else { return }
        rating.seconds -= 1000
        rating.halfStars = rating.halfStars % 10 + 1
        try send(rating)
    }

    private func removeRating() throws {
        guard var rating = past.randomElement(using: &random) else { return }
        rating.seconds += Int64.random(in: 0...1, using: &random)
        try send(rating, isRemoval: true)
    }

    private func rateWithoutTime() throws {
        let user = Int64.random(in: 1...900, using: &random)
        let movie = Int64.random(in: 1...1600, using: &random)
        let text = StormText.rating(user, movie, halfStars: Int.random(in: 1...10, using: &random), time: nil)
        try producer.send(.ratings, user, text, deployment)
    }

    private func sendGarbage(_ record: Garbage.Record, _ sent: inout Storm.Sent) throws {
        sent.garbage += 1
        let header = RecordHeader(name: Self.expectedHeader, value: Array(record.code.utf8))
        let topic = try producer.topic(deployment.topics.name(of: record.topic))
        let key = Array((record.key ?? "").utf8)
        let value = Array((record.value ?? "").utf8)
        try key.withUnsafeBytes { key in
            try value.withUnsafeBytes { value in
                let none = UnsafeRawBufferPointer(start: nil, count: 0)
                try producer.send(
                    to: topic, key: record.key == nil ? none : key, value: record.value == nil ? none : value,
                    headers: [header])
            }
        }
    }

    private func changeMovie() throws {
        if Bool.random(using: &random) {
            newMovies += 1
            let movie = Movie(movieID: 1_000_000 + Int64(newMovies), title: "New \(newMovies)", genres: ["Drama"])
            try producer.send(.movies, movie.movieID, StormText.movie(movie), deployment)
        } else if !withdrawn.isEmpty, Bool.random(using: &random) {
            var movie = withdrawn.removeFirst()
            movie.title += " again"
            try producer.send(.movies, movie.movieID, StormText.movie(movie), deployment)
        } else if let movie = stream.movies.randomElement(using: &random) {
            withdrawn.append(movie)
            try producer.send(.movies, movie.movieID, nil, deployment)
        }
    }

    private func changeProfile() throws {
        guard var user = stream.users.randomElement(using: &random) else { return }
        user.age = Int.random(in: 10...80, using: &random)
        try producer.send(.users, user.userID, StormText.user(user), deployment)
    }

    private func rateAsGuest(_ sent: inout Storm.Sent) throws {
        let number = Int.random(in: 0..<Guests.count, using: &random)
        let user = Guests.id(number)
        switch guests[number] {
        case .present: break
        case .leaving(let tombstones) where watch.seen(user).tombstones >= tombstones && Guests.comesBack(number):
            guests[number] = .present
        case .leaving, .gone: return
        }
        guestRatings += 1
        let time = Guests.eventTimeMilliseconds(guestRatings)
        let movie = Int64.random(in: 1...1600, using: &random)
        let stars = Int.random(in: 1...10, using: &random)
        let text = StormText.rating(user, movie, halfStars: stars, time: StormText.time(milliseconds: time))
        try producer.send(.ratings, user, text, deployment)
        sent.times[user, default: []].append(time)
    }

    /// Forgets a guest who has a list.
    private func forgetGuest(_ sent: inout Storm.Sent) throws {
        let number = Int.random(in: 0..<Guests.count, using: &random)
        let user = Guests.id(number)
        guard case .present = guests[number], Guests.staysForgotten(number) || Guests.comesBack(number),
            watch.seen(user).lists > 0
        else { return }
        sent.forgets[user, default: 0] += 1
        guests[number] = Guests.comesBack(number) ? .leaving(tombstones: sent.forgets[user] ?? 0) : .gone
        sent.forgottenTimes[user, default: []] += sent.times.removeValue(forKey: user) ?? []
        sent.lastForget = monotonicSeconds()
        try producer.send(.users, user, nil, deployment)
    }
}
