import Foundation
public import Learning

/// Trains the fusion model by stochastic gradient descent on a random part of a data set, until the error of the rest no
/// longer falls; keeps the best epoch.
///
/// A batch is three steps that the workers take together: vectors of its distinct users and movies; gradients; then one
/// worker a side adds up and steps the layers.
public final class FusionTrainer: @unchecked Sendable {
    public struct Trained: Sendable {
        /// Of the best epoch.
        public var model: FusionModel
        public var best: FusionEpoch
    }

    private let set: FusionTrainingSet
    private let settings: FusionTrainerSettings
    private let team: WorkerTeam
    private let store: ParameterStore
    private let average: ParameterStore
    private var averageCount = 0
    private let users: UserTower
    private let movies: MovieTower
    private let userTable: TowerTable
    private let movieTable: TowerTable
    private var shuffle: RatingShuffle
    private let heldOut: [Int32]
    private var order: [Int32]

    // Of the batch in hand. Written by one worker between two meetings.
    private var userGroups: PairGroups
    private var movieGroups: PairGroups
    private var batchUsers: [Int32] = []
    private var batchMovies: [Int32] = []
    private let labels: FloatBuffer
    /// By worker, over an epoch.
    private let squares: UnsafeMutablePointer<Double>

    public convenience init(_ set: FusionTrainingSet, _ settings: FusionTrainerSettings = .init()) {
        self.init(
            set, settings,
            from: FusionParameters(randomFrom: settings.seed, sizes: set.sizes(settings.dimensions)))
    }

    init(_ set: FusionTrainingSet, _ settings: FusionTrainerSettings, from parameters: FusionParameters) {
        precondition(settings.batchSize > 0 && settings.workers > 0)
        self.set = set
        self.settings = settings
        team = WorkerTeam(count: settings.workers)
        let sizes = set.sizes(settings.dimensions)
        store = ParameterStore(parameters)
        average = ParameterStore(parameters)
        let capacity = max(settings.batchSize, settings.workers)
        users = UserTower(
            store, profiles: set.profiles(rows: sizes.userRows), capacity: capacity, workers: settings.workers)
        movies = MovieTower(
            store, features: set.features(rows: sizes.movieRows), capacity: capacity, workers: settings.workers)
        userTable = TowerTable(rowCount: sizes.userRows, padded: users.batch.padded)
        movieTable = TowerTable(rowCount: sizes.movieRows, padded: movies.batch.padded)
        userGroups = PairGroups(rowCount: sizes.userRows)
        movieGroups = PairGroups(rowCount: sizes.movieRows)
        labels = FloatBuffer(settings.batchSize)
        squares = .allocate(capacity: settings.workers)
        squares.initialize(repeating: 0, count: settings.workers)
        shuffle = RatingShuffle(seed: SplitMix64.mix(settings.seed))
        (heldOut, order) = shuffle.split(set.count, share: settings.heldOutShare)
    }

    deinit { squares.deallocate() }

    public var trainingCount: Int { order.count }
    public var heldOutCount: Int { heldOut.count }

    /// Trains to the end.
    ///
    /// - Parameters:
    ///   - isStopped: Asked once a batch; when it says yes, there is no model.
    ///   - each: Told of each epoch when it is done.
    /// - Returns: Nil when it was stopped.
    public func train(
        isStopped: @escaping @Sendable () -> Bool = { false }, each: (FusionEpoch) -> Void = { _ in }
    ) -> Trained? {
        var best: (parameters: FusionParameters, epoch: FusionEpoch)?
        var idle = 0
        for number in 1...max(1, settings.epochsMax) {
            let clock = ContinuousClock()
            let began = clock.now
            guard let loss = epoch(isStopped) else { return nil }
            let errors = withAverage { heldOutErrors() }
            let seconds = (clock.now - began) / .seconds(1)
            let isBest = errors.rmse < (best?.epoch.heldOutRMSE ?? .infinity)
            let epoch = FusionEpoch(
                number: number, loss: loss, heldOutRMSE: errors.rmse, heldOutMAE: errors.mae,
                seconds: seconds, isBest: isBest)
            each(epoch)
            if isBest {
                best = (average.parameters(), epoch)
                idle = 0
            } else {
                idle += 1
                if idle >= settings.patience { break }
            }
        }
        return best.map { Trained(model: model(of: $0.parameters), best: $0.epoch) }
    }

    // MARK: An epoch

