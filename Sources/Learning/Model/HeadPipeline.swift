/// Leads a batch through both heads and the blend, on two threads where there is a second core.
///
/// The ranking head goes ahead on the caller's thread, the blend follows on another, chunk by chunk, and the rating head
/// goes on whichever would have to wait (`BatchSchedule`). Each part sees the events in the log's order and nothing of another
/// but what the ranking head left to the blend, so it learns the same bits on one thread and on two.
final class HeadPipeline {
    private let parts: Parts
    private let schedule = BatchSchedule(slotCount: Parts.slotCount)
    private let side: SideThread<LearningWork>

    /// Events of a batch from which on two threads learn: below, waking one takes longer.
    private static let sideBySideMin = 256

    init(ranking: RankingTask, stars: StarsTask, blend: BlendTask) {
        let parts = Parts(ranking: ranking, stars: stars, blend: blend)
        self.parts = parts
        side = SideThread("learn") { [schedule] work in
            var step: BatchSchedule.Step?
            while let next = schedule.follow(after: step) {
                parts.learn(work, next)
                step = next
            }
        }
    }

    /// All three learn the batch; then the predictions of its events are there.
    ///
    /// - Parameter movieCount: How many movies there are.
    func learn(_ work: LearningWork, movieCount: Int) {
        parts.ranking.begin(movieCount: movieCount)
        let chunkCount = Parts.chunkCount(work)
        if SecondCore.isThere && work.events.count >= Self.sideBySideMin {
            schedule.begin(chunkCount: chunkCount)
            side.both(work) {
                var step: BatchSchedule.Step?
                while let next = schedule.lead(after: step) {
                    parts.learn(work, next)
                    step = next
                }
            }
        } else {
            for chunk in 0..<chunkCount {
                parts.learn(work, .ranking(chunk))
                parts.learn(work, .stars(chunk))
                parts.learn(work, .blend(chunk))
            }
        }
        parts.ranking.end()
    }
}

/// What learns, and the slots in which the ranking head leaves something to the blend.
private struct Parts {
    let ranking: RankingTask
    private let stars: StarsTask
    private let blend: BlendTask
    private let slots: [BlendExamples]

    static let slotCount = 8
    private static let chunkLength = BlendExamples.eventsMax

    init(ranking: RankingTask, stars: StarsTask, blend: BlendTask) {
        self.ranking = ranking
        self.stars = stars
        self.blend = blend
        slots = (0..<Self.slotCount).map { _ in ranking.makeExamples() }
    }

    static func chunkCount(_ work: LearningWork) -> Int { (work.events.count + chunkLength - 1) / chunkLength }

    func learn(_ work: LearningWork, _ step: BatchSchedule.Step) {
        switch step {
        case .ranking(let chunk): ranking.learn(work, Self.range(of: chunk, work), into: slots[chunk % Self.slotCount])
        case .stars(let chunk): stars.learn(work, Self.range(of: chunk, work))
        case .blend(let chunk): blend.learn(work, Self.range(of: chunk, work), from: slots[chunk % Self.slotCount])
        }
    }

    private static func range(of chunk: Int, _ work: LearningWork) -> Range<Int> {
        chunk * chunkLength..<min(work.events.count, (chunk + 1) * chunkLength)
    }
}
