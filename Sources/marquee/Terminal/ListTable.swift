import Events

/// A recommendation list as a person reads it.
enum ListTable {
    static func text(_ list: RecommendationList, items: Int = .max) -> String {
        var table = Table([
            ("Top", .right), ("Id", .right), ("Title", .left), ("Score", .right), ("Stars", .right),
        ])
        for item in list.items.prefix(items) {
            table.append([
                String(item.rank), String(item.movieID), item.title ?? "-", item.score.map { fixed($0, 3) } ?? "-",
                item.predictedRating.map { fixed($0, 1) } ?? "-",
            ])
        }
        return "user \(list.userID), list \(list.sequence): \(cause(list))\n\(table.text)"
    }

    private static func cause(_ list: RecommendationList) -> String {
        let more = list.causedByTotal > 1 ? " (\(list.causedByTotal) events)" : ""
        switch list.reason {
        case .rated: return "after a rating\(more)"
        case .ratingRemoved: return "after a rating was taken back\(more)"
        case .movieAdded: return "a new movie belongs in it\(more)"
        case .movieWithdrawn: return "a movie in it was withdrawn\(more)"
        case .profileChanged: return "after a change of the profile\(more)"
        }
    }
}
