import Learning
import Testing

/// Kinds of ids that break hash tables which look at some bits only.
enum IdentityKind: CaseIterable {
    case dense, random, highBitsOnly, largest
    /// Ids that all have a home in the first slots, or in the last ones, from where their run wraps around.
    case collidingFirst, collidingLast

    /// The inverse of the map's multiplier modulo 2^64, by Newton's iteration: it undoes the hash.
    private static let undo: UInt64 = {
        let multiplier: UInt64 = 0x9E37_79B9_7F4A_7C15
        var inverse = multiplier
        for _ in 0..<6 { inverse = inverse &* (2 &- multiplier &* inverse) }
        return inverse
    }()

    /// Id number `number` of the kind, positive and another one for each number.
    func id(_ number: Int) -> Int64 {
        switch self {
        case .dense: return Int64(number + 1)
        case .random: return Int64(bitPattern: SplitMix64.mix(UInt64(number + 1)) >> 1) | 1
        case .highBitsOnly: return Int64(number + 1) << 40
        case .largest: return Int64.max - Int64(number)
        case .collidingFirst: return Self.colliding(number, base: 0, step: 1)
        case .collidingLast: return Self.colliding(number, base: .max, step: .max)
        }
    }

    private static func colliding(_ number: Int, base: UInt64, step: UInt64) -> Int64 {
        // Every other hash or so belongs to a negative id; of each eight one is taken that does not.
        for candidate in 0..<64 as Range<UInt64> {
            let hash = base &+ step &* (UInt64(number) * 64 + candidate + 1)
            let id = Int64(bitPattern: hash &* undo)
            if id > 0 { return id }
        }
        return Int64.max
    }
}

struct IdentityMapTests {
    @Test(arguments: IdentityKind.allCases, 1...4 as ClosedRange<UInt64>)
    func behavesLikeADictionary(kind: IdentityKind, seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let map = IdentityMap(capacity: 4)
        var twin: [Int64: UInt32] = [:]
        let ids = (0..<300).map(kind.id)
        #expect(Set(ids).count == 300 && ids.allSatisfy { $0 > 0 })
        // It swings between nearly empty and nearly full, so that runs grow, are torn and close up again.
        for step in 0..<6000 {
            let id = ids[Int.random(in: 0..<300, using: &random)]
            let isFilling = step / 1000 % 2 == 0
            if twin[id] == nil, isFilling || random.oneIn(4) {
                map.insert(id, row: UInt32(step))
                twin[id] = UInt32(step)
            } else if !isFilling || random.oneIn(4) {
                map.remove(id)
                twin[id] = nil
            }
            #expect(map.row(of: id) == twin[id] ?? IdentityMap.none, "\(kind), seed \(seed), step \(step)")
            if step % 100 == 0 {
                #expect(map.count == twin.count)
                for id in ids { #expect(map.row(of: id) == twin[id] ?? IdentityMap.none, "\(kind), seed \(seed)") }
            }
        }
    }

    /// Far more ids than the table was made for; quadratic probing time would take minutes.
    @Test(.timeLimit(.minutes(1)), arguments: [IdentityKind.dense, .random, .highBitsOnly, .largest])
    func growsWithoutLosingAnId(kind: IdentityKind) {
        let map = IdentityMap()
        let count = 400_000
        for number in 0..<count { map.insert(kind.id(number), row: UInt32(number)) }
        #expect(map.count == count)
        var wrong = 0
        for number in 0..<count where map.row(of: kind.id(number)) != UInt32(number) { wrong += 1 }
        for number in count..<2 * count where map.row(of: kind.id(number)) != IdentityMap.none { wrong += 1 }
        for number in stride(from: 0, to: count, by: 2) { map.remove(kind.id(number)) }
        for number in 0..<count {
            let expected = number % 2 == 0 ? IdentityMap.none : UInt32(number)
            if map.row(of: kind.id(number)) != expected { wrong += 1 }
        }
        #expect(wrong == 0)
        #expect(map.count == count / 2)
    }

    @Test func whatIsNoIdIsUnknown() {
        let map = IdentityMap()
        map.insert(5, row: 0)
        for id in [0, -1, -5, .min] as [Int64] {
            #expect(map.row(of: id) == IdentityMap.none)
            map.remove(id)
        }
        #expect(map.count == 1)
        #expect(map.row(of: 5) == 0)
    }
}
