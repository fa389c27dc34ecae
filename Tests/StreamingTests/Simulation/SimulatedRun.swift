import Events
import Foundation
import Learning

@testable import Streaming

/// What befalls one application in one run: events of all kinds, and processes that are killed, held, stopped and started.
/// All of it follows from the seed.
final class SimulatedRun {
    let seed: UInt64
    let fibers: Fibers
    let inputs: ModelBroker
    let cluster: SimulatedCluster
    /// Whether movies and users change while ratings come.
    let changesCatalogue: Bool
    /// Offsets of the records that can't be used.
    private(set) var garbage: [InputPartition: [Int64]] = [:]
    /// What ended processes, and should not have.
    private(set) var surprises: [String] = []
    private(set) var deaths = 0
    /// Of the process that had learnt everything.
    private(set) var leaderDigest: String?

    private var places: [Place] = []
    private var ratingsLeft: Int
    private var alarms: [(time: UInt64, ring: () throws -> Void)] = []

    private final class Place {
        let number: Int
        let directory: String
        var instance: SimulatedInstance?
        var process = 0
        /// Whether it is started again when it has ended.
        var isWanted = true
        var restartsAt: UInt64 = 0

        init(_ number: Int, _ directory: String) {
            self.number = number
            self.directory = directory
        }
    }

    struct NeverSettles: Error, CustomStringConvertible {
        var description: String
    }

    private static let sessionNanoseconds: UInt64 = 2_000_000_000
    private static let stepsMax = 2_000_000
    private static let users = 5
    private static let movies = 12

    init(seed: UInt64, directory: String) {
        self.seed = seed
        fibers = Fibers(seed: seed)
        inputs = ModelBroker(ratingPartitions: [1, 3][fibers.draw(2)])
        cluster = SimulatedCluster(fibers, inputs: inputs)
        changesCatalogue = fibers.draw(2) == 0
        ratingsLeft = 20 + fibers.draw(60)
        places = (0..<(1 + fibers.draw(3))).map { Place($0, "\(directory)/\($0)") }
    }

    /// Runs until everything is learnt and published and everybody has stopped.
    func run() throws {
        defer { fibers.endAll() }
        for movie in 1...Self.movies - 2 { inputs.announce(Int64(movie), "Film \(movie)") }
        cluster.faultRate = [0, 200, 40, 15][fibers.draw(4)]
        var steps = 0
        while ratingsLeft > 0 {
            try happen()
            try step(&steps)
        }
        // The weather clears up.
        cluster.faultRate = 0
        var leader: SimulatedInstance?
        while leader == nil {
            try step(&steps)
            leader = places.first { $0.instance?.isSettled == true && hasReadAll($0) }?.instance
        }
        leaderDigest = try leader?.processor.learner.snapshot().digest()
        for place in places {
            place.isWanted = false
            place.instance?.isStopping = true
        }
        while places.contains(where: { $0.instance?.hasEnded == false }) { try step(&steps) }
        for place in places { note(place) }
        _ = cluster.stableGroupOffsets()
    }

    private func hasReadAll(_ place: Place) -> Bool {
        inputs.inputs.allSatisfy { partition, records in
            place.instance?.processor.position.inputs[partition] ?? 0 == Int64(records.count)
        }
    }

    private func step(_ steps: inout Int) throws {
        steps += 1
        if steps > Self.stepsMax {
            throw NeverSettles(description: "seed \(seed) is not done after \(steps) steps; \(surprises)")
        }
        cluster.writeMarkers()
        while let at = alarms.firstIndex(where: { $0.time <= fibers.now }) { try alarms.remove(at: at).ring() }
        for place in places where place.instance == nil || place.instance?.hasEnded == true { try restart(place) }
        let alarm = alarms.map(\.time).min() ?? .max
        fibers.step(alarm: min(alarm, places.map(\.restartsAt).filter { $0 > fibers.now }.min() ?? .max))
    }

    // MARK: Processes

    private func restart(_ place: Place) throws {
        if let instance = place.instance {
            note(place)
            place.instance = nil
            // A supervisor waits a little.
            place.restartsAt = fibers.now + UInt64(1 + fibers.draw(2000)) * 1_000_000
            sessionEnds(instance.place, place.process)
        }
        if !place.isWanted || place.restartsAt > fibers.now { return }
        place.process += 1
        try FileManager.default.createDirectory(atPath: place.directory, withIntermediateDirectories: true)
        let instance = try SimulatedInstance(
            cluster, place: place.number, process: place.process, directory: place.directory)
        place.instance = instance
        instance.start()
    }

    private func note(_ place: Place) {
        guard let failure = place.instance?.failure else { return }
        deaths += 1
        switch failure {
        case is Fibers.Killed, is LeadershipLost, is SimulatedOutage: break
        // The time of its stop passed while it stood still.
        case is StopTimedOut where place.instance?.wasHeldLong == true: break
        default: surprises.append("\(failure)")
        }
    }

    /// A member that says nothing more is taken off the group after a while.
    private func sessionEnds(_ place: Int, _ process: Int) {
        let cluster = cluster
        alarms.append((fibers.now + Self.sessionNanoseconds, { cluster.leave(place: place, process: process) }))
    }

    // MARK: What happens

    private func happen() throws {
        if fibers.happens(oneIn: 12) { produce() }
        if cluster.faultRate == 0 || !fibers.happens(oneIn: 120) { return }
        let place = places[fibers.draw(places.count)]
        let instance = place.instance
        switch fibers.draw(8) {
        case 0, 1: instance?.kill()
        case 2:
            instance?.kill()
            // With its disk, once it is gone.
            let directory = place.directory
            alarms.append((fibers.now + 1, { try? FileManager.default.removeItem(atPath: directory) }))
        case 3: instance?.hold(until: fibers.now + UInt64(fibers.draw(1500)) * 1_000_000)
        case 4:
            instance?.hold(until: fibers.now + Self.sessionNanoseconds + UInt64(1 + fibers.draw(4000)) * 1_000_000)
            sessionEnds(place.number, place.process)
        case 5: instance?.isStopping = true
        case 6: cluster.rebalance()
        default: cluster.timeOutTransactions()
        }
    }

    private func produce() {
        for _ in 0..<(fibers.happens(oneIn: 4) ? 12 : 1) {
            let user = Int64(1 + fibers.draw(Self.users))
            let movie = Int64(1 + fibers.draw(Self.movies))
            inputs.now += Int64(fibers.draw(2000))
            switch fibers.draw(changesCatalogue ? 16 : 12) {
            case 0:
                let offset = inputs.produce(.ratings, key: "\(user)", value: "{\"user_id\":\(user),\"mov")
                garbage[inputs.partition(of: .ratings, key: "\(user)"), default: []].append(offset)
            case 1: inputs.remove(user, movie)
            case 12: inputs.announce(movie, "Film \(movie), \(fibers.draw(3))")
            case 13: inputs.withdraw(movie)
            case 14: inputs.describe(user, age: 10 + fibers.draw(60))
            case 15: inputs.forget(user)
            default:
                let stars = Double(1 + fibers.draw(10)) / 2
                // A producer without idempotence sends again what was received.
                let time = inputs.now / 1000 - Int64(fibers.happens(oneIn: 8) ? 30 : 0)
                for _ in 0..<(fibers.happens(oneIn: 6) ? 2 : 1) { inputs.rate(user, movie, stars, time: time) }
                ratingsLeft -= 1
            }
        }
    }
}
