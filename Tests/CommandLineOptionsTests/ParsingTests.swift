import Testing

@testable import CommandLineOptions

@Suite struct ParsingTests {
    @Test func findsTheCommandAndItsValues() throws {
        let serve = try SampleProgram.run("serve --brokers a:1,b:2 --top-k=7 --commit-interval 100ms --rate 2.5")
        #expect(serve.command == ["serve"])
        #expect(try serve.string("brokers") == "a:1,b:2")
        #expect(try serve.int("top-k") == 7)
        #expect(try serve.duration("commit-interval") == .fixed(.milliseconds(100)))
        #expect(try serve.double("rate") == 2.5)
        #expect(try serve.string("delivery") == "exactly-once")
        #expect(serve.string(ifSet: "state-dir") == nil)
        #expect(serve.isSet("top-k") && !serve.isSet("delivery") && !serve.isSet("state-dir"))
        #expect(serve.warnings.isEmpty)

        let create = try SampleProgram.run("topics create --brokers a:1 --execute --skip x --skip y,z")
        #expect(create.command == ["topics", "create"])
        #expect(create.flag("execute"))
        #expect(create.list("skip") == ["x", "y,z"])
        #expect(try create.int("partitions") == 6)
    }

    @Test func optionsOfAnUpperCommandMayStandAnywhere() throws {
        for line in [
            "--output json topics create --brokers a:1", "topics --output json create --brokers a:1",
            "topics create --brokers a:1 --output=json --",
        ] {
            #expect(try SampleProgram.run(line).string("output") == "json")
        }
    }

    @Test func aValueMayBeginWithAHyphenOrHoldAnEqualsSign() throws {
        #expect(try SampleProgram.run("serve --brokers -x").string("brokers") == "-x")
        #expect(try SampleProgram.run("serve --brokers=--top-k").string("brokers") == "--top-k")
        #expect(try SampleProgram.run("serve --brokers=a=b").string("brokers") == "a=b")
        #expect(try !SampleProgram.run("topics create --brokers a --execute=false").flag("execute"))
    }

    @Test func flagsBeatEnvironmentBeatsFileBeatsDefault() throws {
        let files = ["f.properties": "top.k = 3 \noutput: json\n"]
        let environment = ["MARQUEE_TOP_K": "4", "MARQUEE_BROKERS": "e:1", "MARQUEE_CONFIG": "f.properties"]
        let all = try SampleProgram.run("serve --top-k 5", environment: environment, files: files)
        #expect(try all.int("top-k") == 5)
        #expect(try all.string("brokers") == "e:1")
        #expect(try all.string("output") == "json")

        let noFlag = try SampleProgram.run("serve", environment: environment, files: files)
        #expect(try noFlag.int("top-k") == 4)
        #expect(noFlag.origin(of: "top-k") == .environment(variable: "MARQUEE_TOP_K"))

        let fileOnly = try SampleProgram.run("serve --brokers a --config f.properties", files: files)
        #expect(try fileOnly.int("top-k") == 3)
        #expect(fileOnly.origin(of: "top-k")?.description == "f.properties:1: top.k")

        let nothing = try SampleProgram.run("serve --brokers a")
        #expect(try nothing.int("top-k") == 20)
        #expect(nothing.origin(of: "top-k") == .standard(flag: "--top-k"))
    }

    @Test func anEmptyVariableIsNotSet() throws {
        #expect(try SampleProgram.run("serve --brokers a", environment: ["MARQUEE_TOP_K": ""]).int("top-k") == 20)
    }

    @Test func propertiesAreMergedByKey() throws {
        let serve = try SampleProgram.run(
            "serve --brokers a --kafka sasl.username=flag --kafka x=1=2 --kafka x=3 --config /etc/m.properties",
            environment: [
                "MARQUEE_KAFKA_SASL_USERNAME": "environment", "MARQUEE_KAFKA_SASL_PASSWORD": "s3cret",
                "MARQUEE_KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
            ],
            files: ["/etc/m.properties": "kafka.sasl.mechanism=PLAIN\nkafka.security.protocol=PLAINTEXT\n"])
        let properties = serve.properties("kafka")
        #expect(
            properties.map(\.key) == ["sasl.mechanism", "sasl.password", "sasl.username", "security.protocol", "x"])
        #expect(properties.map(\.value) == ["PLAIN", "s3cret", "flag", "SASL_SSL", "3"])
        #expect(properties[0].origin.description == "m.properties:1: kafka.sasl.mechanism")
        #expect(serve.list("kafka").first == "sasl.mechanism=PLAIN")
    }

    @Test func aRepeatableOptionsValuesAreSeparatedByCommasElsewhere() throws {
        let variable = ["MARQUEE_SKIP": "a, b"]
        #expect(try SampleProgram.run("topics create --brokers a", environment: variable).list("skip") == ["a", "b"])
        #expect(
            try SampleProgram.run("topics create --brokers a --skip c", environment: variable).list("skip") == ["c"])
    }

    @Test func oneFileServesSeveralCommands() throws {
        let files = ["f": "top.k=many\npartitions=3\nbrokers=b:1\nexecute=yes\n"]
        let create = try SampleProgram.run("topics create --config f", files: files)
        #expect(try create.int("partitions") == 3)
        #expect(create.flag("execute"))
    }

    @Test func secretsAreShownNowhere() throws {
        let serve = try SampleProgram.run(
            "serve --brokers a --token t0p --kafka sasl.password=s3cret --kafka ssl.ca.location=/ca")
        let shown = serve.settings.map { "\($0.name)=\($0.value)" }
        #expect(shown.contains("token=(hidden)"))
        #expect(shown.contains("kafka.sasl.password=(hidden)"))
        #expect(shown.contains("kafka.ssl.ca.location=/ca"))
        #expect(shown.contains("top-k=20"))
        #expect(try serve.string("token") == "t0p")
        #expect(SampleProgram.root.helpTexts.allSatisfy { !$0.contains("hunter2") })
        #expect(!serve.error("token", expected: "letters").message.contains("t0p"))
    }

    @Test func aVariableThatIsNearlyKnownIsWarnedOf() throws {
        let serve = try SampleProgram.run(
            "serve --brokers a",
            environment: ["MARQUEE_BROKER": "x", "MARQUEE_TEST_DATA": "y", "MARQUEE_PARTITIONS": "2", "BROKERS": "z"])
        #expect(
            serve.warnings
                == ["the environment variable MARQUEE_BROKER is not used: did you mean 'MARQUEE_BROKERS'?"])
    }

    @Test(
        arguments: [
            ("0ms", 0), ("100ms", 100), ("2s", 2000), ("5m", 300_000), ("6h", 21_600_000), ("30d", 2_592_000_000),
        ] as [(String, Int64)])
    func durations(text: String, milliseconds: Int64) {
        #expect(DurationSetting(text)?.milliseconds == milliseconds)
        #expect(DurationSetting(text)?.duration == .milliseconds(milliseconds))
    }

    @Test(arguments: ["", "5", "ms", "-1s", "1.5s", "1 s", "2S", "1w", "99999999999999999d", "٣s"])
    func noDurations(text: String) {
        #expect(DurationSetting(text) == nil)
    }

    @Test func autoIsADuration() {
        #expect(DurationSetting("auto") == .auto)
        #expect(DurationSetting.auto.duration == nil)
    }
}
