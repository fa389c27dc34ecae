import CommandLineOptions
import Events
import Foundation
import Kafka
import Learning
import Recommending
import Streaming

/// `marquee state`: the learnt state of an application, read without disturbing it.
enum StateCommand {
    private struct Digest: Encodable {
        var digest: String
        var epoch: Int64
        var users: Int
        var movies: Int
        var ratingsApplied: Int64
        var memory: Memory
        var inputOffsets: [String: [String: Int64]]
    }

    /// What the learnt state takes, in bytes.
    private struct Memory: Encodable {
        var state: Int
        /// Without his ratings, which take 13 each.
        var perUser: Int
        /// Without its successors, of which a movie has up to 128 of 8 each.
        var perMovie: Int
    }

    private struct Inspected {
        var memory: Memory
        var learner: LearnerSnapshot
        var lists: PublishedListsSnapshot
        var position: Position
    }

    static func digest(_ invocation: Invocation) throws -> Int32 {
        let (state, topics) = try inspect(invocation)
        var offsets: [String: [String: Int64]] = [:]
        for (partition, offset) in state.position.inputs {
            offsets[topics.name(of: partition.topic), default: [:]][String(partition.partition)] = offset
        }
        let digest = Digest(
            digest: try state.learner.digest(), epoch: state.position.epoch, users: state.learner.userCount,
            movies: state.learner.movieCount, ratingsApplied: state.learner.counters.ratingsApplied,
            memory: state.memory,
            inputOffsets: offsets)
        if try invocation.string("output") == "json" {
            try JSONOutput.print(digest)
            return ExitCode.done
        }
        Terminal.print("digest   \(digest.digest)")
        Terminal.print("epoch    \(digest.epoch)")
        Terminal.print("users    \(grouped(digest.users))")
        Terminal.print("movies   \(grouped(digest.movies))")
        Terminal.print("ratings  \(grouped(Int(digest.ratingsApplied))) applied")
        let memory = digest.memory
        Terminal.print(
            "memory   \(grouped(memory.state)) bytes; a user \(grouped(memory.perUser)), a movie \(grouped(memory.perMovie))"
        )
        for (topic, partitions) in offsets.sorted(by: { $0.key < $1.key }) {
            let places = partitions.sorted { Int($0.key) ?? 0 < Int($1.key) ?? 0 }.map { "\($0.key):\($0.value)" }
            Terminal.print("\(topic)  \(places.joined(separator: " "))")
        }
        return ExitCode.done
    }

    static func export(_ invocation: Invocation) throws -> Int32 {
        let (state, _) = try inspect(invocation)
        let line = ByteBuffer()
        state.learner.forEachUser { row, id, ratings in
            line.append("{\"user_id\":")
            line.appendDecimal(id)
            line.append(",\"ratings\":[")
            for (number, rating) in ratings.enumerated() {
                line.append(number == 0 ? "[" : ",[")
                line.appendDecimal(rating.movieID)
                line.append(UInt8(ascii: ","))
                line.append(utf8: stars(rating.halfStars))
                line.append(UInt8(ascii: ","))
                line.append(utf8: seconds(rating.eventTimeMilliseconds))
                line.append(UInt8(ascii: "]"))
            }
            line.append("],\"list_sequence\":")
            line.appendDecimal(state.lists.sequence(row))
            line.append("}\n")
            if line.count > 1 << 16 {
                Terminal.print(bytes: line.bytes)
                line.removeAll()
            }
        }
        Terminal.print(bytes: line.bytes)
        return ExitCode.done
    }

    private static func stars(_ halfStars: UInt8) -> String {
        halfStars % 2 == 0 ? String(halfStars / 2) : "\(halfStars / 2).5"
    }

    private static func seconds(_ milliseconds: Int64) -> String {
        milliseconds % 1000 == 0 ? String(milliseconds / 1000) : String(Double(milliseconds) / 1000)
    }

    private static func inspect(_ invocation: Invocation) throws -> (Inspected, KafkaTopics) {
        let application = try StateApplication(invocation)
        let configuration = application.connection.configuration
        let topics = application.topics
        let learner = try ModelKind.learner(invocation)
        let lists = PublishedLists(capacity: 20)
        let source = try KafkaEventSource(configuration, topics: topics)
        defer { source.close() }
        let journal = try KafkaJournalLog(configuration, topics: topics)
        let store = invocation.flag("replay") ? nil : try application.store()
        let at = invocation.int(ifSet: "at").map { Int64($0) }

        /// What to say of an epoch whose state can't be had.
        func unavailable(_ epoch: Int64, because reason: String) throws -> UserFacingError {
            let epochs = try store.map {
                try Restoration.checkpointEpochs(
                    applicationID: topics.applicationID, learner: learner, journal: journal, store: $0)
            }
            let oldest = epochs?.first { $0 > epoch }
            return UserFacingError(
                "the state of epoch \(epoch) can't be had exactly, because \(reason);"
                    + (oldest.map { " the oldest epoch that can is \($0)" } ?? " no later one can either"))
        }

        let restored: Restoration
        do {
            restored = try Restoration(
                applicationID: topics.applicationID, topicPrefix: topics.prefix,
                applier: BatchApplier(learner: learner), lists: lists, source: source, journal: journal, store: store,
                lastEpoch: at ?? .max, notice: { Terminal.log($0) })
            try restored.catchUp()
        } catch RecoveryError.journalTrimmed(let first) {
            throw try unavailable(at ?? first, because: "the journal begins at epoch \(first)")
        }
        if !restored.doubts.isEmpty {
            throw try unavailable(restored.position.epoch, because: "\(restored.doubts)")
        }
        if let at, restored.position.epoch != at {
            throw UserFacingError("the journal ends at epoch \(restored.position.epoch): --at \(at) is not there yet")
        }
        let memory = Memory(
            state: learner.byteCount, perUser: learner.bytesPerUser, perMovie: learner.bytesPerMovie)
        let state = Inspected(
            memory: memory,
            learner: learner.snapshot(), lists: lists.snapshot(), position: restored.position)
        return (state, topics)
    }
}
