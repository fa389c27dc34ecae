/// Leads a batch through both heads and the blend, on two threads where there is a second core.
///
/// The ranking head goes ahead on the caller's thread; rating head and blend follow on another, chunk by chunk. Each part
/// sees the events in the log's order and nothing of another but what the head left to the blend, so it learns the same bits
/// on one thread and on two.
final class HeadPipeline {
    private let ranking: RankingTask
    private let stars: StarsTask
    private let blend: BlendTask
    private let relay = ChunkRelay(slotCount: slotCount)
    private let slots: [BlendExamples]
    private let side: SideThread<LearningWork>

    private static let slotCount = 8
    private static let chunkLength = BlendExamples.eventsMax
    /// Events of a batch from which on two threads learn: below, waking one takes longer.
    private static let sideBySideMin = 256

    init(ranking: RankingTask, stars: StarsTask, blend: BlendTask) {
        self.ranking = ranking
        self.stars = stars
        self.blend = blend
        let slots = (0..<Self.slotCount).map { _ in ranking.makeExamples() }
        self.slots = slots
        side = SideThread("learn") { [relay] work in
            for chunk in 0..<Self.chunkCount(work) {
                let range = Self.range(of: chunk, work)
                stars.learn(work, range)
                relay.wait(for: chunk)
                blend.learn(work, range, from: slots[chunk % Self.slotCount])
                relay.take(chunk)
            }
        }
    }

    private static func chunkCount(_ work: LearningWork) -> Int {
        (work.events.count + chunkLength - 1) / chunkLength
    }

    private static func range(of chunk: Int, _ work: LearningWork) -> Range<Int> {
        chunk * chunkLength..<min(work.events.count, (chunk + 1) * chunkLength)
    }

    /// All three learn the batch; then the predictions of its events are there.
    ///
    /// - Parameter movieCount: How many movies there are.
    func learn(_ work: LearningWork, movieCount: Int) {
        ranking.begin(movieCount: movieCount)
        let chunks = 0..<Self.chunkCount(work)
        if SecondCore.isThere && work.events.count >= Self.sideBySideMin {
            relay.begin()
            side.both(work) {
                for chunk in chunks {
                    relay.waitForRoom(for: chunk)
                    ranking.learn(work, Self.range(of: chunk, work), into: slots[chunk % Self.slotCount])
                    relay.pass(chunk)
                }
            }
        } else {
            for chunk in chunks {
                let range = Self.range(of: chunk, work)
                ranking.learn(work, range, into: slots[0])
                stars.learn(work, range)
                blend.learn(work, range, from: slots[0])
            }
        }
        ranking.end()
    }
}
