/// Lets one thread pass numbered chunks to another through a ring of slots, and knows how far both are. The first waits for a
/// free slot, the second for a full one.
final class ChunkRelay: Sendable {
    private struct State: ~Copyable {
        var passed = 0
        var taken = 0
    }

    private let slotCount: Int
    private let monitor = Monitor(State())

    init(slotCount: Int) { self.slotCount = slotCount }

    /// From chunk 0 again; between two uses, when nobody waits.
    func begin() {
        monitor.change { state in
            state.passed = 0
            state.taken = 0
        }
    }

    func waitForRoom(for chunk: Int) { monitor.wait { $0.taken > chunk - slotCount } }
    func pass(_ chunk: Int) { monitor.change { $0.passed = chunk + 1 } }

    func wait(for chunk: Int) { monitor.wait { $0.passed > chunk } }
    func take(_ chunk: Int) { monitor.change { $0.taken = chunk + 1 } }
}
