/// ml-1m's codes of occupations, and the names of ml-100k in them.
public enum Occupations {
    /// Row `code` is the name that ml-1m's README gives to it.
    public static let names = [
        "other", "academic/educator", "artist", "clerical/admin", "college/grad student", "customer service",
        "doctor/health care", "executive/managerial", "farmer", "homemaker", "K-12 student", "lawyer", "programmer",
        "retired", "sales/marketing", "scientist", "self-employed", "technician/engineer", "tradesman/craftsman",
        "unemployed", "writer",
    ]

    /// The code, 0…20, for a name of ml-100k's `u.occupation`; nil for any other name.
    ///
    /// Sixteen of the 21 names say what a code says. The rest is judgement: librarians are academic, entertainment is
    /// art, a student is one at college (ml-100k was gathered at a university), and `none` is unemployed.
    public static func code(ofName name: String) -> Int? {
        switch name {
        case "other": 0
        case "educator", "librarian": 1
        case "artist", "entertainment": 2
        case "administrator": 3
        case "student": 4
        case "doctor", "healthcare": 6
        case "executive": 7
        case "homemaker": 9
        case "lawyer": 11
        case "programmer": 12
        case "retired": 13
        case "marketing", "salesman": 14
        case "scientist": 15
        case "engineer", "technician": 17
        case "none": 19
        case "writer": 20
        default: nil
        }
    }
}
