import Events
import Learning
import Recommending

/// Encodes the lists of a commit into chunks for the sink.
///
/// Owned by the learner thread. Titles stand ready as bodies of JSON strings, so a list is copied together without
/// allocating.
final class ListEncoding {
    private let encoder: any RecommendationListEncoder
    private let modelVersion: ByteBuffer
    private let topicNames: [ByteBuffer]
    /// Titles one behind the other; an old one stays behind when a title changes.
    private let titleBytes = ByteBuffer(capacity: 1 << 18)
    /// By movie row.
    private var titleStarts: [Int] = []
    private var titleCounts: [Int] = []
    private var causes: [Int32] = []

    init(encoder: any RecommendationListEncoder, modelVersion: String, topicPrefix: String) {
        self.encoder = encoder
        self.modelVersion = ByteBuffer(capacity: 64)
        self.modelVersion.append(utf8: modelVersion)
        topicNames = InputTopic.allCases.map { topic in
            let name = ByteBuffer(capacity: 64)
            name.append(utf8: topicPrefix + topic.name)
            return name
        }
        causes.reserveCapacity(CauseLog.namedMax)
    }

    /// Takes the title of a movie as it is now.
    func setTitle(_ movie: UInt32, _ title: String) {
        while titleStarts.count <= Int(movie) {
            titleStarts.append(0)
            titleCounts.append(0)
        }
        titleStarts[Int(movie)] = titleBytes.count
        escapedJSONBody(of: title).withUnsafeBytes { titleBytes.append($0) }
        titleCounts[Int(movie)] = titleBytes.count - titleStarts[Int(movie)]
    }

    private func title(_ movie: UInt32) -> UnsafeRawBufferPointer {
        guard Int(movie) < titleStarts.count else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        let start = titleStarts[Int(movie)]
        return UnsafeRawBufferPointer(rebasing: titleBytes.bytes[start..<(start + titleCounts[Int(movie)])])
    }

    /// Appends the list of one user, which stands at row `place` of the recommender's results.
    func append(
        _ entry: DueUsers.Entry, userID: Int64, sequence: Int64, epoch: Int64, generatedAtMilliseconds: Int64,
        causes log: CauseLog, recommender: Recommender, place: Int, to chunk: OutputChunk
    ) {
        let bytes = chunk.bytes
        let keyStart = bytes.count
        bytes.appendDecimal(userID)
        let valueStart = bytes.count
        encoder.begin(
            userID: userID, sequence: sequence, generatedAtMilliseconds: generatedAtMilliseconds,
            reason: entry.reason, into: bytes)
        appendCauses(entry, log, bytes)

        recommender.forEachItem(of: entry.user, place: place) { rank, item, explainedBy in
            encoder.item(
                rank: rank, movieID: item.movieID, title: title(item.movie), score: item.score,
                predictedRating: item.predictedRating, explanation: item.explanation, explainedBy: explainedBy,
                into: bytes)
        }
        encoder.end(modelVersion: modelVersion.bytes, epoch: epoch, into: bytes)
        chunk.records.append(
            OutputChunk.Record(
                kind: .recommendation, keyStart: keyStart, keyCount: valueStart - keyStart, valueStart: valueStart,
                valueCount: bytes.count - valueStart, headers: -1))
    }

    /// Appends the null that takes a forgotten user's list away.
    func appendTombstone(userID: Int64, to chunk: OutputChunk) {
        let keyStart = chunk.bytes.count
        chunk.bytes.appendDecimal(userID)
        chunk.records.append(
            OutputChunk.Record(
                kind: .recommendation, keyStart: keyStart, keyCount: chunk.bytes.count - keyStart,
                valueStart: chunk.bytes.count, valueCount: -1, headers: -1))
    }

    /// The newest causes, oldest of them first.
    private func appendCauses(_ entry: DueUsers.Entry, _ log: CauseLog, _ bytes: ByteBuffer) {
        causes.removeAll(keepingCapacity: true)
        var at = entry.newestCause
        while at != CauseLog.none && causes.count < CauseLog.namedMax {
            causes.append(at)
            at = log.previous(at)
        }
        for cause in causes.reversed() {
            encoder.cause(
                topic: topicNames[Int(log.topic(cause).rawValue)].bytes, partition: log.partition(cause),
                offset: log.offset(cause), eventID: log.eventID(cause), eventTimeMilliseconds: log.eventTime(cause),
                into: bytes)
        }
        encoder.endCauses(total: Int(entry.causeTotal), into: bytes)
    }
}
