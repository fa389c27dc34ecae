import CVectorKernels
import Events
import Testing

@testable import Learning

/// Both heads and the blend, fed through the learner as `serve` feeds them.
@Suite(.serialized) struct TwoHeadModelTests {
    private func makeLearner() -> TestLearner { TestLearner(model: TwoHeadModel()) }

    /// Users of two kinds, each of which likes its half of the movies.
    private func ratings(_ count: Int, users: Int64, movies: Int64, seed: UInt64) -> [RatingEvent] {
        var random = SeededRandom(seed: seed)
        return (0..<count).map { number in
            let user = Int64.random(in: 1...users, using: &random)
            let movie = Int64.random(in: 1...movies, using: &random)
            let likes = user % 2 == movie % 2
            return .set(user, movie, likes ? 10 : UInt8.random(in: 1...9, using: &random), at: Int64(number))
        }
    }

    private func feed(_ test: TestLearner, _ events: [RatingEvent], by size: Int = TestLearner.batchCapacity) {
        for first in stride(from: 0, to: events.count, by: size) {
            test.apply(Array(events[first..<min(first + size, events.count)]))
        }
    }

    @Test func everyKernelVariantLearnsTheSameBits() throws {
        var digests: Set<String> = []
        for variant in [MQ_VARIANT_PLAIN, MQ_VARIANT_AVX2, MQ_VARIANT_AVX512] where mq_kernels_select(variant) {
            let test = makeLearner()
            var stream = EventStream(seed: 5)
            test.apply(stream.take(3000))
            feed(test, ratings(4000, users: 60, movies: 300, seed: 2))
            digests.insert(try test.digest())
        }
        for variant in [MQ_VARIANT_AVX512, MQ_VARIANT_AVX2, MQ_VARIANT_PLAIN] where mq_kernels_select(variant) { break }
        #expect(digests.count == 1)
    }

    /// How events are cut into batches is an accident of time. All kinds are among them: changes, removals, late ones.
    @Test(arguments: 1...6 as ClosedRange<UInt64>) func batchBoundariesDoNotShow(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let events = (0..<3000 as Range<Int64>).map { time -> RatingEvent in
            let user = Int64.random(in: 1...9, using: &random)
            let movie = Int64.random(in: 1...120, using: &random)
            if random.oneIn(9) { return .remove(user, movie, at: time) }
            return .set(user, movie, UInt8.random(in: 1...10, using: &random), at: time - (random.oneIn(5) ? 400 : 0))
        }
        let (whole, single, cut) = (makeLearner(), makeLearner(), makeLearner())
        feed(whole, events)
        feed(single, events, by: 1)
        var first = 0
        while first < events.count {
            let end = min(events.count, first + Int.random(in: 1...200, using: &random))
            cut.apply(Array(events[first..<end]))
            first = end
        }
        #expect(try single.digest() == whole.digest(), "seed \(seed)")
        #expect(try cut.digest() == whole.digest(), "seed \(seed)")
    }

    /// What the ranking head knows of the blend's counts is no state: a restored model takes it from there.
    @Test func aRestoredModelGoesOnTheSame() throws {
        let test = makeLearner()
        for id in 1...300 as ClosedRange<Int64> {
            _ = test.learner.announce(
                Movie(movieID: id, title: "", year: 1950 + Int(id % 50), genres: ["A", id % 2 == 0 ? "B" : "C"]))
        }
        // Five movies have more ratings than those that follow their features, some others have none.
        let well = ratings(1500, users: 200, movies: 5, seed: 4)
        feed(test, well + ratings(1000, users: 200, movies: 200, seed: 5))
        let events = ratings(3000, users: 200, movies: 300, seed: 6)
        let restored = try TestLearner(restoring: test.image(), model: TwoHeadModel())
        feed(test, events)
        feed(restored, events)
        #expect(try restored.digest() == test.digest())
    }

    /// At the limit of a user's ratings the oldest goes, in the midst of a batch.
    @Test func batchBoundariesDoNotShowAtTheLimitOfRatings() throws {
        let count = Int64(RatedMovies.entriesMax) + 40
        let events = (1...count).map { RatingEvent.set(1, $0, UInt8($0 % 10) + 1, at: $0) }
        var ends: [String] = []
        for size in [4096, 1000] {
            let test = makeLearner()
            feed(test, events, by: size)
            ends.append(try test.digest())
        }
        #expect(ends[0] == ends[1])
    }

