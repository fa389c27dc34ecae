/// The models that can learn from a stream.
public enum ModelKind: Sendable, Equatable {
    /// What is served.
    case twoHeads
    /// A fusion model that `marquee train` wrote, fine-tuned: served on request.
    case fusion(file: String)
    /// The plainest model, which nothing serves: to compare with.
    case biasedMatrixFactorization

    /// A model as it is before its first event.
    ///
    /// - Throws: `SafetensorsError` for a file that is no such model.
    public func makeModel() throws -> any OnlineModel {
        switch self {
        case .twoHeads: TwoHeadModel()
        case .fusion(let file):
            FusionOnlineModel(try FusionModelFile.read(file), digest: try FusionModelFile.digest(file))
        case .biasedMatrixFactorization: BiasedMatrixFactorization()
        }
    }
}
