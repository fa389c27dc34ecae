/// A batch that the parts of a model learn from, and what they look up.
struct LearningWork {
    let events: LearningEvents
    let users: UserTable
    let rated: RatedMovies
}
