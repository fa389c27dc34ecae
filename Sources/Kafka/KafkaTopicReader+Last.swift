extension KafkaTopicReader {
    /// Where to begin to get the newest `count` records of each partition.
    ///
    /// Transaction markers and what was given up take offsets too, so the records are counted, over a span that grows
    /// until there are enough.
    public static func start(
        ofLast count: Int64, _ configuration: KafkaConfiguration, topic: String
    ) throws -> Start {
        var span = count
        while true {
            let reader = try KafkaTopicReader(configuration, topic: topic, from: .last(span))
            let begins = reader.positions
            var offsets: [Int32: [Int64]] = [:]
            try reader.readToEnd { offsets[$0.partition, default: []].append($0.offset) }
            var starts: [Int32: Int64] = [:]
            var isShort = false
            for (number, begin) in begins.enumerated() {
                let found = offsets[Int32(number)] ?? []
                if found.count < count, begin > reader.beginnings[number] { isShort = true }
                starts[Int32(number)] = found.suffix(Int(clamping: count)).first ?? reader.ends[number]
            }
            if !isShort { return .offsets(starts) }
            span = span.multipliedReportingOverflow(by: 4).overflow ? .max / 2 : span * 4
        }
    }
}
