/// The exchange format of index benchmarks, little-endian without padding between the parts.
///
/// - A header of 64 bytes: `VIB1`; as u32 the version 1, n, d, nq, k, the places of a list of seen ids, how many of them
///   the filtered part uses, the cycles, and the upserts, inserts and queries of each; as u64 the seed; zeros.
/// - `f32 base[n][d]`, vectors by id; `f32 queries[nq][d]`; `i32 excl[nq][excl_len]`, ids that each query's user has seen.
/// - `i32 gt[nq][k]`, `f32 gt_s[nq][k]`, the exact answers, best first; `gtf`, `gtf_s`, the same without the first seen.
/// - The mixed workload: `i32 up_ids[cycles][upserts]`, distinct in a cycle; `f32 up_vec[cycles][upserts][d]`;
///   `f32 new_vec[cycles][inserts][d]`, whose ids go on after n; `i32 mq_idx[cycles][queries]`, which query;
///   `i32 mq_len[cycles][queries]`, how many of its seen ids are excluded; `i32 mgt`, `f32 mgt_s`
///   `[cycles][queries][k]`, the exact answers after the cycle's writes.
/// - Where items have offsets, a part of this product's own, which other readers do not look at: `OFF1`,
///   `f32 base[n]`, `f32 up[cycles][upserts]`, `f32 new[cycles][inserts]`. A score is then inner product + offset, and all
///   answers are by that.
///
/// An answer with fewer than k ids left is filled up with the id -1 and the score -1e9.
enum VIB1 {
    static let magic = "VIB1"
    static let offsetsMagic = "OFF1"
    static let version = 1
    static let headerBytes = 64
    static let answers = 10
    static let seenPlaces = 500
    static let seenUsed = 200
    static let cycles = 100
    static let upserts = 256
    static let inserts = 2
    static let queriesInCycle = 64
    static let seed: UInt64 = 20231

    /// Below this many, a filtered answer could not be whole.
    static let itemsMin = answers + seenUsed
    /// As many users as are asked for at most: each takes 2 KB and two searches.
    static let queriesMax = 8192

    static let noID: Int32 = -1
    static let noScore: Float = -1e9

    static func header(items: Int, dimension: Int, queries: Int, cycles: Int) -> [UInt8] {
        let counts = [
            version, items, dimension, queries, answers, seenPlaces, seenUsed, cycles, upserts, inserts,
            queriesInCycle,
        ]
        var bytes = Array(magic.utf8)
        for count in counts { bytes += littleEndian(UInt32(count)) }
        bytes += littleEndian(seed)
        return bytes + [UInt8](repeating: 0, count: headerBytes - bytes.count)
    }

    private static func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }
}