    @Test func extremesLeaveEverythingFinite() {
        let test = makeLearner()
        var random = SeededRandom(seed: 8)
        feed(
            test,
            (0..<60_000 as Range<Int64>).map { time in
                .set(
                    Int64.random(in: 1...3, using: &random), Int64.random(in: 1...4, using: &random),
                    Bool.random(using: &random) ? 1 : 10, at: time)
            })
        feed(test, (0..<20_000 as Range<Int64>).map { .set($0 + 10, 1, 10, at: $0) })
        for row in 0..<UInt32(test.learner.users.rowCount) {
            #expect(mq_all_finite(test.query(row), test.model.dimension))
        }
        for row in 0..<UInt32(test.learner.movies.count) {
            let item = test.item(row)
            #expect(mq_all_finite(item.vector, test.model.dimension) && item.offset.isFinite)
            #expect(test.foreseenStars(user: 0, movie: row).isFinite)
        }
    }

    /// Users who like all or nothing, movies that nobody or everybody likes, descriptions and times without measure.
    @Test(arguments: [0, 1, 2, 3]) func extremesLeaveTheBlendFinite(kind: Int) throws {
        let test = makeLearner()
        for id in 1...40 as ClosedRange<Int64> {
            let genres = id % 3 == 0 ? [] : (0..<40).map { "Genre \(($0 * Int(id)) % 50)" }
            let years = [nil, Int.max, Int.min, 0]
            _ = test.learner.announce(
                Movie(
                    movieID: id == 40 ? .max : id, title: String(repeating: "x", count: id == 1 ? 10_000 : 1),
                    year: years[Int(id % 4)], genres: genres))
        }
        for id in 1...200 as ClosedRange<Int64> {
            _ = test.learner.describe(
                UserProfile(
                    userID: id, gender: id % 2 == 0 ? .female : nil, age: id % 3 == 0 ? .max : 0,
                    occupation: id % 5 == 0 ? 20 : nil))
        }
        var random = SeededRandom(seed: UInt64(kind))
        let events = (0..<30_000 as Range<Int64>).map { number -> RatingEvent in
            let time = [number, .max - number, .min + number, 0][kind]
            let (user, movie) = (number % 200 + 1, number / 200 % 40 + 1)
            switch kind {
            case 0: return .set(user, movie, 10, at: time)
            case 1: return .set(user, movie, 1, at: time)
            // One movie for all who ever come.
            case 2: return .set(number + 1, 1, 10, at: time)
            default:
                // The same few minds change without end.
                let few = (Int64.random(in: 1...3, using: &random), Int64.random(in: 1...3, using: &random))
                if random.oneIn(3) { return .remove(few.0, few.1, at: number) }
                return .set(few.0, few.1, Bool.random(using: &random) ? 1 : 10, at: number)
            }
        }
        feed(test, events)
        let blend = try #require(test.model.blend)
        for stage in 0..<UserStage.count {
            for expert in BlendExpert.allCases {
                let weight = blend.weights.weight(expert, stage)
                #expect(weight.isFinite && abs(weight) < 1000, "\(expert) at stage \(stage): \(weight)")
            }
        }
        let count = test.learner.movies.count
        var touched = [UInt32](repeating: 0, count: Blend.transitionsMax)
        for user in 0..<UInt32(min(200, test.learner.users.rowCount)) {
            var sums = [Float](repeating: 0, count: count)
            _ = blend.gatherTransitions(of: user, into: &sums, touched: &touched)
            let columns = BlendColumns(capacity: count)
            let memory = BlendUserMemory()
            for movie in 0..<UInt32(count) {
                columns.add(movie)
                columns.transitionSums[Int(movie)] = sums[Int(movie)]
            }
            let profile = test.learner.users.pointer(user).pointee
            blend.score(columns, blend.user(user, profile: profile, ratingCount: Int(profile.rated.count), in: memory))
            #expect((0..<count).allSatisfy { columns.scores[$0].isFinite }, "user row \(user)")
            #expect((0..<UInt32(count)).allSatisfy { test.foreseenStars(user: user, movie: $0).isFinite })
        }
        // What is finite can be written down and read back.
        let restored = try TestLearner(restoring: test.image(), model: TwoHeadModel())
        #expect(try restored.digest() == test.digest())
    }

    @Test func theHeadLearnsWhoLikesWhat() {
        let test = makeLearner()
        feed(test, ratings(12_000, users: 200, movies: 400, seed: 3))
        var own = 0
        for user in 0..<UInt32(100) {
            let parity = test.learner.users.pointer(user).pointee.id % 2
            let query = test.query(user)
            let best = (0..<UInt32(400)).max {
                let (a, b) = (test.item($0), test.item($1))
                return mq_dot16(query, a.vector, 64) + a.offset < mq_dot16(query, b.vector, 64) + b.offset
            }
            if let best, test.learner.movies.id(best) % 2 == parity { own += 1 }
        }
        #expect(own > 85)
    }

