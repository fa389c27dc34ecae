import CVectorKernels
import Learning

/// The movie tower while it is trained; as with the users, each worker has sums of its own.
final class MovieTower: @unchecked Sendable {
    let batch: TowerBatch
    private let features: [FusionMovieFeatures]
    private let embedding: Matrix
    private let genreEmbedding: Matrix
    private let towerBias: Matrix
    private let identity: FoldedLayer
    private let genreTower: Matrix
    private let titleTower: Matrix
    private let title: TitleLayer
    private let base: Matrix
    /// What the tower's layer is multiplied by: the folded id layer, and below it the title's rows. `[embedding + filters,
    /// padded]`.
    private let stacked: Matrix
    /// A row a genre, through the tower's layer.
    private let genreRows: Matrix
    /// Of a batch, id embeddings beside pooled titles, and their gradients.
    private let inputs: Matrix
    private let inputGradients: Matrix
    private let genreGradient: Matrix
    private let genreTowerGradient: Matrix
    private let sums: [Sums]
    private var buffers: [FloatBuffer] = []

    private struct Sums {
        var products: FloatBuffer
        var all: FloatBuffer
        var genres: FloatBuffer

        var buffers: [FloatBuffer] { [products, all, genres] }
    }

    /// - Parameter features: By row of the id embedding.
    init(_ store: ParameterStore, features: [FusionMovieFeatures], capacity: Int, workers: Int) {
        let dimensions = store.sizes.dimensions
        let length = dimensions.embedding
        let filters = dimensions.titleFilters
        let padded = (dimensions.tower + 15) / 16 * 16
        let genres = store.sizes.genres
        batch = TowerBatch(capacity: capacity, padded: padded)
        self.features = features
        embedding = store.matrix(.movieEmbedding)
        genreEmbedding = store.matrix(.genreEmbedding)
        towerBias = store.matrix(.movieTowerBias)
        let tower = store.matrix(.movieTowerWeight)
        genreTower = tower.rows(length..<2 * length)
        titleTower = tower.rows(2 * length..<2 * length + filters)
        let width = length + filters
        buffers = [
            width * padded, padded, capacity * width, capacity * width, genres * padded, genres * length,
            length * dimensions.tower,
        ].map { FloatBuffer($0) }
        stacked = buffers[0].matrix(width, padded)
        base = buffers[1].matrix(1, padded)
        inputs = buffers[2].matrix(capacity, width)
        inputGradients = buffers[3].matrix(capacity, width)
        genreRows = buffers[4].matrix(genres, padded)
        genreGradient = buffers[5].matrix(genres, length)
        genreTowerGradient = buffers[6].matrix(length, dimensions.tower)
        identity = FoldedLayer(
            weight: store.matrix(.movieWeight), bias: store.matrix(.movieBias), tower: tower.rows(0..<length),
            folded: stacked.rows(0..<length))
        title = TitleLayer(store, titles: features.map(\.words), capacity: capacity, workers: workers)
        sums = (0..<workers).map { _ in
            Sums(
                products: FloatBuffer(width * padded), all: FloatBuffer(padded), genres: FloatBuffer(genres * padded))
        }
        fold()
    }

    /// Multiplies the linear layers anew, after the parameters changed.
    func fold() {
        base.base.update(repeating: 0, count: base.columns)
        base.base.update(from: towerBias.base, count: towerBias.columns)
        identity.fold(base: base)
        for row in 0..<titleTower.rows {
            stacked.row(embedding.columns + row).update(from: titleTower.row(row), count: titleTower.columns)
        }
        genreRows.columns(genreTower.columns).set(genreEmbedding, times: genreTower)
    }

    /// The vectors of these rows of the batch; `movies` has a row of the embedding for each.
    func forward(_ range: Range<Int>, movies: [Int32], worker: Int) {
        let padded = batch.padded
        for row in range {
            inputs.row(row).update(from: embedding.row(Int(movies[row])), count: embedding.columns)
        }
        title.forward(range, movies: movies, into: inputs, column: embedding.columns, worker: worker)
        batch.vectors.rows(range).set(inputs.rows(range), times: stacked)
        for row in range {
            let vector = batch.vectors.row(row)
            mq_axpy(1, base.base, vector, padded)
            for genre in features[Int(movies[row])].genres { mq_axpy(1, genreRows.row(genre), vector, padded) }
        }
        batch.finish(range)
    }

    /// Steps the embeddings of these rows, and adds up for the layers, genres and titles.
    func backward(_ range: Range<Int>, _ groups: PairGroups, worker: Int, rate: Float, regularization: Float) {
        let padded = batch.padded
        let gradients = batch.gradients.rows(range)
        let sums = self.sums[worker]
        for buffer in sums.buffers { buffer.clear() }
        sums.products.matrix(stacked.rows, padded).set(inputs.rows(range).transposed, times: gradients)
        gradients.sumRows(into: sums.all.base)
        for row in range {
            for genre in features[Int(groups.rows[row])].genres {
                mq_axpy(1, batch.gradients.row(row), sums.genres.base + genre * padded, padded)
            }
        }
        inputGradients.rows(range).set(gradients, times: stacked.transposed)
        title.backward(
            range, movies: groups.rows, gradients: inputGradients, column: embedding.columns, worker: worker)
        embedding.step(
            range, groups, gradients: inputGradients, rate: rate, regularization: regularization)
    }

    /// A step of the layers, genres and words. For one worker, when all are through.
    func step(rate: Float) {
        let total = sums[0]
        for other in sums.dropFirst() {
            for (to, from) in zip(total.buffers, other.buffers) { to.add(from) }
        }
        let products = total.products.matrix(stacked.rows, batch.padded)
        let all = total.all.matrix(1, batch.padded)
        let genres = total.genres.matrix(genreEmbedding.rows, batch.padded).columns(genreTower.columns)
        genreGradient.set(genres, times: genreTower.transposed)
        genreTowerGradient.set(genreEmbedding.transposed, times: genres)
        genreEmbedding.add(genreGradient, scale: -rate)
        genreTower.add(genreTowerGradient, scale: -rate)

        identity.step(products.rows(0..<embedding.columns), all, rate: rate)
        titleTower.add(
            products.rows(embedding.columns..<stacked.rows).columns(titleTower.columns), scale: -rate)
        towerBias.add(all.columns(towerBias.columns), scale: -rate)
        title.step(rate: rate)
        fold()
    }
}
