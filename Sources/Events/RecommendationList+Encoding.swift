extension RecommendationList {
    /// Appends the list as `encoder` writes it: for tests and for publishers of single lists. A missing score or
    /// rating goes through as NaN; an explanation of a kind that is not known is left out.
    public func append(to buffer: ByteBuffer, using encoder: some RecommendationListEncoder) {
        encoder.begin(
            userID: userID, sequence: sequence, generatedAtMilliseconds: generatedAtMilliseconds, reason: reason,
            into: buffer)
        for cause in causedBy {
            Array(cause.topic.utf8).withUnsafeBytes { topic in
                escapedJSONBody(of: cause.eventID ?? "").withUnsafeBytes { eventID in
                    encoder.cause(
                        topic: topic, partition: cause.partition, offset: cause.offset, eventID: eventID,
                        eventTimeMilliseconds: cause.eventTimeMilliseconds, into: buffer)
                }
            }
        }
        encoder.endCauses(total: causedByTotal, into: buffer)
        for item in items {
            escapedJSONBody(of: item.title ?? "").withUnsafeBytes { title in
                (item.explanation?.movieIDs ?? []).withUnsafeBufferPointer { movieIDs in
                    encoder.item(
                        rank: item.rank, movieID: item.movieID, title: title, score: Float(item.score ?? .nan),
                        predictedRating: Float(item.predictedRating ?? .nan),
                        explanation: item.explanation.flatMap { ExplanationKind(rawValue: $0.kind) },
                        explainedBy: movieIDs, into: buffer)
                }
            }
        }
        escapedJSONBody(of: model.version).withUnsafeBytes {
            encoder.end(modelVersion: $0, epoch: model.epoch, into: buffer)
        }
    }
}
