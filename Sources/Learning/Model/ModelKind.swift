/// The models that can be served, by the name that settings use.
public enum ModelKind: String, CaseIterable, Sendable {
    case biasedMatrixFactorization = "biased-mf"

    public func makeModel() -> any OnlineModel {
        switch self {
        case .biasedMatrixFactorization: BiasedMatrixFactorization()
        }
    }
}
