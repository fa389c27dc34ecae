import CommandLineOptions
import Learning
import Recommending
import Streaming
import VectorIndex

/// Every command and option of `marquee`, declared once: parsing, help and completion follow from it.
enum CommandTree {
    static let root = Command(
        "marquee", summary: "fresh movie recommendations from a stream of ratings",
        discussion: "Learns from every rating as it passes and publishes each user's refreshed list.",
        options: [.configurationFile],
        subcommands: [
            demo, serve, replay, produce, consume, train, recommend, export, evaluate, bench, topics, broker, state,
        ],
        example: "marquee demo")

    static let demo = Command(
        "demo", summary: "the main job in one process, with an embedded broker",
        discussion: """
            Starts a broker, the service and a replay, shows a few users' lists changing while ratings pass, and ends
            with a summary. Without --dataset it makes up a stream in the shape of ml-1m and says so.
            """,
        options: [dataset(required: false), limit, topK(10), output],
        example: "marquee demo --dataset ml-1m --limit 200000")

    static let serve = Command(
        "serve", summary: "the service: ratings in, lists out",
        discussion: """
            Reads ratings, users and movies, learns from each, and publishes refreshed lists. Stops cleanly on SIGTERM
            and SIGINT. A restart goes on where the journal ends.
            """,
        options: [
            brokers, applicationID, topicPrefix, stateDirectory,
            Option(
                "delivery", .choice(["exactly-once", "at-least-once"]),
                help: "what is promised for lists; exactly-once where the broker has transactions"),
            Option(
                "commit-interval", .duration(allowsAuto: true), default: "auto",
                help: "auto: as soon as the last commit is done and something waits; or from commit to commit, 100ms"),
            topK(20),
            Option(
                "http", .string, "ADDRESS", default: "off",
                help: "where to answer queries; only 'off' is there yet"),
            model, evictAfter,
            Option(
                "index-recall", .choice(["exact", "0.99", "0.95"]), default: "exact",
                help: "how many of the best movies a search must find; less than all pays in very large catalogues"),
            Option(
                "on-lost-offsets", .choice(["fail", "earliest"]), default: "fail",
                help: "what to do when records expired unread: refuse, or go on without them"),
            Option(
                "journal-retention", .duration(allowsAuto: false), default: "30d",
                help: "how long the journal keeps what no checkpoint needs"),
            kafka,
        ],
        example: "marquee serve --brokers localhost:9092")

    static let replay = Command(
        "replay", summary: "publish a data set as a stream",
        discussion: """
            Publishes movies and users, then the ratings in time order. After an interruption it reads the topic back
            and goes on with the rating that is missing.
            """,
        options: [
            dataset(required: true), brokers, topicPrefix,
            Option(
                "speed", .string, "SPEED", default: "max",
                help: "max, a factor of the real time (1x, 1000x), or ratings a second (500/s)"),
            limit,
            Option(
                "from", .integer(0...Int.max), "N",
                help: "the first rating to publish, counted in time order from 0"),
            output, kafka,
        ],
        example: "marquee replay --dataset ml-1m --brokers localhost:9092 --speed 1000/s")

