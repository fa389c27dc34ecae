import Events
import Learning

@testable import Streaming

/// What must hold of the topics when a run is over, whatever befell it; from the topics alone.
struct SimulationOracle {
    let run: SimulatedRun

    /// Everything that is wrong, in words.
    func complaints() throws -> [String] {
        var found = run.surprises.map { "a process ended with: \($0)" }
        let records = try run.cluster.journal.indices.compactMap { at in
            try run.cluster.committedRecord(at: at).map { bytes in
                try bytes.withUnsafeBytes { try JournalRecord(decoding: $0) }
            }
        }
        if run.cluster.stableEnd != run.cluster.journal.count { found.append("a transaction was left open") }
        checkChain(records, &found)
        try checkLists(records, &found)
        checkDeadLetters(&found)
        checkOffsets(records, &found)
        try checkState(&found)
        return found
    }

    private func checkChain(_ records: [JournalRecord], _ found: inout [String]) {
        var chain = Chain.zero
        for (epoch, record) in records.enumerated() {
            if record.epoch != Int64(epoch) || record.previousChain != chain {
                found.append("the journal holds epoch \(record.epoch) where \(epoch) belongs")
                return
            }
            chain = record.chain
        }
    }

    private var committed: [SimulatedCluster.Output] {
        run.cluster.outputs.filter { $0.transaction.fate == .committed }
    }

    /// Every list that the journal names was published once, in order and in full, with sequences without gaps.
    private func checkLists(_ records: [JournalRecord], _ found: inout [String]) throws {
        var expected = records.flatMap { record in record.lists.map { (record.epoch, $0) } }[...]
        var sequences: [Int64: Int64] = [:]
        for output in committed where output.kind == .recommendation {
            let user = Int64(String(decoding: output.key, as: UTF8.self)) ?? -1
            guard let value = output.value else {
                sequences[user] = nil
                continue
            }
            let list = try value.withUnsafeBytes { try RecommendationList(json: $0) }
            let (epoch, journaled) = expected.popFirst() ?? (-1, .init(userID: -1, movieIDs: [], lastScore: 0))
            if list.userID != user || user != journaled.userID || list.model.epoch != epoch
                || list.items.map(\.movieID) != journaled.movieIDs
            {
                found.append("user \(user)'s list of epoch \(list.model.epoch) is not the journal's of epoch \(epoch)")
                return
            }
            if list.sequence != (sequences[user] ?? 0) + 1 {
                found.append("user \(user)'s list \(list.sequence) follows \(sequences[user] ?? 0)")
                return
            }
            sequences[user] = list.sequence
        }
        if !expected.isEmpty { found.append("\(expected.count) lists of the journal were not published") }
    }

    private func checkDeadLetters(_ found: inout [String]) {
        var expected = run.garbage
        for output in committed where output.kind == .deadLetter {
            func header(_ name: String) -> Int64? {
                output.headers.last { $0.name == name }.flatMap { Int64(String(decoding: $0.value, as: UTF8.self)) }
            }
            let partition = InputPartition(.ratings, Int32(header("dlq.partition") ?? -1))
            guard let offset = header("dlq.offset"), let at = expected[partition]?.firstIndex(of: offset) else {
                found.append("a dead letter was not expected, or came twice")
                return
            }
            expected[partition]?.remove(at: at)
        }
        let missing = expected.values.reduce(0) { $0 + $1.count }
        if missing > 0 { found.append("\(missing) records are not in the dead letters") }
    }

    private func checkOffsets(_ records: [JournalRecord], _ found: inout [String]) {
        var reached: [InputPartition: Int64] = [:]
        for advance in records.flatMap(\.batches).flatMap({ $0 }) { reached[advance.partition] = advance.nextOffset }
        if run.cluster.stableGroupOffsets() != reached {
            found.append("the group's offsets are not those of the journal")
        }
        for (partition, records) in run.inputs.inputs where reached[partition] ?? 0 != Int64(records.count) {
            found.append("\(partition) was not read to its end")
        }
    }

    /// A replay by the journal gives some state; where the order of records is given, so does an undisturbed service.
    private func checkState(_ found: inout [String]) throws {
        let inputs = run.inputs
        inputs.journal = run.cluster.journal.indices.compactMap { run.cluster.committedRecord(at: $0) }
        let replay = try TestService(inputs, listLength: 3, model: SimulatedInstance.model())
        try replay.start()
        let digest = try replay.digest()
        if run.leaderDigest != digest {
            found.append("a replay by the journal gives another state than the leader's")
        }
        if inputs.ratingPartitions > 1 || run.changesCatalogue { return }
        inputs.journal = []
        let undisturbed = try TestService(inputs, listLength: 3, model: SimulatedInstance.model())
        try undisturbed.start()
        try undisturbed.settle()
        if try undisturbed.digest() != digest { found.append("an undisturbed run gives another state") }
    }
}
