import Learning

/// Finds the checkpoint to restore from: the newest that is whole, of this application and model, and whose commit
/// stands in the journal; of files and topic, the file at the same epoch.
///
/// What is torn, damaged, of another format, or of another journal is passed over, with the reason logged: an older one or
/// the journal serves in its place. What belongs to another application or was learnt with other settings, or numerics
/// older than the version before, is refused, because going on would mean to begin anew without saying so.
struct CheckpointSelection {
    let applicationID: String
    let learner: Learner
    let journal: any JournalLog
    let bounds: Range<Int64>
    /// None later than this.
    let lastEpoch: Int64

    /// - Throws: `RecoveryError`, what the journal and the topic throw.
    func newest(in store: CheckpointStore?, notice: (String) -> Void) throws -> LoadedCheckpoint? {
        guard let store else { return nil }
        let file = try newest(
            of: store.points(), in: "the state directory \(store.directory)", notice, load: store.load)
        guard let topic = store.topic else { return file }
        // Reading all of the topic takes its time, so first a look at its end.
        switch try topic.peek() {
        case .empty: return file
        case .newest(let epoch) where epoch <= file?.position.epoch ?? -1: return file
        case .newest, .unknown: break
        }
        let contents = try topic.contents()
        let newer = contents.points.filter { $0.epoch > file?.position.epoch ?? -1 }
        let found = try newest(of: newer, in: "the checkpoint topic", notice) { point in
            try LoadedCheckpoint(contents.bytes(of: point.epoch) ?? []) { contents.bytes(of: $0) }
        }
        return found ?? file
    }

    /// The epochs of all checkpoints that could be restored from, oldest first.
    func epochs(in store: CheckpointStore) throws -> [Int64] {
        var epochs: Set<Int64> = []
        func take(_ points: [CheckpointPoint], _ load: (CheckpointPoint) throws -> LoadedCheckpoint) throws {
            for point in points {
                guard let checkpoint = try? load(point), (try? check(checkpoint, "")) != nil else { continue }
                if try journal.chain(at: checkpoint.journalOffset, bounds: bounds) == checkpoint.position.chain {
                    epochs.insert(point.epoch)
                }
            }
        }
        try take(store.points(), store.load)
        if let contents = try store.topic?.contents() {
            try take(contents.points) { point in
                try LoadedCheckpoint(contents.bytes(of: point.epoch) ?? []) { contents.bytes(of: $0) }
            }
        }
        return epochs.sorted()
    }

    private func newest(
        of points: [CheckpointPoint], in place: String, _ notice: (String) -> Void,
        load: (CheckpointPoint) throws -> LoadedCheckpoint
    ) throws -> LoadedCheckpoint? {
        for point in points where point.epoch <= lastEpoch {
            do {
                let checkpoint = try load(point)
                try check(checkpoint, place)
                if try journal.chain(at: checkpoint.journalOffset, bounds: bounds) == checkpoint.position.chain {
                    return checkpoint
                }
                passOver("the journal does not have its chain there")
            } catch let error as CheckpointError {
                passOver("\(error)")
            } catch let error as FileFailure {
                passOver("\(error)")
            }
            func passOver(_ reason: String) {
                notice("the checkpoint of epoch \(point.epoch) in \(place) is passed over: \(reason)")
            }
        }
        return nil
    }

    private func check(_ checkpoint: LoadedCheckpoint, _ place: String) throws {
        guard checkpoint.applicationID == applicationID else {
            throw RecoveryError.otherApplication(place: place, found: checkpoint.applicationID)
        }
        try LineageCheck(learner: learner).check(
            numericsVersion: checkpoint.numericsVersion, settings: checkpoint.settings)
        if bounds.upperBound == 0 { throw RecoveryError.journalLost(place: place) }
    }
}

extension JournalLog {
    /// The chain of the record at an offset, or nil when there is none.
    fileprivate func chain(at offset: Int64, bounds: Range<Int64>) throws -> Chain? {
        guard bounds.contains(offset) else { return nil }
        do {
            try read(from: offset) { at, bytes in
                // The first record is enough; the rest is read when its turn comes.
                throw FoundRecord(chain: at == offset ? try? JournalRecord(decoding: bytes).chain : nil)
            }
        } catch let found as FoundRecord {
            return found.chain
        }
        return nil
    }
}

/// Ends a read of the journal as soon as the wanted record was seen.
private struct FoundRecord: Error {
    var chain: Chain?
}
