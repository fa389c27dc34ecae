import CommandLineOptions
import Events
import Learning
import MovieLens

/// `marquee recommend`: a trained model's best movies for a person.
enum RecommendCommand {
    private struct Report: Encodable {
        struct Item: Encodable {
            var rank: Int
            var movieID: Int64
            var title: String
            var score: Float

            private enum CodingKeys: String, CodingKey {
                case rank, title, score
                case movieID = "movie_id"
            }
        }

        var items: [Item]
    }

    static func run(_ invocation: Invocation) throws -> Int32 {
        let user = invocation.int(ifSet: "user").map { Int64($0) }
        let profile = try profile(invocation, isNeeded: user == nil)
        let count = try invocation.int("top")
        let recommender = try FusionRecommender(try FusionModelFile.read(try invocation.string("model")))
        let seen = try seen(by: user, invocation)
        let found = try recommender.best(count, user: user, profile: profile, excluding: seen)
        let report = Report(
            items: found.enumerated().map { place, item in
                Report.Item(
                    rank: place + 1, movieID: item.movie.movieID, title: item.movie.title, score: item.score)
            })
        if try invocation.string("output") == "json" {
            try JSONOutput.print(report)
        } else {
            var table = Table([("Top", .right), ("Ids", .right), ("Title", .left), ("Score", .right)])
            for item in report.items {
                table.append([String(item.rank), String(item.movieID), item.title, fixed(Double(item.score), 4)])
            }
            Terminal.print(table.text)
        }
        return ExitCode.done
    }

    /// What the options say; of somebody without an id they must say all.
    private static func profile(_ invocation: Invocation, isNeeded: Bool) throws -> FusionProfile {
        if isNeeded {
            if !["age", "gender", "occupation"].contains(where: invocation.isSet) {
                throw UsageError(
                    "for whom is not said: give --user ID for a user of the data set that the model was trained on, or"
                        + " --age, --gender and --occupation for anybody else")
            }
            _ = try invocation.int("age")
            _ = try invocation.string("gender")
            _ = try invocation.int("occupation")
        }
        let gender = invocation.string(ifSet: "gender").map { $0 == "F" ? Gender.female : .male }
        return FusionProfile(
            gender: gender, years: invocation.int(ifSet: "age"), occupation: invocation.int(ifSet: "occupation"))
    }

    /// What the user rated in a data set, beside what the model's file says.
    private static func seen(by user: Int64?, _ invocation: Invocation) throws -> Set<Int64> {
        guard let directory = invocation.string(ifSet: "dataset") else { return [] }
        guard let user else { throw UsageError("--dataset says what --user has rated: give both") }
        let ratings = try MovieLensDataset(directory: directory).ratings()
        var seen: Set<Int64> = []
        for row in 0..<ratings.count where Int64(ratings.userIDs[row]) == user {
            seen.insert(Int64(ratings.movieIDs[row]))
        }
        return seen
    }
}
