import CVectorKernels
import Learning

/// Errors of predicted stars.
struct StarErrors: Sendable {
    var rmse: Double
    var mae: Double

    /// Predicts (5 cos + 5) / 2 for each of these rows of a set.
    ///
    /// - Parameters:
    ///   - users: A row of length 1 for each row of the id embedding; so are `movies`.
    init(
        of rows: [Int32], in set: FusionTrainingSet, users: Matrix, movies: Matrix, range: ClosedRange<Float>
    ) {
        var squares = 0.0
        var sizes = 0.0
        for row in rows {
            let user = users.row(Int(set.userIDs[Int(row)]))
            let movie = movies.row(Int(set.movieIDs[Int(row)]))
            let stars = (5 * mq_dot16(user, movie, users.columns) + 5) / 2
            let error = Double(min(max(stars, range.lowerBound), range.upperBound) - Float(set.halfStars[Int(row)]) / 2)
            squares += error * error
            sizes += abs(error)
        }
        rmse = (squares / Double(max(1, rows.count))).squareRoot()
        mae = sizes / Double(max(1, rows.count))
    }
}
