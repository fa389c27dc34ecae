/// How a stream is split between learning and scoring.
public enum EvaluationProtocol: String, CaseIterable, Sendable {
    /// Every event is predicted, then learnt.
    case prequential
    /// The first half is learnt; the second half is predicted and learnt.
    case warm
    /// The first half is learnt; the second half is predicted by the model as it then stands.
    case frozen

    /// The first event that is scored, of `eventCount`.
    func firstScored(of eventCount: Int) -> Int { self == .prequential ? 0 : eventCount / 2 }

    /// The first event that the model does not learn.
    func firstFrozen(of eventCount: Int) -> Int { self == .frozen ? eventCount / 2 : .max }
}