    static let produce = Command(
        "produce", summary: "publish one event, or many from standard input",
        discussion: "Without a kind of event it reads one JSON document a line from standard input.",
        options: [
            brokers, topicPrefix,
            Option(
                "topic", .choice(["ratings", "users", "movies"]), default: "ratings",
                help: "where documents from standard input go"),
            output, kafka,
        ],
        subcommands: [
            Command(
                "rating", summary: "publish a rating",
                options: [
                    id("user"), id("movie"),
                    Option("rating", .number(0.5...5), "STARS", help: "0.5 to 5, in halves"),
                    Option("remove", .flag, help: "take the rating back"), eventTime,
                    Option("event-id", .string, "ID", help: "comes back with the list that the rating causes"),
                ],
                example: "marquee produce rating --user 1 --movie 1193 --rating 5 --brokers :9092"),
            Command(
                "movie", summary: "announce a movie, or withdraw it",
                options: [
                    id("id"), Option("title", .string, "TITLE", help: "as people know it"),
                    Option("year", .integer(1...9999), "YEAR", help: "else taken from a title like 'Heat (1995)'"),
                    Option("genres", .string, "A|B", help: "separated by |"),
                    Option("remove", .flag, help: "withdraw the movie: it is not recommended any more"),
                ],
                example: "marquee produce movie --id 9001 --title 'New (2026)' --brokers :9092"),
            Command(
                "user", summary: "announce a user's profile, or forget the user",
                options: [
                    id("id"), Option("gender", .choice(["M", "F"]), help: "as MovieLens has it"),
                    Option("age", .integer(0...150), "YEARS", help: "in years"),
                    Option("occupation", .integer(0...20), "CODE", help: "MovieLens' code, 0 to 20"),
                    Option("remove", .flag, help: "forget the user: ratings, vectors and list go"),
                ],
                example: "marquee produce user --id 7 --gender F --age 25 --brokers :9092"),
        ],
        isRunnable: true,
        example: "marquee produce --topic ratings --brokers localhost:9092 < ratings.ndjson")

    static let consume = Command(
        "consume", summary: "read the lists that are published",
        discussion: "Prints a table that a person reads, or with --output json the topic's documents, one a line.",
        options: [
            brokers, topicPrefix,
            Option("user", .integer(1...Int.max), "ID", help: "this user's lists only"),
            Option(
                "from", .string, "PLACE", default: "latest",
                help: "earliest, latest, ts=EPOCH_SECONDS, or last=N records a partition"),
            Option("count", .integer(1...Int.max), "N", help: "stop after so many lists"),
            output, kafka,
        ],
        example: "marquee consume --brokers localhost:9092 --from earliest --user 1")

    static let train = Command(
        "train", summary: "batch training of the fusion model",
        discussion: """
            Trains the two-tower model on nine in ten ratings drawn at random, with the held-out rest as the judge: ends
            when its error no longer falls, and writes the best epoch.
            """,
        options: [
            dataset(required: true),
            Option(
                "out", .path, "FILE", required: true, help: "the model, a safetensors file; replaced if it is there"),
            Option("epochs", .integer(1...100_000), "N", help: "at most so many epochs"),
            Option(
                "dimension", .integer(1...FusionDimensions.lengthMax), "N", default: "200",
                help: "length of the vectors of users and movies"),
            Option("seed", .integer(0...Int.max), "N", default: "1", help: "of split, first weights and order"),
            output,
        ],
        example: "marquee train --dataset ml-1m --out ml-1m.safetensors")

    static let recommend = Command(
        "recommend", summary: "a trained model's best movies for a person",
        discussion: """
            For a user whom the model was trained on, by --user, without what he rated then. For anybody else by age,
            gender and occupation: his own embedding is then the mean of all users'.
            """,
        options: [
            Option("model", .path, "FILE", required: true, help: "what 'marquee train' wrote"),
            Option("age", .integer(0...150), "YEARS", help: "in years"),
            Option("gender", .choice(["M", "F"]), help: "as MovieLens has it"),
            Option("occupation", .integer(0...20), "CODE", help: "MovieLens' code, 0 to 20"),
            Option("user", .integer(1...Int.max), "ID", help: "a user of the data set that the model was trained on"),
            Option("dataset", .path, "DIR", help: "leave out what --user rated there, too"),
            Option(
                "top", .integer(1...IndexLimits.resultCountMax), "N", default: "5", help: "how many movies"),
            output,
        ],
        example: "marquee recommend --model m.safetensors --age 25 --gender F --occupation 12")

