/// The models that can be served, by the name that settings use.
public enum ModelKind: String, CaseIterable, Sendable {
    case twoHeads = "two-heads"
    case biasedMatrixFactorization = "biased-mf"

    public func makeModel() -> any OnlineModel {
        switch self {
        case .twoHeads: TwoHeadModel()
        case .biasedMatrixFactorization: BiasedMatrixFactorization()
        }
    }
}
