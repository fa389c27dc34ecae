import Events
import Learning

/// A rating event as a test writes it down.
struct RatingEvent {
    var user: Int64
    var movie: Int64
    var halfStars: UInt8
    /// Event time, milliseconds.
    var time: Int64
    /// When it was produced, milliseconds.
    var recordTimestamp: Int64
    var isRemoval: Bool

    static func set(_ user: Int64, _ movie: Int64, _ halfStars: UInt8, at time: Int64, produced: Int64? = nil) -> Self {
        Self(
            user: user, movie: movie, halfStars: halfStars, time: time, recordTimestamp: produced ?? time,
            isRemoval: false)
    }

    static func remove(_ user: Int64, _ movie: Int64, at time: Int64, produced: Int64? = nil) -> Self {
        Self(user: user, movie: movie, halfStars: 0, time: time, recordTimestamp: produced ?? time, isRemoval: true)
    }
}

/// A learner with the batch and the outcomes that feed it.
final class TestLearner {
    static let batchCapacity = 4096

    let model: any OnlineModel
    let learner: Learner
    let batch = RatingBatch(capacity: batchCapacity)
    let outcomes = RatingOutcomes(capacity: batchCapacity)

    init(_ settings: BiasedMatrixFactorization.Settings = .init()) {
        model = BiasedMatrixFactorization(settings)
        learner = Learner(model: model, batchCapacity: Self.batchCapacity)
    }

    init(model: any OnlineModel) {
        self.model = model
        learner = Learner(model: model, batchCapacity: Self.batchCapacity)
    }

    /// Restores what an image holds.
    convenience init(restoring image: StateImage, _ settings: BiasedMatrixFactorization.Settings = .init()) throws {
        try self.init(restoring: image, model: BiasedMatrixFactorization(settings))
    }

    convenience init(restoring image: StateImage, model: any OnlineModel) throws {
        self.init(model: model)
        var image = image
        try learner.restore(from: &image)
        try image.finish()
    }

    func fill(_ events: [RatingEvent]) {
        batch.removeAll()
        for (row, event) in events.enumerated() {
            batch.userIDs[row] = event.user
            batch.movieIDs[row] = event.movie
            batch.halfStars[row] = event.halfStars
            batch.operations[row] = (event.isRemoval ? Rating.Operation.remove : .set).rawValue
            batch.eventTimes[row] = event.time
            batch.recordTimestamps[row] = event.recordTimestamp
        }
        batch.count = events.count
    }

    /// Applies the events in one call and returns what became of each.
    @discardableResult
    func apply(_ events: [RatingEvent]) -> [RatingOutcome?] {
        fill(events)
        learner.apply(batch, 0..<events.count, outcomes)
        return (0..<events.count).map { RatingOutcome(rawValue: outcomes.outcomes[$0]) }
    }

    /// The predictions of the last call of `apply`.
    func predictions(_ count: Int) -> [Float] { (0..<count).map { outcomes.predictions[$0] } }

    func bytes() throws -> [UInt8] { try learner.snapshot().bytes() }
    func digest() throws -> String { try learner.snapshot().digest() }
    func image() throws -> StateImage { try learner.snapshot().image() }
}

extension LearnerSnapshot {
    /// The state as a checkpoint has it; with `base`, only what changed since.
    func image(since base: LearnerSnapshot? = nil) throws -> StateImage {
        var image = StateImage()
        for (number, table) in tables.enumerated() {
            let rows = table.rows
            var copy = StateImage.Table(rowBytes: rows.rowBytes, rowCount: rows.count)
            rows.forEachPage(changedSince: base?.tables[number].rows.number ?? 0) { offset, bytes in
                copy.runs.append(StateImage.Run(offset: offset, bytes: Array(bytes)[...]))
            }
            image.tables[table.name] = copy
        }
        for (number, blob) in blobs.enumerated() {
            if let version = blob.version, base?.blobs[number].version == version { continue }
            image.blobs[blob.name] = try written(blob.write)
        }
        return image
    }

    func bytes() throws -> [UInt8] {
        var bytes: [UInt8] = []
        var writer = StateWriter(chunkBytes: 100) { bytes.append(contentsOf: $0) }
        try write(to: &writer)
        try writer.flush()
        return bytes
    }
}
