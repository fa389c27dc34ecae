/// One side of a batch: its distinct rows, and for each the pairs that it is in.
///
/// A batch has fewer users and movies than pairs, and a tower need not be computed twice.
struct PairGroups {
    /// Distinct rows, in the order of their first pair.
    private(set) var rows: [Int32] = []
    /// For each pair, the position of its row in `rows`.
    private(set) var positions: [Int32] = []
    /// The pairs of position p are `members[starts[p]..<starts[p + 1]]`, in their order.
    private(set) var starts: [Int32] = []
    private(set) var members: [Int32] = []
    /// By row: its position in this batch, if its stamp is the batch's.
    private var known: [(stamp: Int32, position: Int32)]
    private var stamp: Int32 = 0

    init(rowCount: Int) { known = Array(repeating: (0, 0), count: rowCount) }

    var count: Int { rows.count }

    /// Groups a new batch.
    mutating func group(_ pairs: ArraySlice<Int32>) {
        stamp += 1
        rows.removeAll(keepingCapacity: true)
        positions.removeAll(keepingCapacity: true)
        starts.removeAll(keepingCapacity: true)
        starts.append(0)
        for row in pairs {
            if known[Int(row)].stamp != stamp {
                known[Int(row)] = (stamp, Int32(rows.count))
                rows.append(row)
                starts.append(0)
            }
            let position = known[Int(row)].position
            positions.append(position)
            starts[Int(position) + 1] += 1
        }
        for at in 1..<starts.count { starts[at] += starts[at - 1] }
        var next = starts
        if members.count != positions.count { members = Array(repeating: 0, count: positions.count) }
        for (pair, position) in positions.enumerated() {
            members[Int(next[Int(position)])] = Int32(pair)
            next[Int(position)] += 1
        }
    }
}
