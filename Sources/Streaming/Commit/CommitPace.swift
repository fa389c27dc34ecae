/// How long a commit waits for more ratings before its lists are made.
///
/// A lone rating is answered at once. Under load the wait grows with the lists that are due, so that making lists takes
/// no more than a fifth of the time and ratings of one user share one. Pacing alone: nothing of it enters the state.
public struct CommitPace: Sendable {
    /// Time between two seals, as a multiple of what the lists between them cost.
    private static let spacing: UInt64 = 4
    private static let waitNanosecondsMax: UInt64 = 50_000_000
    /// A wait shorter than this is none: sleeping takes longer.
    private static let negligibleNanoseconds: UInt64 = 150_000

    private var listNanoseconds: UInt64 = 12_000
    /// Of late a list has answered so many records.
    private var recordsPerList = 1.0
    private static let recordsPerListMax = 64.0
    private var lastSealNanoseconds: UInt64 = 0

    public init() {}

    /// How long to wait, in whole milliseconds; 0 = seal now.
    public func waitMilliseconds(lists: Int, now: UInt64) -> Int32 {
        let wanted = min(UInt64(lists) * listNanoseconds * Self.spacing, Self.waitNanosecondsMax)
        let age = now &- lastSealNanoseconds
        if age + Self.negligibleNanoseconds >= wanted { return 0 }
        return Int32((wanted - age + 999_999) / 1_000_000)
    }

    /// What so many lists will cost, by what they did of late.
    public func nanoseconds(lists: Int) -> UInt64 { UInt64(lists) * listNanoseconds }

    /// How many records may be taken before their lists take this time.
    public func records(in nanoseconds: UInt64) -> Int { Int(Double(lists(in: nanoseconds)) * recordsPerList) }

    /// How many lists can be made in this time, by what they cost of late.
    public func lists(in nanoseconds: UInt64) -> Int { Int(nanoseconds / max(1, listNanoseconds)) }

    /// A commit was sealed; what its lists cost is averaged in, an eighth at a time.
    public mutating func sealed(lists: Int, records: Int, began: UInt64, ended: UInt64) {
        lastSealNanoseconds = ended
        if lists == 0 { return }
        let share = min(max(1, Double(records) / Double(lists)), Self.recordsPerListMax)
        recordsPerList += (share - recordsPerList) / 8
        let cost = min((ended &- began) / UInt64(lists), 200_000)
        listNanoseconds = (listNanoseconds * 7 + cost) / 8
    }
}
