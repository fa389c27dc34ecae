import Foundation
import ProcessTestSupport
import Testing

extension Deployment {
    /// Judges what an application has done, once it has settled and stopped: lists, dead letters, state, forgotten
    /// users, and the digest of the state beside that of a replay by the journal alone.
    func judge(
        _ sent: Storm.Sent, state: String, _ name: String, _ location: SourceLocation = #_sourceLocation
    ) throws {
        let recount = try Recount(self)
        let lists = try PublishedLists(self)
        func expectNone(_ problems: [String]) {
            #expect(
                problems.prefix(5) == [], "\(name): \(problems.count) problems in \(lists.count) lists",
                sourceLocation: location)
        }
        expectNone(
            ListVerdict(
                recount: recount, lists: lists, ratingsTopic: topics.name(of: .ratings), delivery: delivery
            ).problems())
        #expect(recount.unusable.count == sent.garbage, "\(name)", sourceLocation: location)
        expectNone(try DeadLetterVerdict.problems(recount, self))

        expectNone(exportProblems(try export(state: state, location), recount, lists))
        try judgeForgetting(sent, lists, name, location)

        let digest = try digest(state: state, location)
        #expect(try self.digest(location) == digest, "\(name): replay by the journal", sourceLocation: location)
        let users = Set(recount.profiles).union(
            recount.opinions.keys.filter { !(recount.segments($0).last ?? []).isEmpty })
        #expect(digest.users == users.count, "\(name)", sourceLocation: location)
    }

    private func exportProblems(
        _ exported: [Int64: ExportedUser], _ recount: Recount, _ lists: PublishedLists
    ) -> [String] {
        var problems: [String] = []
        for user in Set(recount.opinions.keys).union(exported.keys) {
            let expected = recount.exported(user)
            let found = (exported[user]?.ratings ?? []).sorted { $0[0] < $1[0] }
            if found != expected {
                let difference = Set(found).symmetricDifference(expected)
                problems.append("user \(user): \(found.count) ratings for \(expected.count): \(difference)")
            }
            let sequence = lists.segments(user, delivery).last?.last?.sequence ?? 0
            if let one = exported[user], one.listSequence != sequence {
                problems.append("user \(user): sequence \(one.listSequence) for \(sequence)")
            }
        }
        return problems
    }

    /// Those who stay forgotten are in no export, of the newest epoch or of one just after they were forgotten; just
    /// before they are.
    private func judgeForgetting(
        _ sent: Storm.Sent, _ lists: PublishedLists, _ name: String, _ location: SourceLocation
    ) throws {
        let forgotten = sent.forgets.keys.filter { sent.times[$0] == nil }.sorted()
        let newest = try export(location)
        for user in forgotten {
            #expect(newest[user] == nil, "\(name): user \(user) is not forgotten", sourceLocation: location)
        }
        guard let user = forgotten.first, let after = lists.epochAfterTombstone[user] else { return }
        #expect(try export(at: after, location)[user] == nil, "\(name): user \(user)", sourceLocation: location)
        if let last = lists.segments(user, delivery).dropLast().last?.last {
            #expect(
                try export(at: last.epoch, location)[user]?.listSequence == last.sequence, "\(name): user \(user)",
                sourceLocation: location)
        }
    }
}
