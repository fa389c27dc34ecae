import CVectorKernels
import Learning

/// Words of titles, convolution, tanh and sum, while they are trained.
///
/// The words around a position stand beside each other in one row, so that the convolution is a matrix product.
final class TitleLayer: @unchecked Sendable {
    private let words: Matrix
    private let weight: Matrix
    private let bias: Matrix
    private let width: Int
    private let titles: [[Int]]
    private let workspaces: [Workspace]

    /// Memory of one worker.
    private final class Workspace: @unchecked Sendable {
        /// A row a position: the words around it, and their gradients.
        let windows: Matrix
        let windowGradients: Matrix
        /// After tanh; then the gradient before it.
        let filtered: Matrix
        /// Sums over a batch.
        let weightGradient: Matrix
        let biasGradient: Matrix
        /// By word: the sum of its gradients; zero but for those in `touched`.
        let wordGradients: Matrix
        var isTouched: [Bool]
        var touched: [Int] = []
        private let buffers: [FloatBuffer]

        init(positions: Int, window: Int, filters: Int, words: Int, length: Int) {
            buffers = [
                positions * window, positions * window, positions * filters, window * filters, filters, words * length,
            ].map { FloatBuffer($0) }
            windows = buffers[0].matrix(positions, window)
            windowGradients = buffers[1].matrix(positions, window)
            filtered = buffers[2].matrix(positions, filters)
            weightGradient = buffers[3].matrix(window, filters)
            biasGradient = buffers[4].matrix(1, filters)
            wordGradients = buffers[5].matrix(words, length)
            isTouched = Array(repeating: false, count: words)
        }
    }

    /// - Parameter titles: By movie, the numbers of its words.
    init(_ store: ParameterStore, titles: [[Int]], capacity: Int, workers: Int) {
        words = store.matrix(.wordEmbedding)
        weight = store.matrix(.titleWeight)
        bias = store.matrix(.titleBias)
        width = store.sizes.dimensions.convolutionWidth
        self.titles = titles
        let longest = titles.map(\.count).max() ?? 0
        let rows = (capacity + workers - 1) / workers
        workspaces = (0..<workers).map { [words, weight] _ in
            Workspace(
                positions: rows * longest, window: weight.rows, filters: weight.columns, words: words.rows,
                length: words.columns)
        }
    }

    private func positionCount(_ range: Range<Int>, _ movies: [Int32]) -> Int {
        range.reduce(0) { $0 + titles[Int(movies[$1])].count }
    }

    /// Writes the pooled titles of these rows into `outputs`, from `column` on.
    func forward(_ range: Range<Int>, movies: [Int32], into outputs: Matrix, column: Int, worker: Int) {
        let space = workspaces[worker]
        let length = words.columns
        var position = 0
        for row in range {
            let title = titles[Int(movies[row])]
            for middle in title.indices {
                let window = space.windows.row(position)
                for place in 0..<width {
                    let at = middle + place - width / 2
                    if title.indices.contains(at) {
                        (window + place * length).update(from: words.row(title[at]), count: length)
                    } else {
                        (window + place * length).update(repeating: 0, count: length)
                    }
                }
                space.filtered.row(position).update(from: bias.base, count: bias.columns)
                position += 1
            }
        }
        let filtered = space.filtered.rows(0..<position)
        filtered.set(space.windows.rows(0..<position), times: weight, adding: true)
        mq_tanh(filtered.base, position * bias.columns)
        position = 0
        for row in range {
            let output = outputs.row(row) + column
            output.update(repeating: 0, count: bias.columns)
            for _ in titles[Int(movies[row])] {
                let from = filtered.row(position)
                for filter in 0..<bias.columns { output[filter] += from[filter] }
                position += 1
            }
        }
    }

    /// Adds up the gradients of words, weights and biases; `gradients` are by the pooled titles, from `column` on. The
    /// worker's last forward pass must have been of the same rows.
    func backward(_ range: Range<Int>, movies: [Int32], gradients: Matrix, column: Int, worker: Int) {
        let space = workspaces[worker]
        let count = positionCount(range, movies)
        var position = 0
        for row in range {
            let from = gradients.row(row) + column
            for _ in titles[Int(movies[row])] {
                let to = space.filtered.row(position)
                for filter in 0..<bias.columns { to[filter] = from[filter] * (1 - to[filter] * to[filter]) }
                position += 1
            }
        }
        let filtered = space.filtered.rows(0..<count)
        space.weightGradient.set(space.windows.rows(0..<count).transposed, times: filtered)
        space.biasGradient.base.update(repeating: 0, count: bias.columns)
        filtered.sumRows(into: space.biasGradient.base)
        space.windowGradients.rows(0..<count).set(filtered, times: weight.transposed)
        scatter(range, movies, space)
    }

    private func scatter(_ range: Range<Int>, _ movies: [Int32], _ space: Workspace) {
        let length = words.columns
        var position = 0
        for row in range {
            let title = titles[Int(movies[row])]
            for middle in title.indices {
                for place in 0..<width {
                    let at = middle + place - width / 2
                    guard title.indices.contains(at) else { continue }
                    let word = title[at]
                    if !space.isTouched[word] {
                        space.isTouched[word] = true
                        space.touched.append(word)
                    }
                    let from = space.windowGradients.row(position) + place * length
                    let to = space.wordGradients.row(word)
                    for coordinate in 0..<length { to[coordinate] += from[coordinate] }
                }
                position += 1
            }
        }
    }

    func step(rate: Float) {
        for space in workspaces {
            for word in space.touched {
                let (vector, gradient) = (words.row(word), space.wordGradients.row(word))
                for coordinate in 0..<words.columns { vector[coordinate] -= rate * gradient[coordinate] }
                gradient.update(repeating: 0, count: words.columns)
                space.isTouched[word] = false
            }
            space.touched.removeAll(keepingCapacity: true)
            weight.add(space.weightGradient, scale: -rate)
            bias.add(space.biasGradient, scale: -rate)
        }
    }
}
