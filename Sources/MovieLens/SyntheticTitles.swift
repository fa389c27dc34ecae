/// Makes up titles, each once.
struct SyntheticTitles {
    private static let adjectives = [
        "Amber", "Ancient", "Borrowed", "Brave", "Broken", "Burning", "Careless", "Crimson", "Crooked", "Distant",
        "Early", "Electric", "Empty", "Endless", "Faithful", "Fearless", "Foolish", "Forgotten", "Frozen", "Gentle",
        "Golden", "Hidden", "Hollow", "Honest", "Hungry", "Idle", "Jealous", "Last", "Late", "Little", "Lonely",
        "Lost", "Lucky", "Midnight", "Nameless", "Narrow", "Northern", "Patient", "Perfect", "Quiet", "Reckless",
        "Restless", "Salt", "Scarlet", "Second", "Secret", "Silent", "Silver", "Sleeping", "Small", "Southern",
        "Stolen", "Strange", "Sudden", "Sunken", "Tender", "Unwritten", "Velvet", "Wandering", "Wicked", "Wild",
        "Winter", "Wooden", "Yellow",
    ]
    private static let nouns = [
        "Affair", "Alibi", "Anchor", "Apprentice", "Archer", "Atlas", "Avenue", "Balloon", "Bargain", "Beacon",
        "Bridge", "Canyon", "Captain", "Carnival", "Cathedral", "Circus", "Clockmaker", "Cobbler", "Compass",
        "Corridor", "Cousin", "Dancer", "Detective", "Diary", "Dynasty", "Echo", "Empire", "Engine", "Farewell",
        "Ferry", "Forest", "Fortune", "Garden", "Ghost", "Harbor", "Horizon", "Hotel", "Hunter", "Island", "Journey",
        "Judge", "Kingdom", "Ladder", "Lantern", "Letter", "Lighthouse", "Mapmaker", "Marshal", "Masquerade",
        "Meadow", "Melody", "Mirror", "Mountain", "Orchard", "Orphan", "Outlaw", "Parade", "Passage", "Pilot",
        "Planet", "Prairie", "Prince", "Promise", "Rebel", "River", "Robot", "Saddle", "Sailor", "Satellite",
        "Scholar", "Shadow", "Signal", "Singer", "Soldier", "Station", "Stranger", "Suitcase", "Summer", "Thief",
        "Tower", "Train", "Treasure", "Umbrella", "Valley", "Verdict", "Violin", "Voyage", "Waltz", "Weather",
        "Wedding", "Whisper", "Window", "Witness",
    ]

    private var uses: [String: Int] = [:]

    /// A title that did not come before: the second of a name is its part 2.
    mutating func next(_ random: inout SplitMix64) -> String {
        let noun = random.element(of: Self.nouns)
        let adjective = random.element(of: Self.adjectives)
        let name: String
        switch random.below(6) {
        case 0: name = "\(adjective) \(noun)"
        case 1: name = "\(noun) of the \(random.element(of: Self.nouns))"
        case 2: name = "\(noun) and \(random.element(of: Self.nouns))"
        case 3: name = "\(adjective) \(noun), The"
        case 4: name = "My \(adjective) \(noun)"
        default: name = "\(noun) in the \(adjective) \(random.element(of: Self.nouns))"
        }
        let part = uses[name, default: 0] + 1
        uses[name] = part
        return part == 1 ? name : "\(name) \(part)"
    }
}
