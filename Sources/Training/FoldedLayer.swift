import Learning

/// A linear layer and the rows of the tower's layer that it feeds, multiplied into one: y = x (W Wₒ) + b Wₒ.
///
/// The two are one linear map until the tower's tanh, so only the product meets the batch. With G = xᵀ D and s = the column
/// sums of D, D being the gradient before the tanh: ∂W = G Wₒᵀ, ∂b = s Wₒᵀ, ∂Wₒ = Wᵀ G + b ⊗ s.
struct FoldedLayer {
    let weight: Matrix
    let bias: Matrix
    /// Rows of the tower's weights.
    let tower: Matrix
    /// W Wₒ, `[inputs, padded]`, where the caller wants it.
    let folded: Matrix
    private let weightGradient: FloatBuffer
    private let biasGradient: FloatBuffer
    private let towerGradient: FloatBuffer

    init(weight: Matrix, bias: Matrix, tower: Matrix, folded: Matrix) {
        self.weight = weight
        self.bias = bias
        self.tower = tower
        self.folded = folded
        weightGradient = FloatBuffer(weight.rows * weight.columns)
        biasGradient = FloatBuffer(bias.columns)
        towerGradient = FloatBuffer(tower.rows * tower.columns)
    }

    /// Multiplies anew; adds b Wₒ to the tower's constant part.
    func fold(base: Matrix) {
        folded.columns(tower.columns).set(weight, times: tower)
        base.columns(tower.columns).set(bias, times: tower, adding: true)
    }

    /// A step against the gradient of G `[inputs, padded]` and s `[1, padded]`.
    func step(_ products: Matrix, _ sums: Matrix, rate: Float) {
        let products = products.columns(tower.columns)
        let sums = sums.columns(tower.columns)
        let weights = weightGradient.matrix(weight.rows, weight.columns)
        let biases = biasGradient.matrix(1, bias.columns)
        let towers = towerGradient.matrix(tower.rows, tower.columns)
        weights.set(products, times: tower.transposed)
        biases.set(sums, times: tower.transposed)
        towers.set(weight.transposed, times: products)
        towers.set(bias.transposed, times: sums, adding: true)
        weight.add(weights, scale: -rate)
        bias.add(biases, scale: -rate)
        tower.add(towers, scale: -rate)
    }
}
