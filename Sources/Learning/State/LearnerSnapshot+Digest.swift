import CCrypto

extension LearnerSnapshot {
    public enum DigestFailure: Error {
        /// libcrypto has no SHA-256, or no memory.
        case unavailable
    }

    /// SHA-256 of the canonical bytes of the learnt state, in hexadecimal: vectors, optimizers, ratings, profiles,
    /// catalogue and counters, but not the lists' sequences.
    public func digest() throws -> String {
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
        var hash = [UInt8](repeating: 0, count: 32)
        guard EVP_DigestFinal_ex(context, &hash, nil) == 1 else { throw DigestFailure.unavailable }
        let digits = Array("0123456789abcdef")
        return String(hash.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }
}
