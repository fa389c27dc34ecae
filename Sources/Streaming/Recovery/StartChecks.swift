/// Whether the stream can be gone on from a restored position.
struct StartChecks {
    var applicationID: String
    var topicPrefix: String

    /// - Parameter committed: what the consumer group had stored before the journal was read.
    /// - Throws: `RecoveryError` when an input is not the one that was processed, when records expired unread, or when
    ///   the journal is not the one that the group followed.
    func check(_ position: Position, committed: [InputPartition: Int64], _ source: any EventSource) throws {
        for partition in position.inputs.keys.sorted()
        where partition.partition >= source.partitionCount(of: partition.topic) {
            throw RecoveryError.partitionGone(place: name(partition))
        }
        let bounds = try source.bounds(of: position.inputs.keys.sorted())
        for (partition, kept) in bounds.sorted(by: { $0.key < $1.key }) {
            guard let offset = position.inputs[partition] else { continue }
            if offset > kept.upperBound {
                throw RecoveryError.from(
                    .endedEarly(partition, cut: offset, end: kept.upperBound), topicPrefix: topicPrefix)
            }
            if offset < kept.lowerBound {
                throw RecoveryError.expiredUnread(
                    place: name(partition), position: offset, beginning: kept.lowerBound)
            }
        }
        for (partition, offset) in committed.sorted(by: { $0.key < $1.key }) {
            let reached = position.inputs[partition] ?? 0
            if offset > reached {
                throw RecoveryError.offsetsAhead(
                    group: applicationID, place: name(partition), committed: offset, position: reached)
            }
        }
    }

    private func name(_ partition: InputPartition) -> String {
        "\(topicPrefix)\(partition.topic.name)-\(partition.partition)"
    }
}
