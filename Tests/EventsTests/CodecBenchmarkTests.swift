import Events
import Testing

struct CodecBenchmarkTests {
    @Test func figuresAreThere() throws {
        let figures = try CodecBenchmark(documents: 2_000, itemsPerList: 20, rounds: 2).run()
        #expect(figures.documents == 2_000)
        #expect(figures.documentBytes > 2_000 * 70)
        #expect(figures.listBytes > 1_000)
        #expect(figures.decodedEventsPerSecond > 0 && figures.decodedEventsPerSecond.isFinite)
        #expect(figures.copiedBytesPerSecond > figures.decodedBytesPerSecond)
        #expect(figures.writtenEventsPerSecond > 0 && figures.encodedListsPerSecond > 0)
    }
}
