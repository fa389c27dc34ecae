/// Writes recommendation lists, one after the other, into a reused buffer: the seam for output encodings.
///
/// The verbs come in this order: `begin`, `cause` (0…16 times), `endCauses`, `item` (0…k times, rank from 1),
/// `end`. Nothing is allocated once the buffer is large enough.
public protocol RecommendationListEncoder: AnyObject {
    /// What stands in the `content-type` header of the records.
    var contentType: String { get }

    func begin(
        userID: Int64, sequence: Int64, generatedAtMilliseconds: Int64, reason: ListReason, into buffer: ByteBuffer)
    /// `eventID` holds the bytes between the quotes of the input's JSON string, escapes kept; empty for none.
    func cause(
        topic: UnsafeRawBufferPointer, partition: Int32, offset: Int64, eventID: UnsafeRawBufferPointer,
        eventTimeMilliseconds: Int64, into buffer: ByteBuffer)
    func endCauses(total: Int, into buffer: ByteBuffer)
    /// `title` holds the title as the body of a JSON string, escapes done; empty for none.
    func item(
        rank: Int, movieID: Int64, title: UnsafeRawBufferPointer, score: Float, predictedRating: Float,
        explanation: ExplanationKind?, explainedBy movieIDs: UnsafeBufferPointer<Int64>, into buffer: ByteBuffer)
    func end(modelVersion: UnsafeRawBufferPointer, epoch: Int64, into buffer: ByteBuffer)
}
