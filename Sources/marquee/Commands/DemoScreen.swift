import Events
import Foundation
import MovieLens
import Synchronization

/// Shows one user's list every now and then, with what moved, from a thread of its own.
final class DemoScreen: Sendable {
    private static let intervalSeconds = 0.7
    /// Places of a list that are shown; what came and went is told for all of it.
    private static let placesShown = 5
    private static let width = 80

    private let lists: DemoLists
    private let stream: RatingTable
    private let titles: [Int64: String]
    private let began: Double
    private let isColoured: Bool
    private let isClosed = Atomic<Bool>(false)
    private let ended = DispatchSemaphore(value: 0)

    init(_ lists: DemoLists, stream: RatingTable, movies: [Movie], began: Double) {
        self.lists = lists
        self.stream = stream
        titles = Dictionary(movies.map { ($0.movieID, $0.title) }) { first, _ in first }
        self.began = began
        isColoured = Terminal.isOutputTerminal && ProcessInfo.processInfo.environment["NO_COLOR"] == nil
        let thread = Thread { [self] in
            loop()
            ended.signal()
        }
        thread.name = "screen"
        thread.start()
    }

    /// Ends the thread; nothing is shown afterwards.
    func close() {
        isClosed.store(true, ordering: .relaxed)
        ended.wait()
    }

    private func loop() {
        var nextLook = 0.0
        while !isClosed.load(ordering: .relaxed) {
            let now = MonotonicTime.seconds
            if now >= nextLook, let change = lists.take() {
                if let text = text(change) { Terminal.print("\n" + text) }
                nextLook = now + Self.intervalSeconds
            }
            usleep(10_000)
        }
    }

    private func text(_ change: DemoLists.Change) -> String? {
        guard let list = decode(change.now) else { return nil }
        let before = change.before.flatMap { decode($0) }
        let seconds = fixed(MonotonicTime.seconds - began, 1)
        var lines = ["[\(seconds) s] " + headline(list, before)]
        for item in list.items.prefix(Self.placesShown) {
            let mark = Self.mark(item, before)
            let title = cut(item.title ?? "movie \(item.movieID)", to: Self.width - 22)
            lines.append(coloured("    \(pad(String(item.rank), 2)). \(pad(mark, -6)) \(title)", mark))
        }
        if let before {
            let now = Set(list.items.map(\.movieID))
            let was = Set(before.items.map(\.movieID))
            let came = list.items.dropFirst(Self.placesShown).filter { !was.contains($0.movieID) }
            let went = before.items.filter { !now.contains($0.movieID) }
            if !came.isEmpty { lines.append(cut("    also new: " + names(came), to: Self.width)) }
            if !went.isEmpty { lines.append(cut("    gone: " + names(went), to: Self.width)) }
        }
        return lines.joined(separator: "\n")
    }

    /// What the user did last, from the newest rating among the list's causes.
    private func headline(_ list: RecommendationList, _ before: RecommendationList?) -> String {
        var did = "user \(list.userID)"
        if let number = list.causedBy.compactMap({ $0.eventID.flatMap { Int($0) } }).max(), number < stream.count {
            let halfStars = stream.halfStars[number]
            let movie = Int64(stream.movieIDs[number])
            let stars = halfStars % 2 == 0 ? "\(halfStars / 2)" : "\(halfStars / 2).5"
            let title = cut(titles[movie] ?? "movie \(movie)", to: 34)
            did += " gave \(title) \(stars) \(halfStars == 2 ? "star" : "stars")"
        }
        guard let before else { return did + ": list \(list.sequence)" }
        return did + ": list \(list.sequence) (was \(before.sequence))"
    }

    private static func mark(_ item: RecommendationList.Item, _ before: RecommendationList?) -> String {
        guard let before else { return "" }
        guard let old = before.items.first(where: { $0.movieID == item.movieID }) else { return "new" }
        if old.rank == item.rank { return "=" }
        return old.rank > item.rank ? "up \(old.rank - item.rank)" : "down \(item.rank - old.rank)"
    }

    private func coloured(_ line: String, _ mark: String) -> String {
        guard isColoured else { return line }
        if mark == "new" || mark.hasPrefix("up") { return "\u{1B}[32m\(line)\u{1B}[0m" }
        return mark.hasPrefix("down") ? "\u{1B}[33m\(line)\u{1B}[0m" : line
    }

    private func names(_ items: [RecommendationList.Item]) -> String {
        items.map { $0.title ?? "movie \($0.movieID)" }.joined(separator: "; ")
    }

    private func decode(_ bytes: [UInt8]) -> RecommendationList? {
        bytes.withUnsafeBytes { try? RecommendationList(json: $0) }
    }

    private func cut(_ text: String, to width: Int) -> String {
        text.count <= width ? text : text.prefix(width - 3) + "..."
    }

    /// Filled up with spaces: on the left to a positive width, on the right to a negative one.
    private func pad(_ text: String, _ width: Int) -> String {
        let spaces = String(repeating: " ", count: max(0, abs(width) - text.count))
        return width < 0 ? text + spaces : spaces + text
    }
}
