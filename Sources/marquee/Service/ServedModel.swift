import CommandLineOptions
import Learning
import Streaming

/// Which model learns: the two heads, or a fusion model that 'marquee train' wrote, fine-tuned by the stream.
enum ServedModel: Sendable, Equatable {
    case twoHeads
    case fusion(file: String)

    /// By `--model FILE`.
    init(_ invocation: Invocation) {
        self = invocation.string(ifSet: "model").map { .fusion(file: $0) } ?? .twoHeads
    }

    /// A learner before its first event, as the options of a command have it.
    static func learner(_ invocation: Invocation) throws -> Learner {
        Learner(
            model: try ServedModel(invocation).make(), batchCapacity: StreamLimits.batchRecordsMax,
            eviction: eviction(invocation))
    }

    /// By `--evict-after EVENTS`.
    static func eviction(_ invocation: Invocation) -> Eviction {
        Eviction(afterEvents: invocation.int(ifSet: "evict-after").map { Int64($0) })
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
