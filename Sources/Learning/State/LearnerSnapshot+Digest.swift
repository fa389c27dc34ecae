import CCrypto

/// SHA-256 of the canonical bytes of a learnt state.
public struct StateDigest: Sendable, Equatable, CustomStringConvertible {
    public static let byteCount = 32
    public let bytes: [UInt8]

    /// - Parameter bytes: 32 of them.
    public init(bytes: [UInt8]) {
        precondition(bytes.count == Self.byteCount)
        self.bytes = bytes
    }

    /// In hexadecimal.
    public var description: String {
        let digits = Array("0123456789abcdef")
        return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }
}

extension LearnerSnapshot {
    public enum DigestFailure: Error {
        /// libcrypto has no SHA-256, or no memory.
        case unavailable
    }

    /// The digest of the learnt state: vectors, optimizers, ratings, profiles, catalogue and counters, but not the
    /// lists' sequences.
    public func stateDigest() throws -> StateDigest {
        guard let context = EVP_MD_CTX_new() else { throw DigestFailure.unavailable }
        defer { EVP_MD_CTX_free(context) }
        guard EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else { throw DigestFailure.unavailable }
        var writer = StateWriter { bytes in
            guard EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1 else {
                throw DigestFailure.unavailable
            }
        }
        try write(to: &writer)
        try writer.flush()
        var hash = [UInt8](repeating: 0, count: StateDigest.byteCount)
        guard EVP_DigestFinal_ex(context, &hash, nil) == 1 else { throw DigestFailure.unavailable }
        return StateDigest(bytes: hash)
    }

    /// The digest in hexadecimal.
    public func digest() throws -> String { try stateDigest().description }
}
