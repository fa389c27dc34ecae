import Events
import Learning
import MovieLens

extension VectorExport {
    /// What a service has learnt: movies that it may list, and all users that it knows.
    ///
    /// Of the two heads the vectors are the ranking head's, as the index holds them, with its biases as offsets; and as
    /// `stars` the rating head's, with the offsets of ages, genres and so on added up in them and its tastes behind.
    init(_ learner: Learner) {
        let model = learner.model
        let rows = (0..<UInt32(learner.movies.count))
            .filter { learner.movies.pointer($0).pointee.isWithdrawn == 0 }
            .sorted { learner.movies.id($0) < learner.movies.id($1) }
        let users = (0..<UInt32(learner.users.rowCount)).filter { learner.users.isAlive($0) }
            .sorted { learner.users.pointer($0).pointee.id < learner.users.pointer($1).pointee.id }
        let movies = rows.map { row in
            let description = learner.movies.descriptions[Int(row)]
            return Movie(
                movieID: learner.movies.id(row), title: description.title, year: description.year,
                genres: description.genres)
        }
        self.init(
            genres: GenreVocabulary(movies), words: TitleVocabulary(movies),
            dimension: (model as? FusionOnlineModel)?.towerDimension ?? model.dimension)
        self.movies = movies
        source = ["model": model.version]

        var vector = [Float](repeating: 0, count: model.dimension)
        var offsets: [Float] = []
        var places: [UInt32: UInt32] = [:]
        for (place, row) in rows.enumerated() {
            offsets.append(model.item(row, into: &vector))
            movieVectors += vector[..<dimension]
            places[row] = UInt32(place)
        }
        if offsets.contains(where: { $0 != 0 }) { movieOffsets = offsets }
        for row in users {
            let user = learner.users.pointer(row).pointee
            model.query(row, profile: user, into: &vector)
            userIDs.append(user.id)
            userVectors += vector[..<dimension]
            let entries = learner.rated.entries(user.rated)
            rated.append(
                (0..<entries.count).filter { entries.values[$0] & RatedMovies.removedFlag == 0 }
                    .compactMap { places[entries.movies[$0]] })
        }
        if let head = (model as? TwoHeadModel)?.ratingHead { stars = Stars(head, learner, movies: rows, users: users) }
    }
}

extension VectorExport {
    /// What a state directory holds.
    init(_ state: StateLearner) throws {
        self.init(state.learner)
        var offsets: [String: [String: Int64]] = [:]
        for (partition, offset) in state.position.inputs {
            offsets[partition.topic.name, default: [:]][String(partition.partition)] = offset
        }
        source["application_id"] = state.applicationID
        source["epoch"] = String(state.position.epoch)
        source["input_offsets"] = try JSONOutput.text(offsets)
    }
}

extension VectorExport.Stars {
    fileprivate init(_ head: RatingHead, _ learner: Learner, movies: [UInt32], users: [UInt32]) {
        self.init(mean: head.meanStars, curve: head.curveCoefficients, dimension: head.starVectorLength)
        var vector = [Float](repeating: 0, count: dimension)
        for row in movies {
            head.starVector(ofMovie: row, into: &vector)
            movieVectors += vector
        }
        for row in users {
            head.starVector(ofUser: row, profile: learner.users.pointer(row).pointee, into: &vector)
            userVectors += vector
        }
    }
}