    static let export = Command(
        "export", summary: "what was learnt, as files for other programs",
        subcommands: [
            Command(
                "vectors", summary: "movies' features and vectors, and users' vectors",
                discussion: """
                    Of a trained model with a data set, or of what a service has learnt: as its newest checkpoint has it,
                    which is some seconds behind a service that runs. A name in .safetensors has ids, features and vectors;
                    one in .vib1 has vectors, seen movies, exact answers and a made-up mix of writes and queries, for
                    benchmarks of indexes.
                    """,
                options: [
                    Option("dataset", .path, "DIR", help: "whose movies; new ones are embedded, too"),
                    Option(
                        "model", .path, "FILE", help: "what 'marquee train' wrote; of a state, if it is served with one"
                    ),
                    Option("state-dir", .path, "DIR", help: "a service's state, in place of --dataset"),
                    Option("out", .path, "FILE", required: true, help: "ends in .safetensors or .vib1"), output,
                ],
                example: "marquee export vectors --state-dir state --out vectors.safetensors")
        ],
        example: """
            marquee export vectors --dataset ml-1m --model ml-1m.safetensors \\
                --out vectors.vib1
            """)

    static let evaluate = Command(
        "evaluate", summary: "how good are predictions and lists, on the code that serves",
        discussion: """
            prequential: every event is predicted, then learnt. warm, frozen: only the second half is scored, while the
            model learns on or stands still. split: trains the fusion model on a random 90% and predicts the rest.
            """,
        options: [
            dataset(required: true),
            Option(
                "protocol", .choice(["prequential", "warm", "frozen", "split"]), default: "prequential",
                help: "in time order, or a random 90/10 split"),
            Option(
                "sample", .integer(1...1_000_000), "N",
                help: "ask for a list at one in N liked ratings (10, or 1 for small sets)"),
            Option(
                "candidates", .choice(["retrieved", "all"]), default: "retrieved",
                help: "rank what 'serve' retrieves for a list, or the whole catalogue, to see what that loses"),
            Option("record", .path, "FILE", help: "write one JSON line an event: prediction and list"),
            model, limit, output,
        ],
        example: "marquee evaluate --dataset ml-1m --output json")

    static let bench = Command(
        "bench", summary: "figures, each beside its limit in the same run",
        subcommands: [
            Command(
                "codec", summary: "decoding and encoding of events, beside a memory copy",
                options: [
                    Option(
                        "events", .integer(1000...10_000_000), "N", default: "1000000", help: "documents in a round"),
                    output,
                ],
                example: "marquee bench codec"),
            Command(
                "index", summary: "the index among writes, on the vectors of a VIB1 file",
                discussion: """
                    Runs the file's cycles of upserts, inserts and filtered queries, then moves every row five times.
                    JSON is a line a design of the index.
                    """,
                options: [
                    Option("vectors", .path, "FILE", required: true, help: "as 'marquee export vectors' writes it"),
                    output,
                ],
                example: "marquee bench index --vectors movies.vib1 --output json"),
            Command(
                "pipeline", summary: "the whole pipeline, beside a bare read of the same topic",
                discussion: """
                    Without --brokers it runs on the embedded broker. First throughput with a backlog, then freshness
                    at --rate ratings a second.
                    """,
                options: [
                    dataset(required: true),
                    Option("brokers", .string, "HOST:PORT", help: "a Kafka to run on; its topics are made and left"),
                    Option("rate", .integer(1...1_000_000), "N", default: "1000", help: "ratings/s for freshness"),
                    Option("seconds", .integer(1...3600), "N", default: "10", help: "how long freshness is measured"),
                    limit, topK(10), output, kafka,
                ],
                example: "marquee bench pipeline --dataset ml-1m --output json"),
        ],
        example: "marquee bench codec --output json")

    static let topics = Command(
        "topics", summary: "make or check the topics",
        subcommands: [
            Command(
                "create", summary: "make the topics that are missing",
                options: topicOptions + [
                    Option("partitions", .integer(1...10_000), "N", default: "6", help: "partitions of public topics"),
                    Option("replication", .integer(1...100), "N", default: "1", help: "copies of every partition"),
                ],
                example: "marquee topics create --brokers localhost:9092"),
            Command(
                "check", summary: "say what is wrong with the topics, and the fix",
                options: topicOptions, example: "marquee topics check --brokers localhost:9092"),
        ],
        example: "marquee topics create --brokers localhost:9092 --partitions 6")

