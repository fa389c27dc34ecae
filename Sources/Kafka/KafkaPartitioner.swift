import CRdKafka

/// Which partition a key lands on: murmur2, as the Java client hashes it.
public enum KafkaPartitioner {
    /// - Parameters:
    ///   - key: not null; a null key lands anywhere.
    ///   - count: number of partitions.
    public static func partition(of key: UnsafeRawBufferPointer, count: Int) -> Int {
        Int(rd_kafka_msg_partitioner_murmur2(nil, key.baseAddress, key.count, Int32(count), nil, nil))
    }
}
