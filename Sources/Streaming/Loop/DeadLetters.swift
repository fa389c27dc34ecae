import Events

/// Puts a record that can't be used into a chunk: its own key, value and headers, and text headers that say where it
/// came from and what is wrong with it.
enum DeadLetters {
    static func append(
        _ record: RawRecord, _ rejection: Rejection, topicName: String, originalHeaders: [RecordHeader],
        to chunk: OutputChunk
    ) {
        let bytes = chunk.bytes
        let keyStart = bytes.count
        bytes.append(record.key)
        let valueStart = bytes.count
        let isCut = record.value.count > StreamLimits.deadLetterValueBytesMax
        bytes.append(
            isCut
                ? UnsafeRawBufferPointer(rebasing: record.value[..<StreamLimits.deadLetterValueBytesMax])
                : record.value)

        var headers = originalHeaders
        func add(_ name: String, _ value: String) { headers.append(RecordHeader(name: name, value: Array(value.utf8))) }
        add("dlq.topic", topicName)
        add("dlq.partition", String(record.partition))
        add("dlq.offset", String(record.offset))
        add("dlq.error.code", rejection.code.rawValue)
        add("dlq.error.field", rejection.field)
        add("dlq.error.message", rejection.message)
        if isCut { add("dlq.value.cut", "\(record.value.count) bytes") }

        chunk.records.append(
            OutputChunk.Record(
                kind: .deadLetter, keyStart: keyStart,
                keyCount: record.key.baseAddress == nil ? -1 : valueStart - keyStart, valueStart: valueStart,
                valueCount: record.value.baseAddress == nil ? -1 : bytes.count - valueStart,
                headers: chunk.headers.count))
        chunk.headers.append(headers)
    }
}
