import CVectorKernels

/// What is counted of a movie for the blend: how popular it is of late, how often it was liked, and what was liked soon
/// after it.
struct MovieTally {
    /// Likes, each worth half as much after some events; in units of their own (`MovieTallies.shares`).
    var popularity: Float = 0
    /// The same with a longer half-life.
    var slowPopularity: Float = 0
    /// Ratings ever, liked or not.
    var ratings: Float = 0
    /// Ratings that a movie is credited with when it comes; decays as `slowPopularity` does.
    var credit: Float = 0
    /// Likes ever.
    var likes: Float = 0
    /// 1 / √(likes + 1).
    var inverseRoot: Float = 1
    /// Where its successors are: a block of a size class (plus one; 0 = none yet).
    var block: UInt32 = 0
    var successorCount: UInt16 = 0
    var sizeClass: UInt16 = 0
}

/// The tallies of all movies: decayed popularity, likes, and successors.
///
/// Successors of i: for the movies j that users liked within their next 20 ratings after they liked i, a sum of weights
/// that fall with the distance. A movie keeps at most 128 of them; a newcomer then takes the place of the weakest and half
/// of its weight, as in Space-Saving (Metwally, Agrawal and El Abbadi, "Efficient Computation of Frequent and Top-k
/// Elements in Data Streams", 2005), so what is frequent stays. Blocks of successors come in powers of two.
final class MovieTallies {
    static let successorsMax = 128
    private static let classCount = 5

    private static func capacity(_ sizeClass: Int) -> Int { 8 &<< sizeClass }

    private let rows = PagedRows(rowBytes: MemoryLayout<MovieTally>.stride)
    let stages = StagePopularity()
    /// A block is movie rows, then weights.
    private let pools: [PagedRows]
    private let poolPlaces: UnsafeMutablePointer<PagedRows.RowPlaces>
    private var freeBlocks: [[UInt32]]

    private struct Decay {
        /// What a like is worth now. Instead of letting all others decay, it grows, by this an event.
        var unit: Float = 1
        var growth: Float
        var slowUnit: Float = 1
        var slowGrowth: Float
        /// Over all movies: of both popularities in their units, and of ratings without credits.
        var popularity = CountMoments()
        var slowPopularity = CountMoments()
        var ratings = CountMoments()
    }

    /// Behind a pointer, as it is written once an event.
    private let decay: UnsafeMutablePointer<Decay>

    /// Where likes stop growing and are brought down together: by a power of two, so their order stays.
    private static let unitMax: Float = 0x1p66
    private static let bringDownBy: Float = 0x1p-64

    /// - Parameters: 2^(1 / half-life in events) of the two popularities.
    init(growth: Float, slowGrowth: Float) {
        pools = (0..<Self.classCount).map { PagedRows(rowBytes: 8 * Self.capacity($0)) }
        poolPlaces = .allocate(capacity: Self.classCount)
        for (sizeClass, pool) in pools.enumerated() { (poolPlaces + sizeClass).initialize(to: pool.places) }
        freeBlocks = Array(repeating: [], count: Self.classCount)
        decay = .allocate(capacity: 1)
        decay.initialize(to: Decay(growth: growth, slowGrowth: slowGrowth))
    }

    deinit {
        decay.deallocate()
        poolPlaces.deallocate()
    }

    var count: Int { rows.count }
    /// By what the two popularities are multiplied to be in likes of now.
    @inline(__always)
    var shares: (fast: Float, slow: Float) { (1 / decay.pointee.unit, 1 / decay.pointee.slowUnit) }

    func add() {
        let row = rows.append()
        rows.mutableRow(row).initializeMemory(as: MovieTally.self, repeating: MovieTally(), count: 1)
        stages.add()
    }

    @inline(__always)
    func tally(_ movie: UInt32) -> UnsafePointer<MovieTally> {
        rows.row(movie).assumingMemoryBound(to: MovieTally.self)
    }

    @inline(__always)
    private func mutableTally(_ movie: UInt32) -> UnsafeMutablePointer<MovieTally> {
        rows.mutableRow(movie).assumingMemoryBound(to: MovieTally.self)
    }

