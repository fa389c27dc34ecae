/// How the index that lists come from searches, and how large it is.
public struct IndexFigures: Sendable {
    /// It looks into some inverted lists; else at all movies.
    public var isPartitioned: Bool
    public var rows: Int
    public var bytes: Int
    /// The part of the exact answers that searches of late found; nil before it is known.
    public var liveRecall: Double?
}
