/// Records that expired before they were read.
struct LostRange: Equatable {
    var place: String
    var partition: InputPartition
    /// The next offset that was to be read.
    var position: Int64
    /// The first that is kept.
    var beginning: Int64
}

/// Whether the stream can be gone on from a restored position.
struct StartChecks {
    var applicationID: String
    var topicPrefix: String

    /// - Parameter committed: what the consumer group has stored.
    /// - Returns: what expired unread.
    /// - Throws: `RecoveryError` when an input is not the one that was processed, or when the journal is not the one that
    ///   the group followed.
    func check(
        _ position: Position, committed: [InputPartition: Int64], _ source: any EventSource
    ) throws -> [LostRange] {
        for partition in position.inputs.keys.sorted()
        where partition.partition >= source.partitionCount(of: partition.topic) {
            throw RecoveryError.partitionGone(place: name(partition))
        }
        let bounds = try source.bounds(of: position.inputs.keys.sorted())
        var lost: [LostRange] = []
        for (partition, kept) in bounds.sorted(by: { $0.key < $1.key }) {
            guard let offset = position.inputs[partition] else { continue }
            if offset > kept.upperBound {
                throw RecoveryError.from(
                    .endedEarly(partition, cut: offset, end: kept.upperBound), topicPrefix: topicPrefix)
            }
            if offset < kept.lowerBound {
                lost.append(
                    LostRange(
                        place: name(partition), partition: partition, position: offset, beginning: kept.lowerBound))
            }
        }
        // Learning anew starts behind what the group has seen.
        if position.isSilent { return lost }
        for (partition, offset) in committed.sorted(by: { $0.key < $1.key }) {
            let reached = position.inputs[partition] ?? 0
            if offset > reached {
                throw RecoveryError.offsetsAhead(
                    group: applicationID, place: name(partition), committed: offset, position: reached)
            }
        }
        return lost
    }

    private func name(_ partition: InputPartition) -> String {
        "\(topicPrefix)\(partition.topic.name)-\(partition.partition)"
    }
}
