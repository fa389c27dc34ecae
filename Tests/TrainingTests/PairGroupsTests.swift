import Testing

@testable import Training

struct PairGroupsTests {
    @Test func pairsAreFoundAgainByTheirRow() {
        var groups = PairGroups(rowCount: 10)
        for batch in [[3, 5, 3, 9, 5, 3], [9], [0, 1, 2, 0]] as [[Int32]] {
            groups.group(batch[...])
            var seen: [Int32] = []
            for row in batch where !seen.contains(row) { seen.append(row) }
            #expect(groups.rows == seen && groups.count == seen.count)
            #expect(groups.positions.map { groups.rows[Int($0)] } == batch)
            for position in 0..<groups.count {
                let members = groups.members[Int(groups.starts[position])..<Int(groups.starts[position + 1])]
                #expect(Array(members) == batch.indices.filter { batch[$0] == seen[position] }.map { Int32($0) })
            }
        }
    }
}

struct RatingShuffleTests {
    @Test func aSplitIsAPartitionAndTheSeedsOwn() {
        var shuffle = RatingShuffle(seed: 1)
        let (heldOut, rest) = shuffle.split(1000, share: 0.1)
        #expect(heldOut.count == 100 && (heldOut + rest).sorted() == Array(0..<1000))
        var again = RatingShuffle(seed: 1)
        #expect(again.split(1000, share: 0.1).heldOut == heldOut)
        var other = RatingShuffle(seed: 2)
        #expect(other.split(1000, share: 0.1).heldOut != heldOut)
    }
}

struct WorkerTeamTests {
    @Test(arguments: [1, 2, 3, 5])
    func nobodyGoesOnBeforeAllAreThere(count: Int) {
        let team = WorkerTeam(count: count)
        let steps = FloatBuffer(count)
        let mistakes = FloatBuffer(count)
        team.run { worker in
            for step in 0..<500 {
                steps.base[worker] = Float(step)
                team.meet()
                for other in 0..<count where steps.base[other] != Float(step) { mistakes.base[worker] += 1 }
                team.meet()
            }
        }
        #expect((0..<count).allSatisfy { mistakes.base[$0] == 0 })
        let parts = (0..<count).flatMap { Array(team.part(of: 7, worker: $0)) }
        #expect(parts == Array(0..<7))
    }
}
