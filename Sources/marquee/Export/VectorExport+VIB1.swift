import Learning

extension VectorExport {
    /// Writes a `VIB1`: movies by their places, users as queries with what they have rated as seen, exact answers, and a
    /// mixed workload made up from a fixed seed.
    ///
    /// Queries are users who have rated; when they are too many, as many as go in, evenly spread. A list of seen ids has
    /// 500 places: of who has rated fewer, his ids are repeated.
    ///
    /// - Returns: How many queries it has.
    func writeVIB1(to path: String) throws -> Int {
        guard movies.count >= VIB1.itemsMin else {
            throw UserFacingError(
                "VIB1 holds the best \(VIB1.answers) of each user without \(VIB1.seenUsed) others: "
                    + "\(movies.count) movies are too few, write a .safetensors file")
        }
        let users = queryUsers()
        guard !users.isEmpty else {
            throw UserFacingError("VIB1 asks for users who have rated, and nobody has: write a .safetensors file")
        }
        let queries = users.flatMap { userVector($0) }
        let seen = users.map { user in
            let rated = rated[user]
            return (0..<VIB1.seenPlaces).map { rated[$0 % rated.count] }
        }
        let search = try ExactAnswers(self)
        var answers = ExactAnswers.Columns()
        var filtered = ExactAnswers.Columns()
        for (query, user) in users.enumerated() {
            try search.append(userVector(user), without: [], to: &answers)
            try search.append(userVector(user), without: seen[query][..<VIB1.seenUsed], to: &filtered)
        }
        let mixed = try MixedWorkload(self, queries: users.map { userVector($0) }, seen: seen, search)
        do {
            let file = try DurableFile(path: path)
            try file.write(
                VIB1.header(
                    items: movies.count, dimension: dimension, queries: users.count, cycles: mixed.cycleCount))
            try file.write(movieVectors)
            try file.write(queries)
            try file.write(seen.flatMap { $0.map { Int32($0) } })
            for part in [answers, filtered] {
                try file.write(part.ids)
                try file.write(part.scores)
            }
            try mixed.write(to: file)
            if let movieOffsets {
                try file.write(Array(VIB1.offsetsMagic.utf8))
                try file.write(movieOffsets)
                try file.write(mixed.upsertOffsets)
                try file.write(mixed.insertOffsets)
            }
            try file.publish(as: path)
        } catch let failure as FileFailure {
            throw UserFacingError("can't write '\(path)': \(failure.reason)")
        }
        return users.count
    }

    /// Places of the users that are asked for.
    private func queryUsers() -> [Int] {
        let users = userIDs.indices.filter { !rated[$0].isEmpty }
        let count = min(users.count, VIB1.queriesMax)
        return (0..<count).map { users[$0 * users.count / count] }
    }
}

extension DurableFile {
    /// The elements' bytes, which are little-endian on every machine that this runs on.
    func write<Element: BitwiseCopyable>(_ elements: [Element]) throws {
        try elements.withUnsafeBytes { try write($0) }
    }
}
