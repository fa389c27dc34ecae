/// Shares the chunks of a batch between two threads, so that neither waits while there is work.
///
/// The caller's thread leads the ranking head through the chunks, as far ahead as there are slots for what it leaves to the
/// blend; the side thread lets the blend follow. The rating head needs neither: whoever would have to wait takes its next
/// chunk. So each of the three learns its chunks in their order, one at a time, on whichever thread.
final class BatchSchedule: Sendable {
    /// A chunk's number, and who learns it.
    enum Step {
        case ranking(Int)
        case blend(Int)
        case stars(Int)
    }

    private struct State: ~Copyable {
        var chunkCount = 0
        /// Chunks learnt.
        var ranked = 0
        var blended = 0
        /// Chunks that the rating head has learnt or is learning.
        var starred = 0
        var isRatingHeadTaken = false

        mutating func finish(_ step: Step?) {
            switch step {
            case .ranking: ranked += 1
            case .blend: blended += 1
            case .stars: isRatingHeadTaken = false
            case nil: break
            }
        }

        mutating func stars() -> Step? {
            if isRatingHeadTaken || starred == chunkCount { return nil }
            isRatingHeadTaken = true
            starred += 1
            return .stars(starred - 1)
        }
    }

    /// How a thread goes on, once it need not wait.
    private enum Turn {
        case step(Step)
        case end
    }

    private let slotCount: Int
    private let monitor = Monitor(State())

    init(slotCount: Int) { self.slotCount = slotCount }

    /// A new batch; between two, when neither thread is at work.
    func begin(chunkCount: Int) {
        monitor.change { state in
            state = State()
            state.chunkCount = chunkCount
        }
    }

    /// What the caller's thread does after `step`; nil when nothing is left to it.
    func lead(after step: Step?) -> Step? {
        next(after: step) { [slotCount] state in
            if state.ranked < state.chunkCount, state.ranked - state.blended < slotCount {
                return .step(.ranking(state.ranked))
            }
            if let stars = state.stars() { return .step(stars) }
            return state.ranked == state.chunkCount && state.starred == state.chunkCount ? .end : nil
        }
    }

    /// What the side thread does after `step`; nil when nothing is left to it.
    func follow(after step: Step?) -> Step? {
        next(after: step) { state in
            if state.blended < state.ranked { return .step(.blend(state.blended)) }
            if let stars = state.stars() { return .step(stars) }
            return state.blended == state.chunkCount && state.starred == state.chunkCount ? .end : nil
        }
    }

    private func next(after step: Step?, _ turn: (inout State) -> Turn?) -> Step? {
        monitor.change { $0.finish(step) }
        switch monitor.waitFor(turn) {
        case .step(let step): return step
        case .end: return nil
        }
    }
}
