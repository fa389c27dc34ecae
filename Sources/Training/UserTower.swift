import CVectorKernels
import Learning

/// The user tower while it is trained.
///
/// A batch's distinct rows are divided among the workers. Each has sums of its own, which `step` adds up.
final class UserTower: @unchecked Sendable {
    let batch: TowerBatch
    private let profiles: [FusionProfile]
    private let embedding: Matrix
    private let towerBias: Matrix
    private let identity: FoldedLayer
    private let genders: CodeTable
    private let ages: CodeTable
    private let occupations: CodeTable
    private let base: Matrix
    /// Gathered embeddings of a batch, and their gradients.
    private let inputs: Matrix
    private let inputGradients: Matrix
    private let sums: [Sums]
    private var buffers: [FloatBuffer] = []

    /// What a worker adds up over its rows.
    private struct Sums {
        /// Inputsᵀ · gradients.
        var products: FloatBuffer
        /// Gradients of all rows, and by code.
        var all: FloatBuffer
        var genders: FloatBuffer
        var ages: FloatBuffer
        var occupations: FloatBuffer

        var buffers: [FloatBuffer] { [products, all, genders, ages, occupations] }
    }

    /// - Parameter profiles: By row of the id embedding.
    init(_ store: ParameterStore, profiles: [FusionProfile], capacity: Int, workers: Int) {
        let dimensions = store.sizes.dimensions
        let length = dimensions.embedding
        let side = dimensions.sideEmbedding
        let padded = (dimensions.tower + 15) / 16 * 16
        batch = TowerBatch(capacity: capacity, padded: padded)
        self.profiles = profiles
        embedding = store.matrix(.userEmbedding)
        towerBias = store.matrix(.userTowerBias)
        let tower = store.matrix(.userTowerWeight)
        buffers = [length * padded, padded, capacity * length, capacity * length].map { FloatBuffer($0) }
        identity = FoldedLayer(
            weight: store.matrix(.userWeight), bias: store.matrix(.userBias), tower: tower.rows(0..<length),
            folded: buffers[0].matrix(length, padded))
        base = buffers[1].matrix(1, padded)
        inputs = buffers[2].matrix(capacity, length)
        inputGradients = buffers[3].matrix(capacity, length)
        func codes(_ first: Int, _ tensors: (FusionTensor, FusionTensor, FusionTensor)) -> CodeTable {
            CodeTable(
                embedding: store.matrix(tensors.0), weight: store.matrix(tensors.1), bias: store.matrix(tensors.2),
                tower: tower.rows(first..<first + side), padded: padded)
        }
        genders = codes(length, (.genderEmbedding, .genderWeight, .genderBias))
        ages = codes(length + side, (.ageEmbedding, .ageWeight, .ageBias))
        occupations = codes(length + 2 * side, (.occupationEmbedding, .occupationWeight, .occupationBias))
        let rowCounts = (genders.rows.rows, ages.rows.rows, occupations.rows.rows)
        sums = (0..<workers).map { _ in
            Sums(
                products: FloatBuffer(length * padded), all: FloatBuffer(padded),
                genders: FloatBuffer(rowCounts.0 * padded), ages: FloatBuffer(rowCounts.1 * padded),
                occupations: FloatBuffer(rowCounts.2 * padded))
        }
        fold()
    }

    /// Multiplies the linear layers anew, after the parameters changed.
    func fold() {
        base.base.update(repeating: 0, count: base.columns)
        base.base.update(from: towerBias.base, count: towerBias.columns)
        identity.fold(base: base)
        for codes in [genders, ages, occupations] { codes.fold(base: base) }
    }

    /// The vectors of these rows of the batch; `users` has a row of the embedding for each.
    func forward(_ range: Range<Int>, users: [Int32]) {
        let padded = batch.padded
        for row in range {
            inputs.row(row).update(from: embedding.row(Int(users[row])), count: embedding.columns)
        }
        batch.vectors.rows(range).set(inputs.rows(range), times: identity.folded)
        for row in range {
            let vector = batch.vectors.row(row)
            let profile = profiles[Int(users[row])]
            mq_axpy(1, base.base, vector, padded)
            if let gender = profile.gender { mq_axpy(1, genders.rows.row(gender), vector, padded) }
            if let age = profile.age { mq_axpy(1, ages.rows.row(age), vector, padded) }
            if let occupation = profile.occupation { mq_axpy(1, occupations.rows.row(occupation), vector, padded) }
        }
        batch.finish(range)
    }

    /// Steps the embeddings of these rows, and adds up for the layers.
    func backward(_ range: Range<Int>, _ groups: PairGroups, worker: Int, rate: Float, regularization: Float) {
        let padded = batch.padded
        let gradients = batch.gradients.rows(range)
        let sums = self.sums[worker]
        for buffer in sums.buffers { buffer.clear() }
        sums.products.matrix(embedding.columns, padded).set(inputs.rows(range).transposed, times: gradients)
        gradients.sumRows(into: sums.all.base)
        for row in range {
            let profile = profiles[Int(groups.rows[row])]
            let gradient = batch.gradients.row(row)
            if let code = profile.gender { mq_axpy(1, gradient, sums.genders.base + code * padded, padded) }
            if let code = profile.age { mq_axpy(1, gradient, sums.ages.base + code * padded, padded) }
            if let code = profile.occupation { mq_axpy(1, gradient, sums.occupations.base + code * padded, padded) }
        }
        inputGradients.rows(range).set(gradients, times: identity.folded.transposed)
        embedding.step(
            range, groups, gradients: inputGradients, rate: rate, regularization: regularization)
    }

    /// A step of the layers and codes. For one worker, when all are through.
    func step(rate: Float) {
        let total = sums[0]
        for other in sums.dropFirst() {
            for (to, from) in zip(total.buffers, other.buffers) { to.add(from) }
        }
        let all = total.all.matrix(1, batch.padded)
        identity.step(total.products.matrix(embedding.columns, batch.padded), all, rate: rate)
        for (codes, buffer) in [(genders, total.genders), (ages, total.ages), (occupations, total.occupations)] {
            codes.step(buffer.matrix(codes.rows.rows, batch.padded), all, rate: rate)
        }
        towerBias.add(all.columns(towerBias.columns), scale: -rate)
        fold()
    }
}

extension Matrix {
    /// Steps the rows of an embedding that these rows of a batch belong to; `gradients` may be wider.
    ///
    /// - Parameter regularization: L2, a pair: a row's share is how often it is in the batch.
    func step(_ range: Range<Int>, _ groups: PairGroups, gradients: Matrix, rate: Float, regularization: Float) {
        for row in range {
            let vector = self.row(Int(groups.rows[row]))
            let gradient = gradients.row(row)
            let count = Float(groups.starts[row + 1] - groups.starts[row])
            let keep = 1 - rate * regularization * count / Float(groups.positions.count)
            for place in 0..<columns { vector[place] = keep * vector[place] - rate * gradient[place] }
        }
    }
}