    /// A movie comes that nobody can have rated yet. It gets the benefit of the doubt: until more is known, and for as long
    /// as credits last, it counts as the movie of an average event.
    func welcome(_ movie: UInt32) {
        let tally = mutableTally(movie)
        decay.pointee.popularity.credit(&tally.pointee.popularity)
        decay.pointee.slowPopularity.credit(&tally.pointee.slowPopularity)
        tally.pointee.credit += decay.pointee.ratings.ofAnEvent * decay.pointee.slowUnit
        stages.welcome(movie)
    }

    /// The movie counts for nothing any more.
    func remove(_ movie: UInt32) {
        let tally = mutableTally(movie)
        decay.pointee.popularity.drop(tally.pointee.popularity)
        decay.pointee.slowPopularity.drop(tally.pointee.slowPopularity)
        decay.pointee.ratings.drop(tally.pointee.ratings)
        if tally.pointee.sizeClass != 0 { freeBlocks[Int(tally.pointee.sizeClass) - 1].append(tally.pointee.block) }
        tally.initialize(to: MovieTally())
        stages.remove(movie)
    }

    // MARK: Popularity

    /// An event passes. O(1), but O(movies) once in some hundred thousand events: then true, and what is next to nothing may
    /// have become nothing.
    @inline(__always)
    func tick() -> Bool {
        decay.pointee.unit *= decay.pointee.growth
        decay.pointee.slowUnit *= decay.pointee.slowGrowth
        if decay.pointee.unit <= Self.unitMax && decay.pointee.slowUnit <= Self.unitMax { return false }
        bringDown()
        return true
    }

    @inline(never)
    private func bringDown() {
        let fast = decay.pointee.unit > Self.unitMax ? Self.bringDownBy : 1
        let slow = decay.pointee.slowUnit > Self.unitMax ? Self.bringDownBy : 1
        for movie in 0..<UInt32(rows.count) {
            let tally = mutableTally(movie)
            tally.pointee.popularity *= fast
            tally.pointee.slowPopularity *= slow
            tally.pointee.credit *= slow
        }
        if slow != 1 { stages.scale(slow) }
        decay.pointee.popularity.scale(fast)
        decay.pointee.slowPopularity.scale(slow)
        decay.pointee.unit *= fast
        decay.pointee.slowUnit *= slow
    }

    /// - Parameter stage: Of the user, before the event.
    @inline(__always)
    func count(_ movie: UInt32, isLiked: Bool, stage: Int) {
        let tally = mutableTally(movie)
        decay.pointee.ratings.grow(&tally.pointee.ratings, by: 1)
        if !isLiked { return }
        let (unit, slowUnit) = (decay.pointee.unit, decay.pointee.slowUnit)
        decay.pointee.popularity.grow(&tally.pointee.popularity, by: unit)
        decay.pointee.slowPopularity.grow(&tally.pointee.slowPopularity, by: slowUnit)
        tally.pointee.likes += 1
        tally.pointee.inverseRoot = 1 / (tally.pointee.likes + 1).squareRoot()
        stages.count(movie, stage: stage, unit: slowUnit)
    }

    /// What is known of how popular a movie is, as the blend's experts take the logarithms of it.
    ///
    /// - Parameters:
    ///   - stage: Of the user who is asked for.
    ///   - shares: `shares`, which no event may have changed since.
    @inline(__always)
    func popularities(
        _ tally: UnsafePointer<MovieTally>, _ movie: UInt32, stage: Int, _ shares: (fast: Float, slow: Float)
    ) -> (fast: Float, slow: Float, ofStage: Float, ratings: Float) {
        let floor = Blend.popularityFloor
        return (
            tally.pointee.popularity * shares.fast + floor, tally.pointee.slowPopularity * shares.slow + floor,
            stages.likes(movie)[stage] * shares.slow + floor,
            tally.pointee.ratings + tally.pointee.credit * shares.slow + 1
        )
    }

    // MARK: Successors

