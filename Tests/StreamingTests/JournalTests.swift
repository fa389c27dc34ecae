import Events
import Learning
import Recommending
import Testing

@testable import Streaming

@Suite struct JournalTests {
    private func record(epoch: Int64 = 3) -> (bytes: [UInt8], chain: Chain) {
        let encoder = JournalEncoder()
        let batch = RecordBatch(capacity: 4)
        batch.segments = [
            RecordBatch.Segment(partition: InputPartition(.movies, 0), start: 0, count: 2, nextOffset: 300),
            RecordBatch.Segment(partition: InputPartition(.ratings, 5), start: 2, count: 0, nextOffset: 1 << 40),
        ]
        encoder.note(batch)
        let ids: [Int64] = [5, 3, .max, 1]
        encoder.note(userID: .max, lastScore: -0.25, count: 4) { ids[$0] }
        encoder.note(userID: 1, lastScore: 0, count: 0) { _ in 0 }
        let buffer = ByteBuffer()
        let chain = encoder.finish(
            epoch: epoch, previousChain: Chain(high: 1, low: 2), isCatalogueComplete: true,
            fanOuts: [
                FanOut(
                    kind: .added, movie: .max, movieID: 9, nextUser: 70_000, partition: 0, offset: 12, eventTime: -5)
            ], into: buffer)
        return (Array(buffer.bytes), chain)
    }

    private func decode(_ bytes: [UInt8]) throws -> JournalRecord {
        try bytes.withUnsafeBytes { try JournalRecord(decoding: $0) }
    }

    @Test func aRecordComesBackAsItWas() throws {
        let (bytes, chain) = record()
        let decoded = try decode(bytes)
        #expect(decoded.kind == .commit)
        #expect(decoded.epoch == 3)
        #expect(decoded.previousChain == Chain(high: 1, low: 2))
        #expect(decoded.chain == chain)
        #expect(decoded.isCatalogueComplete)
        #expect(
            decoded.batches == [
                [
                    JournalRecord.Advance(partition: InputPartition(.movies, 0), nextOffset: 300, count: 2),
                    JournalRecord.Advance(partition: InputPartition(.ratings, 5), nextOffset: 1 << 40, count: 0),
                ]
            ])
        #expect(
            decoded.lists == [
                JournalRecord.PublishedList(userID: .max, movieIDs: [5, 3, .max, 1], lastScore: -0.25),
                JournalRecord.PublishedList(userID: 1, movieIDs: [], lastScore: 0),
            ])
        #expect(decoded.fanOuts.map(\.nextUser) == [70_000])
        #expect(decoded.fanOuts.map(\.eventTime) == [-5])
    }

    @Test func aRecordSaysOfACutAndNamesADigest() throws {
        let encoder = JournalEncoder()
        let buffer = ByteBuffer()
        let digest = EpochDigest(epoch: 41, digest: StateDigest(bytes: (0..<32).map { UInt8($0 * 7) }))
        for (isCut, named) in [(true, nil), (false, digest), (true, digest)] as [(Bool, EpochDigest?)] {
            _ = encoder.finish(
                epoch: 44, previousChain: .zero, isCatalogueComplete: false, fanOuts: [], isCut: isCut, digest: named,
                into: buffer)
            let decoded = try decode(Array(buffer.bytes))
            #expect(decoded.isCut == isCut)
            #expect(decoded.digest == named)
            #expect(!decoded.isCatalogueComplete)
        }
    }

    @Test func aStartRecordCarriesItsLineage() throws {
        let buffer = ByteBuffer()
        let lineage = Lineage(
            origin: .continued, numericsVersion: 300, settings: "a=1", reason: "records expired",
            inputs: [InputPartition(.movies, 0): 0, InputPartition(.ratings, 130): 1 << 40])
        let chain = JournalEncoder.start(epoch: 0, previousChain: .zero, lineage: lineage, into: buffer)
        let decoded = try decode(Array(buffer.bytes))
        #expect(decoded.kind == .start)
        #expect(decoded.lineage == lineage)
        #expect(decoded.chain == chain)
    }

    @Test func everyTruncationAndEveryFlippedBitIsDetected() {
        let start = ByteBuffer()
        _ = JournalEncoder.start(
            epoch: 9, previousChain: Chain(high: 1, low: 2),
            lineage: Lineage(
                origin: .continued, numericsVersion: 2, settings: "a=1", reason: "b",
                inputs: [InputPartition(.users, 1): 77]), into: start)
        detectsDamage(record().bytes)
        detectsDamage(Array(start.bytes))
    }

    private func detectsDamage(_ bytes: [UInt8]) {
        for length in 0..<bytes.count {
            #expect(throws: JournalFormatError.self, "length \(length)") { try decode(Array(bytes.prefix(length))) }
        }
        for at in bytes.indices {
            for bit in 0..<8 {
                var flipped = bytes
                flipped[at] ^= 1 << UInt8(bit)
                #expect(throws: JournalFormatError.self, "byte \(at), bit \(bit)") { try decode(flipped) }
            }
        }
    }

    @Test func theChainDependsOnTheRecordBefore() {
        let buffer = ByteBuffer()
        let lineage = Lineage(origin: .empty, numericsVersion: 1, settings: "", reason: "")
        let first = JournalEncoder.start(epoch: 0, previousChain: .zero, lineage: lineage, into: buffer)
        let second = JournalEncoder.start(
            epoch: 0, previousChain: Chain(high: 0, low: 1), lineage: lineage, into: buffer)
        #expect(first != second)
    }

    @Test func aListNeverTakesMoreThanItsBound() {
        var generator = SplitMix64(seed: 3)
        for movieIDMax in [1, 3952, 1 << 20, Int64.max] {
            let encoder = JournalEncoder()
            let before = encoder.byteCount
            encoder.note(userID: .max, lastScore: 1, count: 100) { _ in
                Int64(generator.next() % UInt64(movieIDMax)) + 1 - (movieIDMax == .max ? 1 : 0)
            }
            #expect(
                encoder.byteCount - before <= JournalEncoder.listBytesMax(length: 100, movieIDMax: movieIDMax))
        }
    }
}
