import Events

/// Reads the files that describe the users.
enum UserFileReader {
    /// `id::gender::age::occupation::zip`, `users.dat`. The age there is the first year of its bucket.
    static func readDoubleColon(_ bytes: UnsafeRawBufferPointer, file: String) throws(MovieLensError) -> [UserProfile] {
        let encoding = TextEncoding(of: bytes)
        var users: [UserProfile] = []
        for line in TextLines(bytes) {
            let fields = try LineFields(
                line, file: file, separator: "::", count: 5, shape: "id, gender, age, occupation, zip")
            users.append(
                UserProfile(
                    userID: try fields.identifier(0, of: "user"), gender: try gender(fields, 1),
                    age: try age(fields, 2),
                    occupation: try fields.integer(3, in: 0...20, expected: "an occupation from 0 to 20"),
                    zip: zip(fields, 4, encoding)))
        }
        return users
    }

    /// `id|age|gender|occupation|zip`, `u.user`. The age there is in years, the occupation a name.
    static func readOriginal100K(_ bytes: UnsafeRawBufferPointer, file: String) throws(MovieLensError) -> [UserProfile]
    {
        let encoding = TextEncoding(of: bytes)
        var users: [UserProfile] = []
        for line in TextLines(bytes) {
            let fields = try LineFields(
                line, file: file, separator: "|", count: 5, shape: "id, age, gender, occupation, zip")
            guard let occupation = Occupations.code(ofName: fields.text(3)) else {
                throw fields.bad(3, expected: "an occupation of u.occupation")
            }
            users.append(
                UserProfile(
                    userID: try fields.identifier(0, of: "user"), gender: try gender(fields, 2),
                    age: try age(fields, 1), occupation: occupation, zip: zip(fields, 4, encoding)))
        }
        return users
    }

    private static func gender(_ fields: LineFields, _ field: Int) throws(MovieLensError) -> Gender {
        switch fields.text(field) {
        case "M": .male
        case "F": .female
        default: throw fields.bad(field, expected: "the gender M or F")
        }
    }

    private static func age(_ fields: LineFields, _ field: Int) throws(MovieLensError) -> Int {
        try fields.integer(field, in: 0...130, expected: "an age from 0 to 130")
    }

    private static func zip(_ fields: LineFields, _ field: Int, _ encoding: TextEncoding) -> String? {
        let text = encoding.decode(fields.fields[field])
        return text.isEmpty ? nil : text
    }
}
