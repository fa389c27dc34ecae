import CRdKafka
import Streaming

/// The group's metadata of one generation: group, generation, member and instance.
///
/// Unchecked because the handle is never changed after it was made, and librdkafka only reads it.
final class GroupMembership: Membership, @unchecked Sendable {
    let handle: OpaquePointer

    /// Takes over the handle.
    init(owning handle: OpaquePointer) { self.handle = handle }

    deinit { rd_kafka_consumer_group_metadata_destroy(handle) }
}
