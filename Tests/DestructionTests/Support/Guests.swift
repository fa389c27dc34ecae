import Foundation

/// Users beside the data set's, whose ratings can be told apart byte by byte: some are forgotten while everything else
/// goes wrong.
enum Guests {
    static let count = 24
    static let base: Int64 = 0x1B5E_C0DE_7A00_0000

    static func id(_ number: Int) -> Int64 { base + Int64(number) }

    static func isGuest(_ user: Int64) -> Bool { user >= base && user < base + Int64(count) }

    /// Those that stay forgotten: every third. Every third other one rates again, the rest are never forgotten.
    static func staysForgotten(_ number: Int) -> Bool { number % 3 == 0 }
    static func comesBack(_ number: Int) -> Bool { number % 3 == 1 }

    /// The time of a guest's rating, one that no other record has: the milliseconds are odd.
    static func eventTimeMilliseconds(_ serial: Int) -> Int64 { 1_200_000_000_777 + Int64(serial) * 1000 }
}