    /// One pass over the training ratings in a new order; its loss, or nil when it was stopped.
    private func epoch(_ isStopped: @escaping @Sendable () -> Bool) -> Double? {
        shuffle.shuffle(&order)
        squares.update(repeating: 0, count: team.count)
        let flag = Flag()
        team.run { [self] worker in
            var first = 0
            while first < order.count {
                let count = min(settings.batchSize, order.count - first)
                if worker == 0 {
                    if first / settings.batchSize % settings.averageInterval == 0, first > 0 { takeAverage() }
                    flag.isSet = isStopped()
                    gather(order[first..<first + count])
                }
                team.meet()
                if flag.isSet { return }
                step(worker, rate: settings.learningRate)
                first += count
            }
        }
        return flag.isSet ? nil : (0..<team.count).reduce(0) { $0 + squares[$1] } / Double(max(1, order.count))
    }

    /// Written by worker 0 and read behind a meeting.
    private final class Flag: @unchecked Sendable {
        var isSet = false
    }

    private func gather(_ rows: ArraySlice<Int32>) {
        batchUsers.removeAll(keepingCapacity: true)
        batchMovies.removeAll(keepingCapacity: true)
        for (at, row) in rows.enumerated() {
            batchUsers.append(set.userIDs[Int(row)])
            batchMovies.append(set.movieIDs[Int(row)])
            labels.base[at] = PairLoss.label(halfStars: set.halfStars[Int(row)])
        }
        userGroups.group(batchUsers[...])
        movieGroups.group(batchMovies[...])
    }

    /// A worker's part of one batch.
    private func step(_ worker: Int, rate: Float) {
        let userRange = team.part(of: userGroups.count, worker: worker)
        let movieRange = team.part(of: movieGroups.count, worker: worker)
        users.forward(userRange, users: userGroups.rows)
        movies.forward(movieRange, movies: movieGroups.rows, worker: worker)
        team.meet()
        let found = PairLoss.backward(
            userRange, of: users.batch, userGroups, against: movies.batch, movieGroups, labels: labels.base)
        _ = PairLoss.backward(
            movieRange, of: movies.batch, movieGroups, against: users.batch, userGroups, labels: labels.base)
        squares[worker] += found
        users.backward(
            userRange, userGroups, worker: worker, rate: rate, regularization: settings.regularization)
        movies.backward(
            movieRange, movieGroups, worker: worker, rate: rate, regularization: settings.regularization)
        team.meet()
        if worker == 0 { users.step(rate: rate) }
        if worker == team.count - 1 { movies.step(rate: rate) }
        team.meet()
    }

    /// Takes the state at hand into the average, at first as a plain mean.
    private func takeAverage() {
        averageCount += 1
        average.approach(store, share: max(settings.averageShare, 1 / Float(averageCount)))
    }

    /// One step on these rows of the set; the parameters after it.
    func descend(_ rows: [Int32], rate: Float) -> FusionParameters {
        gather(rows[...])
        team.run { [self] in step($0, rate: rate) }
        return store.parameters()
    }

    // MARK: What came out

    /// The towers with the average in place of the state at hand.
    private func withAverage<Result>(_ body: () -> Result) -> Result {
        takeAverage()
        store.exchange(with: average)
        users.fold()
        movies.fold()
        defer {
            store.exchange(with: average)
            users.fold()
            movies.fold()
        }
        return body()
    }

    private func heldOutErrors() -> StarErrors {
        team.run { [self] worker in
            userTable.fill(from: users.batch, worker: worker, team: team) { users.forward($0, users: $1) }
            movieTable.fill(from: movies.batch, worker: worker, team: team) {
                movies.forward($0, movies: $1, worker: worker)
            }
        }
        return StarErrors(
            of: heldOut, in: set, users: userTable.rows, movies: movieTable.rows, range: set.starRange)
    }

    /// With parameters of an epoch. Movies that no training rating is of get the mean embedding of those that have one,
    /// because their own is still as random as it began; so do users.
    private func model(of parameters: FusionParameters) -> FusionModel {
        var parameters = parameters
        let trained = (users: Set(order.map { set.userIDs[Int($0)] }), movies: Set(order.map { set.movieIDs[Int($0)] }))
        parameters.fill(.userEmbedding, all: set.users.map { Int($0.userID) }, trained: trained.users)
        parameters.fill(.movieEmbedding, all: set.movies.map { Int($0.movieID) }, trained: trained.movies)
        return FusionModel(
            parameters: parameters, genres: set.genres, words: set.words, movies: set.movies, users: set.ratedUsers())
    }
}

extension FusionParameters {
    /// Gives the mean of the trained rows of an embedding to those of `all` that are not.
    fileprivate mutating func fill(_ tensor: FusionTensor, all: [Int], trained: Set<Int32>) {
        let mean = mean(of: tensor, rows: all.lazy.filter { trained.contains(Int32($0)) })
        var table = self[tensor]
        for row in all where !trained.contains(Int32(row)) {
            table.replaceSubrange(row * mean.count..<(row + 1) * mean.count, with: mean)
        }
        self[tensor] = table
    }
}
