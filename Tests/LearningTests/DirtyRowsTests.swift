import Learning
import Testing

struct DirtyRowsTests {
    @Test(arguments: 1...5 as ClosedRange<UInt64>)
    func behavesLikeASet(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let rows = DirtyRows(capacity: 8)
        var room = 8
        var inOrder: [UInt32] = []
        var members = Set<UInt32>()
        for _ in 0..<3000 {
            switch Int.random(in: 0..<100, using: &random) {
            case 0..<3:
                rows.removeAll()
                inOrder = []
                members = []
            case 3..<6 where room < 5000:
                room += Int.random(in: 0...room, using: &random)
                rows.reserve(room)
            default:
                let row = UInt32.random(in: 0..<UInt32(room), using: &random)
                rows.insert(row)
                if members.insert(row).inserted { inOrder.append(row) }
            }
            #expect(rows.count == members.count, "seed \(seed)")
            #expect(Array(rows.rows) == inOrder, "seed \(seed)")
        }
    }
}
