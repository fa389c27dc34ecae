import Kafka
import Testing

struct ConfigurationTests {
    @Test
    func `An unknown property is refused with the nearest name`() {
        #expect(throws: KafkaConfigurationError.unknownProperty(name: "sasl.mechansm", suggestion: "sasl.mechanism")) {
            try KafkaConfiguration(bootstrapServers: "a:1", properties: ["sasl.mechansm": "PLAIN"])
        }
        #expect(throws: KafkaConfigurationError.unknownProperty(name: "completely.different", suggestion: nil)) {
            try KafkaConfiguration(bootstrapServers: "a:1", properties: ["completely.different": "1"])
        }
        let error = KafkaConfigurationError.unknownProperty(name: "fetch.min.byte", suggestion: "fetch.min.bytes")
        #expect(
            error.description == "librdkafka has no property 'fetch.min.byte'; did you mean 'fetch.min.bytes'?")
    }

    @Test
    func `A bad value is told, and never a secret one`() throws {
        let error = #expect(throws: KafkaConfigurationError.self) {
            try KafkaConfiguration(bootstrapServers: "a:1", properties: ["compression.type": "brotli"])
        }
        let text = try #require(error).description
        #expect(text.contains("compression.type") && text.contains("brotli"))
        let secret = #expect(throws: KafkaConfigurationError.self) {
            try KafkaConfiguration(
                bootstrapServers: "a:1",
                properties: ["sasl.oauthbearer.client.secret": "hunter2", "sasl.pasword": "hunter2"])
        }
        #expect(secret?.description.contains("hunter2") == false)
    }

    @Test
    func `What the adapters rely on cannot be changed`() {
        for name in ["enable.auto.commit", "enable.partition.eof", "group.id", "auto.offset.reset"] {
            #expect(throws: KafkaConfigurationError.reserved(name: name)) {
                try KafkaConfiguration(bootstrapServers: "a:1", properties: [name: "true"])
            }
        }
    }

    @Test
    func `Properties pass through, topic-level ones too`() throws {
        _ = try KafkaConfiguration(
            bootstrapServers: "a:1",
            properties: ["compression.type": "lz4", "linger.ms": "3", "request.timeout.ms": "5000"])
    }

    @Test(arguments: [
        (-195, KafkaReaction.retry), (7, .retry), (6, .retry), (-192, .abort), (10, .abort), (-150, .fatal),
        (3, .fatal),
        (29, .fatal), (47, .fatal),
    ])
    func `An error's number decides the reaction`(code: Int, reaction: KafkaReaction) {
        #expect(KafkaFailure(code: Int32(code), operation: "test").reaction == reaction)
    }

    @Test
    func `A failure reads as one sentence`() {
        let failure = KafkaFailure(code: 3, operation: "read movies[0]")
        #expect(failure.name == "UNKNOWN_TOPIC_OR_PART")
        #expect(failure.description.hasPrefix("Could not read movies[0]: "))
        #expect(failure.description.hasSuffix(" (UNKNOWN_TOPIC_OR_PART)."))
    }
}