    static let broker = Command(
        "broker", summary: "the embedded broker alone, for other processes on this machine",
        discussion: """
            All in memory and gone when it ends; made for trying things out. It keeps about 5 MiB a partition and has
            no transactions.
            """,
        options: [
            Option("port", .integer(1...65535), "N", default: "9092", help: "on 127.0.0.1"),
            Option("partitions", .integer(1...256), "N", default: "4", help: "of the public topics, which it makes"),
            topicPrefix,
        ],
        example: "marquee broker --port 9092")

    static let state = Command(
        "state", summary: "look into the learnt state of an application, or learn it anew",
        discussion: """
            Reads the newest checkpoint and replays the journal to its end, or to --at, without publishing; the service
            may run meanwhile.
            """,
        subcommands: [
            Command(
                "digest", summary: "a SHA-256 of the learnt state, with counters and offsets",
                options: stateOptions + [output],
                example: "marquee state digest --brokers localhost:9092 --output json"),
            Command(
                "export", summary: "one JSON line a user: ratings and the list's sequence",
                options: stateOptions, example: "marquee state export --brokers localhost:9092 > users.ndjson"),
            Command(
                "rebuild", summary: "learn the log anew, without forgotten users",
                discussion: """
                    Learns all that is kept of movies, users and ratings again, without publishing lists, as a new
                    lineage of the journal; sequences and last lists stay. Says what it would do without --execute. The
                    service must not run.
                    """,
                options: identityOptions + [model, evictAfter, execute, kafka],
                example: "marquee state rebuild --brokers localhost:9092 --execute"),
            Command(
                "reset", summary: "give up everything learnt, so that the next start is the first",
                discussion: """
                    Takes all lists back, then clears journal, checkpoints and group offsets. Movies, users and ratings
                    stay. Says what it would do without --execute. The service must not run.
                    """,
                options: identityOptions + [execute, kafka],
                example: "marquee state reset --brokers localhost:9092 --execute"),
        ],
        example: "marquee state digest --brokers localhost:9092")

    // MARK: Shared options

    static let brokers = Option(
        "brokers", .string, "HOST:PORT", required: true, help: "Kafka's addresses, separated by commas")
    static let applicationID = Option(
        "application-id", .string, "ID", default: "marquee", help: "names journal, dead letters and consumer group")
    static let topicPrefix = Option(
        "topic-prefix", .string, "PREFIX", help: "stands before the names of the public topics")
    static let stateDirectory = Option(
        "state-dir", .path, "DIR", help: "checkpoints; else ~/.local/state/marquee/CLUSTER/ID")
    static let model = Option(
        "model", .path, "FILE", help: "a trained fusion model, fine-tuned; else the two heads")
    static let evictAfter = Option(
        "evict-after", .integer(Int(Eviction.eventsMin)...Int.max), "EVENTS",
        help: "give up who rated nothing, and unannounced movies nobody rated, for so many events")
    static let kafka = Option("kafka", .properties, help: "any librdkafka property; may be repeated")
    static let limit = Option("limit", .integer(1...Int.max), "N", help: "only the first N ratings")
    static let output = Option("output", .choice(["table", "json"]), default: "table", help: "for people or scripts")
    static let eventTime = Option(
        "event-time", .integer(0...253_402_300_799), "SECONDS", help: "when it happened; else now")

    static func dataset(required: Bool) -> Option {
        Option("dataset", .path, "DIR", required: required, help: "an unpacked MovieLens folder")
    }

    static func topK(_ count: Int) -> Option {
        Option(
            "top-k", .integer(1...StreamLimits.listLengthMax), "N", default: String(count), help: "movies in a list")
    }

    static func id(_ name: String) -> Option {
        Option(name, .integer(1...Int.max), "ID", required: true, help: "a positive number")
    }

    private static let topicOptions = [brokers, applicationID, topicPrefix, output, kafka]
    private static let identityOptions = [brokers, applicationID, topicPrefix, stateDirectory]
    private static let execute = Option("execute", .flag, help: "do it; else only say what would be done")
    private static let stateOptions =
        identityOptions + [
            Option("at", .integer(0...Int.max), "EPOCH", help: "the state after this commit; else the newest"),
            Option("replay", .flag, help: "by the journal alone, without checkpoints"), model, evictAfter,
            kafka,
        ]
}