    @Test func whoWasForgottenLeavesNoRow() throws {
        let test = makeLearner()
        feed(test, ratings(500, users: 5, movies: 50, seed: 4))
        let row = test.learner.users.row(of: 3)
        _ = test.learner.forget(userID: 3, recordTimestampMilliseconds: 1)
        for table in test.model.tables
        where ["rating-users", "ranking-users", "last-items", "taste-users"].contains(table.name) {
            let bytes = UnsafeRawBufferPointer(start: table.rows.row(row), count: table.rows.rowBytes)
            #expect(bytes.allSatisfy { $0 == 0 }, "\(table.name)")
        }
    }

    @Test func aLikeThatIsTakenBackLeadsNowhere() throws {
        let test = makeLearner()
        let blend = try #require(test.model.blend)
        // Everybody likes 2 after 1.
        feed(test, (1...50 as ClosedRange<Int64>).flatMap { [.set($0, 1, 10, at: 1), .set($0, 2, 10, at: 2)] })
        test.apply([.set(99, 1, 10, at: 1)])
        let user = test.learner.users.row(of: 99)
        func transition() -> Float {
            var sums = [Float](repeating: 0, count: 2)
            var touched = [UInt32](repeating: 0, count: Blend.transitionsMax)
            _ = blend.gatherTransitions(of: user, into: &sums, touched: &touched)
            return sums[Int(test.learner.movies.row(of: 2))]
        }
        let liked = transition()
        #expect(liked > 0)
        test.apply([.set(99, 1, 3, at: 2)])
        #expect(transition() == 0, "he changed his mind")
        test.apply([.set(99, 1, 9, at: 3)])
        #expect(transition() > 0)
        test.apply([.remove(99, 1, at: 4)])
        #expect(transition() == 0, "he took it back")
    }

    /// Flipped bits make another state or are refused; they never crash, now or when the learner goes on.
    @Test func damagedStatesAreRefusedOrGoOn() throws {
        let test = makeLearner()
        var stream = EventStream(seed: 12)
        test.apply(stream.take(1500))
        let whole = try test.image()
        let more = stream.take(60)
        var random = SeededRandom(seed: 77)
        var refused = 0
        for _ in 0..<1500 {
            var image = whole
            if random.oneIn(3) {
                guard let name = image.blobs.keys.sorted().randomElement(using: &random),
                    let at = image.blobs[name]?.indices.randomElement(using: &random)
                else { continue }
                image.blobs[name]?[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            } else {
                guard let name = image.tables.keys.sorted().randomElement(using: &random),
                    let run = image.tables[name]?.runs.indices.randomElement(using: &random),
                    let at = image.tables[name]?.runs[run].bytes.indices.randomElement(using: &random)
                else { continue }
                image.tables[name]?.runs[run].bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            }
            do {
                let restored = try TestLearner(restoring: image, model: TwoHeadModel())
                restored.apply(more)
            } catch is StateImage.Failure {
                refused += 1
            }
        }
        #expect(refused > 50 && refused < 1400)
    }

    @Test func everySettingIsInTheText() {
        var texts = [TwoHeadModel().settings]
        let changes: [(inout TwoHeadModel.Settings) -> Void] = [
            { $0.seed += 1 }, { $0.rating.noise += 1 }, { $0.ranking.negatives += 1 },
            { $0.ranking.dislikedNegatives += 1 }, { $0.ranking.dimension = 32 }, { $0.ranking.movieRate += 1 },
            { $0.ranking.userRate += 1 }, { $0.ranking.biasRate += 1 },
            { $0.ranking.regularization += 1 }, { $0.ranking.initialSquares += 1 },
            { $0.ranking.dislikedWeight += 1 }, { $0.ranking.initialScale += 1 }, { $0.ranking.seed += 1 },
            { $0.blend.popularityGrowth += 1 }, { $0.blend.slowPopularityGrowth += 1 },
            { $0.blend.transitionReach += 1 }, { $0.blend.learnsOneIn += 1 }, { $0.blend.drawn += 1 },
            { $0.blend.rate += 1 }, { $0.blend.laterOneIn += 1 }, { $0.blend.earlyLikes += 1 },
            { $0.ranking.uniformOneIn += 1 },
        ]
        for change in changes {
            var settings = TwoHeadModel.Settings()
            change(&settings)
            texts.append(TwoHeadModel(settings).settings)
        }
        #expect(Set(texts).count == texts.count)
    }
}
