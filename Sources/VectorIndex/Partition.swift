import CVectorKernels

/// Inverted lists of rows and their centres. A partition that is not divided has one list and no centres.
final class Partition {
    let centroids: CentroidTable?
    let count: Int
    let lists: UnsafeMutablePointer<RowStore>
    /// Tells the homes of its rows from those of the partition before and after it: 0 or 1.
    let parity: UInt32

    /// - Parameter centroids: One a list; nil for a single list.
    init(
        _ centroids: CentroidTable?, after previous: Partition?, dimension: Int,
        kernels: UnsafePointer<mq_index_kernel_table>
    ) {
        self.centroids = centroids
        count = centroids?.count ?? 1
        parity = previous.map { 1 - $0.parity } ?? 0
        lists = .allocate(capacity: count)
        for list in 0..<count {
            (lists + list).initialize(to: RowStore(dimension: dimension, kernels: kernels, lag: ExactIndex.lag))
        }
    }

    deinit {
        lists.deinitialize(count: count)
        lists.deallocate()
    }

    var isDivided: Bool { centroids != nil }

    var byteCount: Int { (0..<count).reduce(centroids?.byteCount ?? 0) { $0 + lists[$1].byteCount } }

    // MARK: Homes

    /// The home of rows in a list: what the index notes for their items. Never `ItemMap.none`.
    @inline(__always)
    func home(_ list: Int) -> UInt32 { Self.home(list, parity) }

    @inline(__always)
    static func home(_ list: Int, _ parity: UInt32) -> UInt32 { UInt32(list) << 1 | parity }

    @inline(__always)
    static func list(of home: UInt32) -> Int { Int(home >> 1) }

    /// Whether a home, which is not `ItemMap.none`, is in this partition.
    @inline(__always)
    func holds(_ home: UInt32) -> Bool { home & 1 == parity }

    // MARK: Places

    /// The list where a row belongs, and how near the second nearest centre is.
    @inline(__always)
    func assign(_ vector: UnsafePointer<Float>, offset: Float) -> CentroidTable.Assignment {
        var made = CentroidTable.Assignment(list: 0, secondNearness: 0)
        guard let centroids else { return made }
        var offset = offset
        centroids.assign(vector, stride: 0, offsets: &offset, count: 1, into: &made)
        return made
    }

    /// How near a row is to a list's centre.
    ///
    /// - Parameter padded: Zero behind the dimension.
    @inline(__always)
    func nearness(_ list: Int, padded: UnsafePointer<Float>, offset: Float) -> Float {
        centroids?.nearness(list, padded: padded, offset: offset) ?? .infinity
    }
}

/// A row in its place.
struct RowInPlace {
    var item: UInt32
    var id: Int64
    /// Zero behind the dimension, up to a multiple of 16.
    var vector: UnsafePointer<Float>
    var offset: Float
}

extension RowStore {
    @inline(__always)
    func rowInPlace(_ slot: Int) -> RowInPlace {
        let chunk = chunks + Self.chunk(of: slot)
        let row = Self.row(of: slot)
        return RowInPlace(
            item: chunk.pointee.items[row], id: chunk.pointee.id(row),
            vector: UnsafePointer(shape.vector(row, in: chunk.pointee)), offset: chunk.pointee.offsets[row])
    }
}