    /// Movie rows and weights of what was liked after a movie.
    @inline(__always)
    func successors(_ movie: UInt32) -> (movies: UnsafePointer<UInt32>, weights: UnsafePointer<Float>, count: Int)? {
        let tally = tally(movie).pointee
        if tally.sizeClass == 0 { return nil }
        let sizeClass = Int(tally.sizeClass) - 1
        let base = UnsafeRawPointer(poolPlaces[sizeClass].row(tally.block))
        return (
            base.assumingMemoryBound(to: UInt32.self),
            (base + 4 * Self.capacity(sizeClass)).assumingMemoryBound(to: Float.self), Int(tally.successorCount)
        )
    }

    /// Calls `body` with the place of each successor that has one, and with its weight.
    ///
    /// - Parameter places: By movie row, a place + 1; nearly all are 0.
    @inline(__always)
    func forEachSuccessor(
        of movie: UInt32, in places: UnsafePointer<UInt16>, _ body: (_ place: Int, _ weight: Float) -> Void
    ) {
        guard let next = successors(movie) else { return }
        func visit(_ number: Int) {
            let place = places[Int(next.movies[number])]
            if place != 0 { body(Int(place) &- 1, next.weights[number]) }
        }
        func place(_ number: Int) -> UInt16 { places[Int(next.movies[number])] }
        var number = 0
        // One test of eight, as few have a place.
        while number &+ 8 <= next.count {
            let low = place(number) | place(number &+ 1) | place(number &+ 2) | place(number &+ 3)
            let high = place(number &+ 4) | place(number &+ 5) | place(number &+ 6) | place(number &+ 7)
            if low | high != 0 { for at in number..<(number &+ 8) { visit(at) } }
            number = number &+ 8
        }
        while number < next.count {
            visit(number)
            number = number &+ 1
        }
    }

    /// `successor` was liked after `movie`.
    func addSuccessor(_ successor: UInt32, of movie: UInt32, weight: Float) {
        let tally = mutableTally(movie)
        let count = Int(tally.pointee.successorCount)
        if tally.pointee.sizeClass != 0 {
            let (movies, weights) = columns(tally.pointee)
            let at = mq_find_u32(movies, count, successor)
            if at >= 0 {
                weights[at] += weight
                return
            }
            if count == Self.successorsMax {
                let weakest = mq_kernels().pointee.least_index(weights, count)
                movies[weakest] = successor
                weights[weakest] = weights[weakest] * 0.5 + weight
                return
            }
        }
        if tally.pointee.sizeClass == 0 || count == Self.capacity(Int(tally.pointee.sizeClass) - 1) { makeRoom(tally) }
        let (movies, weights) = columns(tally.pointee)
        movies[count] = successor
        weights[count] = weight
        tally.pointee.successorCount = UInt16(count + 1)
    }

    func names(evicted table: MovieTable, _ movie: UInt32) -> Bool {
        guard let next = successors(movie) else { return false }
        return (0..<next.count).contains { table.pointer(next.movies[$0]).pointee.isEvicted }
    }

    /// Takes out successors that went; the others move together.
    func drop(evicted table: MovieTable, _ movie: UInt32) {
        let tally = mutableTally(movie)
        if tally.pointee.sizeClass == 0 { return }
        let (movies, weights) = columns(tally.pointee)
        var kept = 0
        for at in 0..<Int(tally.pointee.successorCount) where !table.pointer(movies[at]).pointee.isEvicted {
            (movies[kept], weights[kept]) = (movies[at], weights[at])
            kept += 1
        }
        tally.pointee.successorCount = UInt16(kept)
    }

    @inline(__always)
    private func columns(_ tally: MovieTally) -> (UnsafeMutablePointer<UInt32>, UnsafeMutablePointer<Float>) {
        let sizeClass = Int(tally.sizeClass) - 1
        let places = poolPlaces[sizeClass]
        let base = places.isShared(tally.block) ? pools[sizeClass].mutableRow(tally.block) : places.row(tally.block)
        return (
            base.assumingMemoryBound(to: UInt32.self),
            (base + 4 * Self.capacity(sizeClass)).assumingMemoryBound(to: Float.self)
        )
    }

    private func makeRoom(_ tally: UnsafeMutablePointer<MovieTally>) {
        let old = tally.pointee
        let sizeClass = Int(old.sizeClass)
        tally.pointee.sizeClass += 1
        tally.pointee.block = freeBlocks[sizeClass].popLast() ?? pools[sizeClass].append()
        if old.sizeClass == 0 { return }
        let (oldMovies, oldWeights) = columns(old)
        let (movies, weights) = columns(tally.pointee)
        movies.update(from: oldMovies, count: Int(old.successorCount))
        weights.update(from: oldWeights, count: Int(old.successorCount))
        freeBlocks[sizeClass - 1].append(old.block)
    }

