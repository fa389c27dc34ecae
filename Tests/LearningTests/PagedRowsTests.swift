import Testing

@testable import Learning

struct PagedRowsTests {
    /// Rows of a word each and a tail, against an array; snapshots are held and dropped at random.
    @Test(arguments: [8, 24, 100, 4096, 20_000], 1...3 as ClosedRange<UInt64>)
    func snapshotsKeepWhatWasThere(rowBytes: Int, seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let rows = PagedRows(rowBytes: rowBytes)
        var twin: [UInt64] = []
        var held: [(snapshot: PagedRowsSnapshot, expected: [UInt64])] = []
        let rowsMax = max(20, 60_000 / rowBytes)
        for step in 0..<4000 {
            switch Int.random(in: 0..<40, using: &random) {
            case 0..<12 where twin.count < rowsMax:
                #expect(Int(rows.append()) == twin.count)
                twin.append(0)
            case 12:
                held.append((rows.snapshot(), twin))
            case 13 where !held.isEmpty:
                held.remove(at: Int.random(in: 0..<held.count, using: &random))
            case 14...30 where !twin.isEmpty:
                let row = Int.random(in: 0..<twin.count, using: &random)
                twin[row] = random.next()
                write(twin[row], to: rows.mutableRow(UInt32(row)), rowBytes)
            default:
                guard let row = twin.indices.randomElement(using: &random) else { continue }
                #expect(read(rows.row(UInt32(row)), rowBytes) == twin[row], "seed \(seed), step \(step)")
            }
            if step % 200 == 0 {
                for (snapshot, expected) in held {
                    #expect(all(snapshot) == expected, "seed \(seed), step \(step)")
                }
            }
        }
        #expect(rows.count == twin.count)
        #expect(all(rows.snapshot()) == twin, "seed \(seed)")
        for (snapshot, expected) in held { #expect(all(snapshot) == expected, "seed \(seed)") }
    }

    @Test func aPageIsCopiedOnlyWhileASnapshotHoldsIt() {
        let rows = PagedRows(rowBytes: 8192)
        for _ in 0..<6 { _ = rows.append() }
        let (first, other) = (rows.row(0), rows.row(4))
        let bytes = rows.byteCount

        var snapshot: PagedRowsSnapshot? = rows.snapshot()
        #expect(snapshot?.row(0) == first)
        write(1, to: rows.mutableRow(0), 8192)
        let copied = rows.row(0)
        #expect(copied != first, "the snapshot still sees the page")
        #expect(snapshot.map { read($0.row(0), 8192) } == 0)
        #expect(snapshot.map { $0.row(4) } == other && rows.row(4) == other, "pages that do not change stay shared")
        write(2, to: rows.mutableRow(0), 8192)
        #expect(rows.row(0) == copied, "one copy is enough")

        snapshot = rows.snapshot()
        #expect(snapshot?.row(0) == copied)
        snapshot = nil
        write(3, to: rows.mutableRow(0), 8192)
        write(4, to: rows.mutableRow(4), 8192)
        #expect(rows.row(0) == copied && rows.row(4) == other, "nobody holds them any more")
        #expect(rows.byteCount == bytes)
    }

    @Test func aSnapshotOutlivesItsRows() {
        var snapshot: PagedRowsSnapshot
        do {
            let rows = PagedRows(rowBytes: 16)
            for row in 0..<5000 { write(UInt64(row), to: rows.mutableRow(rows.append()), 16) }
            snapshot = rows.snapshot()
        }
        #expect(all(snapshot) == (0..<5000).map(UInt64.init))
    }

    @Test(arguments: [1, 15, 16, 17, 32, 100])
    func embeddingRowsAreAlignedPaddedAndDrawnFromTheId(dimension: Int) {
        let table = EmbeddingTable(dimension: dimension, scalarCount: 2)
        #expect(table.paddedDimension % 16 == 0 && table.paddedDimension - dimension < 16)
        for row in 0..<100 as Range<UInt32> {
            #expect(table.rows.append() == row)
            // Leftovers of the row's last owner.
            for at in 0..<table.paddedDimension + 2 { table.mutableVector(row)[at] = 9 }
            table.initialize(row, id: Int64(row) + 7, seed: 3, scale: 0.5)
            #expect(Int(bitPattern: table.vector(row)) % 64 == 0)
        }
        let vector = { (row: UInt32) in (0..<dimension).map { table.vector(row)[$0] } }
        #expect(Set((0..<100).map(vector)).count == 100, "every id has its own vector")
        for row in 0..<100 as Range<UInt32> {
            #expect(vector(row).allSatisfy { $0 >= -0.5 && $0 < 0.5 })
            #expect((dimension..<table.paddedDimension).allSatisfy { table.vector(row)[$0] == 0 })
            #expect(table.scalar(row, 0) == 0 && table.scalar(row, 1) == 0)
        }
        let known = vector(4)
        table.initialize(90, id: 11, seed: 3, scale: 0.5)
        #expect(vector(90) == known, "the id decides, not the row")
        table.initialize(90, id: 11, seed: 4, scale: 0.5)
        #expect(vector(90) != known)
    }

    /// The word at the front and its complement at the back, so that a row that lies over another is seen.
    private func write(_ word: UInt64, to row: UnsafeMutableRawPointer, _ rowBytes: Int) {
        if rowBytes > 8 {
            row.storeBytes(of: UInt8(truncatingIfNeeded: word), toByteOffset: rowBytes - 1, as: UInt8.self)
        }
        row.storeBytes(of: word, as: UInt64.self)
    }

    private func read(_ row: UnsafeRawPointer, _ rowBytes: Int) -> UInt64? {
        let word = row.loadUnaligned(as: UInt64.self)
        let last = row.load(fromByteOffset: rowBytes - 1, as: UInt8.self)
        return rowBytes > 8 && last != UInt8(truncatingIfNeeded: word) ? nil : word
    }

    private func all(_ snapshot: PagedRowsSnapshot) -> [UInt64?] {
        (0..<snapshot.count).map { read(snapshot.row($0), snapshot.rowBytes) }
    }
}
