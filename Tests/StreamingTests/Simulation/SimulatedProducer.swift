import Events
import Streaming

/// A producer of two transactional ids by turns, as `KafkaTransactionalProducer`, whose calls fail before they have an effect,
/// or after, in every way that the port knows.
final class SimulatedProducer: TransactionalProducer {
    private let cluster: SimulatedCluster
    private let fibers: Fibers
    private var epochs: [Int] = []
    private var turn = 0
    private var journalOffset: Int64 = -1

    init(_ cluster: SimulatedCluster) {
        self.cluster = cluster
        fibers = cluster.fibers
    }

    func reset() throws(TransactionFailure) {
        epochs = []
        for id in 0..<2 {
            try call { () throws(SimulatedCluster.Refusal) in epochs.append(cluster.initializeProducer(id)) }
        }
    }

    func begin() throws(TransactionFailure) {
        turn = 1 - turn
        try call {}
    }

    func produce(_ commit: SealedCommit) throws(TransactionFailure) {
        let epoch = try known()
        let chunk = commit.outputs
        let failsAt = fibers.happens(oneIn: cluster.faultRate) ? fibers.draw(chunk.records.count + 1) : -1
        for (number, record) in chunk.records.enumerated() {
            if number == failsAt { throw failure("lost a record") }
            let key = Array(chunk.key(of: record))
            let value = record.valueCount < 0 ? nil : Array(chunk.value(of: record))
            let headers = record.headers < 0 ? [] : chunk.headers[record.headers]
            try refusable { () throws(SimulatedCluster.Refusal) in
                try cluster.append(
                    { .init(kind: record.kind, key: key, value: value, headers: headers, transaction: $0) },
                    turn, epoch: epoch)
            }
            guard fibers.mayGoOn() else { throw TransactionFailure(.fatal, "killed") }
        }
        let record = Array(commit.journalRecord.bytes)
        try call { () throws(SimulatedCluster.Refusal) in
            journalOffset = try cluster.append(journalRecord: record, turn, epoch: epoch)
        }
    }

    func sendOffsets(
        of commit: SealedCommit, journalPosition: Int64, _ membership: any Membership
    ) throws(TransactionFailure) {
        let epoch = try known()
        guard let membership = membership as? SimulatedMembership else { preconditionFailure("not of this cluster") }
        let inputs = commit.inputs
        try call { () throws(SimulatedCluster.Refusal) in
            try cluster.sendOffsets(inputs, turn, epoch: epoch, membership)
        }
    }

    func commit() throws(TransactionFailure) -> Int64 {
        let epoch = try known()
        try call { () throws(SimulatedCluster.Refusal) in try cluster.commit(turn, epoch: epoch) }
        return journalOffset
    }

    func abort() throws(TransactionFailure) {
        let epoch = try known()
        try call { () throws(SimulatedCluster.Refusal) in try cluster.abort(turn, epoch: epoch) }
    }

    func close() {}

    private func known() throws(TransactionFailure) -> Int {
        guard turn < epochs.count else { throw TransactionFailure(.fatal, "there is no producer") }
        return epochs[turn]
    }

    private func call(_ effect: () throws(SimulatedCluster.Refusal) -> Void) throws(TransactionFailure) {
        guard fibers.mayGoOn() else { throw TransactionFailure(.fatal, "killed") }
        if fibers.happens(oneIn: cluster.faultRate) { throw failure("the request was lost") }
        try refusable(effect)
        // Whoever is killed or held here has done it all the same.
        guard fibers.mayGoOn() else { throw TransactionFailure(.fatal, "killed") }
        if fibers.happens(oneIn: cluster.faultRate) { throw failure("the answer was lost") }
    }

    private func refusable(_ effect: () throws(SimulatedCluster.Refusal) -> Void) throws(TransactionFailure) {
        do throws(SimulatedCluster.Refusal) {
            try effect()
        } catch {
            switch error {
            case .fenced, .invalidState: throw TransactionFailure(.fatal, "\(error)")
            case .illegalGeneration: throw TransactionFailure(.abortable, "\(error)")
            }
        }
    }

    private func failure(_ reason: String) -> TransactionFailure {
        TransactionFailure([.retriable, .abortable, .fatal][fibers.draw(3)], reason)
    }
}