    // MARK: State

    func removeAll() {
        rows.removeAll()
        stages.removeAll()
        for pool in pools { pool.removeAll() }
        freeBlocks = Array(repeating: [], count: Self.classCount)
        decay.pointee.unit = 1
        decay.pointee.slowUnit = 1
        decay.pointee.popularity = CountMoments()
        decay.pointee.slowPopularity = CountMoments()
        decay.pointee.ratings = CountMoments()
    }

    var tables: [StateTable] {
        [StateTable("tallies", rows), StateTable(StagePopularity.tableName, stages.rows)]
            + pools.enumerated().map { StateTable("successors.\(Self.capacity($0.offset))", $0.element) }
    }

    var byteCount: Int { tables.reduce(0) { $0 + $1.rows.byteCount } }

    func scalars() -> @Sendable (inout StateWriter) throws -> Void {
        { [units = decay.pointee, freeBlocks, stages = stages.scalars()] writer in
            try writer.write(units.unit)
            try writer.write(units.slowUnit)
            for moments in [units.popularity, units.slowPopularity, units.ratings] { try moments.write(to: &writer) }
            for blocks in freeBlocks {
                try writer.write(UInt64(blocks.count))
                for block in blocks { try writer.write(block) }
            }
            try stages(&writer)
        }
    }

    /// Reads back what `scalars` wrote; the tables have been filled before.
    ///
    /// - Throws: `StateImage.Failure` when they do not fit each other.
    func restore(scalars reader: inout StateReader, movieCount: Int) throws {
        decay.pointee.unit = try reader.readFloat()
        decay.pointee.slowUnit = try reader.readFloat()
        for unit in [decay.pointee.unit, decay.pointee.slowUnit] where !(1...Self.unitMax).contains(unit) {
            throw StateImage.Failure.impossible("popularity unit \(unit)")
        }
        decay.pointee.popularity = try CountMoments.read(from: &reader)
        decay.pointee.slowPopularity = try CountMoments.read(from: &reader)
        decay.pointee.ratings = try CountMoments.read(from: &reader)
        guard rows.count == movieCount else {
            throw StateImage.Failure.impossible("\(rows.count) tallies for \(movieCount) movies")
        }
        var isUsed = pools.map { [Bool](repeating: false, count: $0.count) }
        func use(_ block: UInt32, _ sizeClass: Int) throws {
            guard Int(block) < pools[sizeClass].count, !isUsed[sizeClass][Int(block)] else {
                throw StateImage.Failure.impossible("block \(block) of successors")
            }
            isUsed[sizeClass][Int(block)] = true
        }
        for sizeClass in 0..<Self.classCount {
            freeBlocks[sizeClass] = []
            for _ in 0..<(try reader.readCount(elementBytes: 4)) {
                let block = try reader.read(UInt32.self)
                try use(block, sizeClass)
                freeBlocks[sizeClass].append(block)
            }
        }
        try stages.restore(scalars: &reader, movieCount: movieCount)
        for movie in 0..<UInt32(movieCount) {
            let tally = tally(movie).pointee
            guard Int(tally.sizeClass) <= Self.classCount, tally.popularity.isFinite, tally.slowPopularity.isFinite,
                tally.likes >= 0, tally.ratings >= tally.likes,
                tally.credit >= 0, tally.credit.isFinite
            else {
                throw StateImage.Failure.impossible("the tally of movie row \(movie)")
            }
            if tally.sizeClass == 0 { continue }
            let sizeClass = Int(tally.sizeClass) - 1
            try use(tally.block, sizeClass)
            guard Int(tally.successorCount) <= Self.capacity(sizeClass), let list = successors(movie),
                (0..<list.count).allSatisfy({ list.movies[$0] < UInt32(movieCount) && list.weights[$0].isFinite })
            else { throw StateImage.Failure.impossible("the successors of movie row \(movie)") }
        }
    }
}
