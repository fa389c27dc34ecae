// swift-tools-version: 6.2
import PackageDescription

// No package from outside: the toolchain's own modules, and Debian's C libraries behind small shim targets.

let swiftSettings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .treatAllWarnings(as: .error),
]

let cSettings: [CSetting] = [
    .treatAllWarnings(as: .error),
    .enableWarning("all"),
    .enableWarning("extra"),
    .define("NDEBUG", .when(configuration: .release)),
]

func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: swiftSettings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: swiftSettings)
}

let package = Package(
    name: "marquee",
    products: [
        .executable(name: "marquee", targets: ["marquee"]),
        .library(name: "MarqueeEvents", targets: ["Events"]),
    ],
    targets: [
        // Imports point only upward in this list.
        .systemLibrary(name: "CRdKafka", pkgConfig: "rdkafka", providers: [.apt(["librdkafka-dev"])]),
        .systemLibrary(name: "CXXHash", pkgConfig: "libxxhash", providers: [.apt(["libxxhash-dev"])]),
        .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
        .target(name: "CSignalMask", cSettings: cSettings),
        .target(name: "CVectorKernels", cSettings: cSettings),
        module("Events"),
        module("MovieLens", ["Events"]),
        module("VectorIndex", ["CVectorKernels"]),
        module("Learning", ["CVectorKernels", "CCrypto", "CXXHash", "Events", "MovieLens"]),
        module("Training", ["COpenBLAS", "CVectorKernels", "Events", "Learning", "MovieLens"]),
        module("Recommending", ["CVectorKernels", "Events", "Learning", "VectorIndex"]),
        module("Streaming", ["CCrypto", "CXXHash", "Events", "Learning", "Recommending"]),
        module("Kafka", ["CRdKafka", "Events", "Streaming"]),
        module("CommandLineOptions"),
        .executableTarget(
            name: "marquee",
            dependencies: [
                "CSignalMask", "CommandLineOptions", "Events", "Kafka", "Learning", "MovieLens", "Recommending",
                "Streaming", "Training", "VectorIndex",
            ],
            swiftSettings: swiftSettings
        ),

        .target(name: "CMallocCounter", path: "Tests/CMallocCounter", cSettings: cSettings),
        tests("EventsTests", ["Events", "CMallocCounter"]),
        tests("MovieLensTests", ["MovieLens"]),
        .target(
            name: "CKernelTwins", dependencies: ["CVectorKernels"], path: "Tests/CKernelTwins", exclude: ["main.c"],
            cSettings: cSettings),
        tests("VectorIndexTests", ["VectorIndex", "CVectorKernels", "CKernelTwins", "CMallocCounter"]),
        .target(
            name: "FusionTestSupport", dependencies: ["Learning", "Events", "MovieLens"],
            path: "Tests/FusionTestSupport", swiftSettings: swiftSettings),
        tests(
            "LearningTests",
            ["Learning", "Events", "MovieLens", "CVectorKernels", "CMallocCounter", "FusionTestSupport"]),
        tests("TrainingTests", ["Training", "Learning", "Events", "MovieLens", "FusionTestSupport"]),
        tests("RecommendingTests", ["Recommending", "Events", "Learning", "MovieLens", "VectorIndex"]),
        // Tests read what is recorded from beside their sources.
        tests(
            "StreamingTests", ["Streaming", "MovieLens", "VectorIndex", "CVectorKernels", "CMallocCounter"],
            exclude: ["Recorded"]),
        .target(name: "ProcessTestSupport", path: "Tests/ProcessTestSupport", swiftSettings: swiftSettings),
        .target(
            name: "KafkaTestSupport", dependencies: ["Kafka", "ProcessTestSupport"], path: "Tests/KafkaTestSupport",
            swiftSettings: swiftSettings),
        tests(
            "KafkaTests",
            ["CRdKafka", "Kafka", "KafkaTestSupport", "ProcessTestSupport", "Events", "Streaming", "CMallocCounter"]),
        tests("CommandLineOptionsTests", ["CommandLineOptions"]),
        tests(
            "MarqueeTests",
            [
                "marquee", "CommandLineOptions", "Events", "FusionTestSupport", "Kafka", "KafkaTestSupport", "Learning",
                "MovieLens", "ProcessTestSupport", "Recommending", "Streaming", "Training",
            ]),
        tests(
            "DestructionTests",
            ["marquee", "Events", "Kafka", "KafkaTestSupport", "MovieLens", "ProcessTestSupport", "Streaming"]),
    ],
    cLanguageStandard: .gnu17
)
