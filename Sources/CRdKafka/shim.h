#pragma once
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>

// Swift imports neither variadic functions nor casting macros, so each is wrapped here once.

/// Enqueues one record. `partition` RD_KAFKA_PARTITION_UA lets the partitioner choose; a null `key` or `value` is a
/// Kafka null; key and value are copied. `timestamp_ms` 0 means now. When this succeeds the producer owns `headers`
/// (which may be null); when it fails the caller still does.
static inline rd_kafka_resp_err_t marquee_produce(
    rd_kafka_t *client, rd_kafka_topic_t *topic, int32_t partition, const void *key, size_t key_size,
    const void *value, size_t value_size, rd_kafka_headers_t *headers, int64_t timestamp_ms, uint64_t opaque) {
    if (headers)
        return rd_kafka_producev(
            client, RD_KAFKA_V_RKT(topic), RD_KAFKA_V_PARTITION(partition), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
            RD_KAFKA_V_KEY(key, key_size), RD_KAFKA_V_VALUE((void *)value, value_size), RD_KAFKA_V_HEADERS(headers),
            RD_KAFKA_V_TIMESTAMP(timestamp_ms), RD_KAFKA_V_OPAQUE((void *)(uintptr_t)opaque), RD_KAFKA_V_END);
    return rd_kafka_producev(
        client, RD_KAFKA_V_RKT(topic), RD_KAFKA_V_PARTITION(partition), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_KEY(key, key_size), RD_KAFKA_V_VALUE((void *)value, value_size),
        RD_KAFKA_V_TIMESTAMP(timestamp_ms), RD_KAFKA_V_OPAQUE((void *)(uintptr_t)opaque), RD_KAFKA_V_END);
}

/// The opaque number that `marquee_produce` was given.
static inline uint64_t marquee_message_opaque(const rd_kafka_message_t *message) {
    return (uint64_t)(uintptr_t)message->_private;
}

/// librdkafka's own table of all properties as text; free it with `free`. Null when memory is short.
static inline char *marquee_properties_table(void) {
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    if (!stream) return NULL;
    rd_kafka_conf_properties_show(stream);
    fclose(stream);
    return text;
}

// Values that are macros with casts, or enumerators that differ in type from the fields they are compared with.
enum { MARQUEE_PARTITION_UNASSIGNED = -1 };

static inline int32_t marquee_code(rd_kafka_resp_err_t error) { return (int32_t)error; }
static inline rd_kafka_resp_err_t marquee_error(int32_t code) { return (rd_kafka_resp_err_t)code; }

/// An eventfd that never blocks, or -1.
static inline int marquee_eventfd(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }

/// Makes every broker thread of the client look again at what it may fetch. librdkafka has no call for that alone;
/// setting the credentials, here to what they are, does it as a side effect. Returns 0 where it cannot be done.
static inline int marquee_wake_brokers(rd_kafka_t *client, const char *username, const char *password) {
#if RD_KAFKA_VERSION >= 0x020000ff
    rd_kafka_error_t *error = rd_kafka_sasl_set_credentials(client, username, password);
    if (!error) return 1;
    rd_kafka_error_destroy(error);
#else
    (void)client, (void)username, (void)password;
#endif
    return 0;
}
