import CommandLineOptions
import Learning

/// Which model learns: the two heads, or a fusion model that 'marquee train' wrote, fine-tuned by the stream.
enum ServedModel: Sendable, Equatable {
    case twoHeads
    case fusion(file: String)

    /// By `--model FILE`.
    init(_ invocation: Invocation) {
        self = invocation.string(ifSet: "model").map { .fusion(file: $0) } ?? .twoHeads
    }

    /// A model as it is before its first event.
    ///
    /// - Throws: `SafetensorsError` for a file that is no such model.
    func make() throws -> any OnlineModel {
        switch self {
        case .twoHeads: TwoHeadModel()
        case .fusion(let file):
            FusionOnlineModel(try FusionModelFile.read(file), digest: try FusionModelFile.digest(file))
        }
    }
}
