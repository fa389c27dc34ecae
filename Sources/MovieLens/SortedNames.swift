/// What both vocabularies do with their names.
enum SortedNames {
    /// By UTF-8 bytes, so that the order depends on no locale and on no version of Unicode.
    static func distinct(_ names: [String]) -> [String] {
        Set(names).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    static func numbers(_ names: [String]) -> [String: Int] {
        Dictionary(uniqueKeysWithValues: zip(names, names.indices))
    }
}
