import CXXHash

/// The name by which the group knows an instance again after a restart.
public enum InstanceIdentity {
    /// A hash of host name and absolute state directory: the same when the directory was wiped, another for two
    /// instances on one host.
    public static func name(host: String, stateDirectory: String) -> String {
        let text = Array("\(host)\u{0}\(stateDirectory)".utf8)
        let hash = text.withUnsafeBytes { XXH3_64bits($0.baseAddress, $0.count) }
        let digits = String(hash, radix: 16)
        return "marquee-" + String(repeating: "0", count: 16 - digits.count) + digits
    }
}
