/// The topics that Marquee reads, in the order in which a batch processes them.
public enum InputTopic: UInt8, CaseIterable, Sendable, Comparable {
    case movies = 0
    case users = 1
    case ratings = 2

    /// The topic's name without prefix.
    public var name: String {
        switch self {
        case .movies: "movies"
        case .users: "users"
        case .ratings: "ratings"
        }
    }

    public static func < (left: InputTopic, right: InputTopic) -> Bool { left.rawValue < right.rawValue }
}

/// What a record's headers say about the encoding of its value.
public enum ContentType: UInt8, Sendable {
    /// No `content-type` header: the first byte decides.
    case unspecified
    case json
    case protobuf
    /// A header that names something else.
    case other
}

/// One record as it came from the log: borrowed bytes and coordinates.
///
/// The pointers stay valid until the batch that the record belongs to is filled again or released.
public struct RawRecord {
    /// The key's bytes; `baseAddress` is nil for a null key.
    public var key: UnsafeRawBufferPointer
    /// The value's bytes; `baseAddress` is nil for a null value (a tombstone).
    public var value: UnsafeRawBufferPointer
    public var offset: Int64
    /// The record's own timestamp, milliseconds since 1970. Never a clock of ours.
    public var timestampMilliseconds: Int64
    public var partition: Int32
    public var topic: InputTopic
    public var contentType: ContentType
    /// Whatever the source needs to find the record's headers again.
    public var handle: UnsafeMutableRawPointer?

    public init(
        key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer, offset: Int64, timestampMilliseconds: Int64,
        partition: Int32, topic: InputTopic, contentType: ContentType = .unspecified,
        handle: UnsafeMutableRawPointer? = nil
    ) {
        self.key = key
        self.value = value
        self.offset = offset
        self.timestampMilliseconds = timestampMilliseconds
        self.partition = partition
        self.topic = topic
        self.contentType = contentType
        self.handle = handle
    }
}
