import CRdKafka
import Events
import Streaming

/// One consumed partition: its queue at librdkafka and a few messages taken from there.
///
/// Owned by the learner thread.
final class PartitionReader {
    typealias Message = UnsafeMutablePointer<rd_kafka_message_t>

    let id: InputPartition
    let topicName: String
    private var queue: QueueHandle?
    /// Where the next batch goes on.
    private(set) var position: Int64 = 0
    /// An error that came behind records; thrown once they were handed out.
    private var failure: (code: rd_kafka_resp_err_t, message: String)?

    /// Taken from librdkafka and not yet handed out, `head..<end`.
    private let taken: UnsafeMutablePointer<Message?>
    private var head = 0
    private var end = 0
    static let takenMax = 1024

    /// The queue length from which the fetcher leaves this partition alone.
    private let fullCount: Int
    /// Taken from the queue since the last `noteTaken`.
    private var pulled = 0
    /// The log's end as the broker last told it: the offset after the last record that may be read.
    private(set) var endSeen: Int64 = -1
    /// Set when the queue was full since the last look and has room now.
    private(set) var fetcherMaySleep = false

    init(_ id: InputPartition, topicName: String, _ queue: QueueHandle, fullCount: Int) {
        self.id = id
        self.topicName = topicName
        self.queue = queue
        self.fullCount = fullCount
        taken = .allocate(capacity: Self.takenMax)
        taken.initialize(repeating: nil, count: Self.takenMax)
    }

    deinit {
        dropTaken()
        taken.deallocate()
    }

    var label: String { "\(topicName)[\(id.partition)]" }

    func close() {
        dropTaken()
        queue = nil
    }

    func move(to position: Int64) {
        dropTaken()
        failure = nil
        endSeen = -1
        self.position = position
    }

    /// About how many messages wait, partition ends and errors included.
    var waitingCount: Int {
        guard let queue else { return 0 }
        return end - head + rd_kafka_queue_length(queue.handle)
    }

    /// Whether something was taken from librdkafka that found no room in the last batch.
    var hasTaken: Bool { head < end }

    /// Whether an error waits to be thrown.
    var hasFailed: Bool { failure != nil }

    /// Hands out the waiting error.
    func takeFailure() -> (code: rd_kafka_resp_err_t, message: String)? {
        defer { failure = nil }
        return failure
    }

    /// Appends up to `room` records that lie below `cut` to `batch`. Returns how many. Does not wait.
    ///
    /// With no room it still moves over partition ends, so that a cut behind transaction markers is reached.
    func take(_ room: Int, below cut: Int64, into batch: RecordBatch) -> Int {
        guard failure == nil else { return 0 }
        let first = batch.count
        let limit = first + room
        while batch.count < limit || room == 0 {
            if head == end, !fill(max(1, limit - batch.count)) { break }
            guard let message = taken[head] else { break }
            let offset = message.pointee.offset
            switch message.pointee.err {
            case RD_KAFKA_RESP_ERR_NO_ERROR:
                if offset >= cut {
                    // Nothing below the cut can follow, whatever the log holds between.
                    position = max(position, cut)
                    return batch.count - first
                }
                if offset < position {
                    // Handed out before: a fetch that was repeated.
                    rd_kafka_message_destroy(message)
                    head += 1
                    continue
                }
                if room == 0 { return 0 }
                batch.records[batch.count] = record(message)
                batch.count += 1
                position = offset + 1
                head += 1
            case RD_KAFKA_RESP_ERR__PARTITION_EOF:
                position = max(position, min(offset, cut))
                if offset > cut { return batch.count - first }
                endSeen = offset
                rd_kafka_message_destroy(message)
                head += 1
            default:
                failure = (message.pointee.err, Self.reason(message))
                rd_kafka_message_destroy(message)
                head += 1
                return batch.count - first
            }
        }
        return batch.count - first
    }

    private static func reason(_ message: Message) -> String {
        rd_kafka_message_errstr(message).map { String(cString: $0) } ?? "no reason given"
    }

    /// Compares the queue with the fetcher's limit; called after each round of taking.
    func noteTaken() {
        guard let queue else { return }
        let left = rd_kafka_queue_length(queue.handle)
        // The queue only grows between two looks, so it never held more than this.
        fetcherMaySleep = left < fullCount && left + pulled >= fullCount
        pulled = 0
    }

    private func dropTaken() {
        while head < end {
            if let message = taken[head] { rd_kafka_message_destroy(message) }
            head += 1
        }
    }

    private func fill(_ wanted: Int) -> Bool {
        guard let queue else { return false }
        let count = rd_kafka_consume_batch_queue(queue.handle, 0, taken, min(wanted, Self.takenMax))
        head = 0
        end = max(0, count)
        pulled += end
        return count > 0
    }

    @inline(__always)
    private func record(_ message: Message) -> RawRecord {
        let fields = message.pointee
        return RawRecord(
            key: UnsafeRawBufferPointer(start: fields.key, count: fields.key_len),
            value: UnsafeRawBufferPointer(start: fields.payload, count: fields.len),
            offset: fields.offset,
            timestampMilliseconds: rd_kafka_message_timestamp(message, nil),
            partition: id.partition, topic: id.topic, contentType: ContentType(of: message),
            handle: UnsafeMutableRawPointer(message))
    }
}

extension ContentType {
    /// What the message's `content-type` header says.
    ///
    /// librdkafka finds out whether there are headers by setting up a parser, two allocations a record. In Kafka's
    /// record format (version 2, of 2017) the number of headers follows the value, and payloads are pointers into the
    /// answer as it came, so the byte behind the value tells: 0 means none. In the formats before it there were
    /// no headers, so whatever byte stands there the answer is right.
    @inline(__always)
    init(of message: UnsafeMutablePointer<rd_kafka_message_t>) {
        if let payload = message.pointee.payload, payload.load(fromByteOffset: message.pointee.len, as: UInt8.self) == 0
        {
            self = .unspecified
            return
        }
        var headers: OpaquePointer?
        guard rd_kafka_message_headers(message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR, let headers else {
            self = .unspecified
            return
        }
        self.init(headers: headers)
    }

    @inline(never)
    private init(headers: OpaquePointer) {
        var value: UnsafeRawPointer?
        var size = 0
        guard
            rd_kafka_header_get_last(headers, "content-type", &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR,
            let value
        else {
            self = .unspecified
            return
        }
        // Parameters such as "; charset=utf-8" may follow.
        let bytes = UnsafeRawBufferPointer(start: value, count: size)
        if bytes.begins(with: "application/json") {
            self = .json
        } else if bytes.begins(with: "application/x-protobuf") || bytes.begins(with: "application/protobuf") {
            self = .protobuf
        } else {
            self = .other
        }
    }
}

extension UnsafeRawBufferPointer {
    fileprivate func begins(with name: StaticString) -> Bool {
        guard count >= name.utf8CodeUnitCount else { return false }
        let name = UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
        return zip(self, name).allSatisfy { $0 == $1 || ($0 | 0x20) == $1 }
            && (count == name.count || self[name.count] == UInt8(ascii: ";") || self[name.count] == UInt8(ascii: " "))
    }
}
