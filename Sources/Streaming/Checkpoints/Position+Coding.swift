import Events
import Learning
import Recommending

extension Position {
    func write(to writer: inout StateWriter) throws {
        try writer.write(epoch)
        try writer.write(chain.high)
        try writer.write(chain.low)
        try writer.write(UInt8(isCatalogueComplete ? 1 : 0))
        try Self.write(inputs, to: &writer)
        try Self.write(silentEnds, to: &writer)
        try writer.write(UInt64(fanOuts.count))
        for fanOut in fanOuts {
            try writer.write(fanOut.kind.rawValue)
            try writer.write(fanOut.movie)
            try writer.write(fanOut.movieID)
            try writer.write(fanOut.nextUser)
            try writer.write(fanOut.partition)
            try writer.write(fanOut.offset)
            try writer.write(fanOut.eventTime)
        }
    }

    init(from reader: inout StateReader) throws {
        self.init()
        epoch = try reader.read()
        chain = Chain(high: try reader.read(), low: try reader.read())
        isCatalogueComplete = try reader.read(UInt8.self) != 0
        inputs = try Self.readOffsets(from: &reader)
        silentEnds = try Self.readOffsets(from: &reader)
        for _ in 0..<(try reader.readCount(elementBytes: 33)) {
            guard let kind = FanOut.Kind(rawValue: try reader.read()) else {
                throw StateReader.Failure.impossible("kind of fan-out", offset: reader.offset)
            }
            let movie: UInt32 = try reader.read()
            let movieID: Int64 = try reader.read()
            let nextUser: UInt32 = try reader.read()
            let partition: Int32 = try reader.read()
            let offset: Int64 = try reader.read()
            fanOuts.append(
                FanOut(
                    kind: kind, movie: movie, movieID: movieID, nextUser: nextUser, partition: partition,
                    offset: offset, eventTime: try reader.read()))
        }
    }

    private static func write(_ offsets: [InputPartition: Int64], to writer: inout StateWriter) throws {
        try writer.write(UInt64(offsets.count))
        for (partition, offset) in offsets.sorted(by: { $0.key < $1.key }) {
            try writer.write(partition.topic.rawValue)
            try writer.write(partition.partition)
            try writer.write(offset)
        }
    }

    private static func readOffsets(from reader: inout StateReader) throws -> [InputPartition: Int64] {
        var offsets: [InputPartition: Int64] = [:]
        for _ in 0..<(try reader.readCount(elementBytes: 13)) {
            guard let topic = InputTopic(rawValue: try reader.read()) else {
                throw StateReader.Failure.impossible("input topic", offset: reader.offset)
            }
            let partition = InputPartition(topic, try reader.read())
            offsets[partition] = try reader.read()
        }
        return offsets
    }
}
