/// A file of named tensors, as Hugging Face's `safetensors` reads and writes it.
///
/// The format: the header's length as a little-endian UInt64; the header, a JSON object; then the tensors' raw
/// little-endian bytes, without gaps. The header maps each name to `{"dtype", "shape", "data_offsets": [begin, end]}`, with
/// offsets from the header's end, and `__metadata__` to an object of strings.
public struct SafetensorsFile: Sendable {
    public enum ElementType: String, Sendable {
        case float32 = "F32"
        case int32 = "I32"
        case int64 = "I64"
        case uint8 = "U8"

        public var byteCount: Int {
            switch self {
            case .float32, .int32: 4
            case .int64: 8
            case .uint8: 1
            }
        }
    }

    public struct Tensor: Sendable, Equatable {
        public var type: ElementType
        public var shape: [Int]
        /// Row-major, little-endian.
        public var bytes: ArraySlice<UInt8>
    }

    /// What messages call it.
    public let path: String
    public var metadata: [String: String] = [:]
    public var tensors: [String: Tensor] = [:]

    /// An empty file.
    public init(path: String) { self.path = path }

    /// Longest header that is read, as the format's own reader has it.
    public static let headerBytesMax = 100_000_000

    // MARK: Contents

    public mutating func set(_ name: String, _ values: [Float], shape: [Int]) {
        set(name, .float32, shape, values.map(\.bitPattern.littleEndian))
    }

    public mutating func set(_ name: String, _ values: [Int32], shape: [Int]) {
        set(name, .int32, shape, values.map(\.littleEndian))
    }

    public mutating func set(_ name: String, _ values: [Int64], shape: [Int]) {
        set(name, .int64, shape, values.map(\.littleEndian))
    }

    public mutating func set(_ name: String, _ values: [UInt8], shape: [Int]) { set(name, .uint8, shape, values) }

    private mutating func set<Element: FixedWidthInteger>(
        _ name: String, _ type: ElementType, _ shape: [Int], _ values: [Element]
    ) {
        precondition(shape.reduce(1, *) == values.count, "a shape says how many values there are")
        tensors[name] = Tensor(type: type, shape: shape, bytes: values.withUnsafeBytes { Array($0)[...] })
    }

    /// The values of a tensor, row-major; infinite ones and NaN are refused.
    public func floats(_ name: String, shape: [Int]) throws(SafetensorsError) -> [Float] {
        let values = try elements(name, .float32, shape, UInt32.self).map { Float(bitPattern: $0) }
        if let at = values.firstIndex(where: { !$0.isFinite }) {
            throw .damaged(
                path: path, reason: "tensor '\(name)' holds \(values[at]) at \(at), which is no number to use")
        }
        return values
    }

    public func int32s(_ name: String, shape: [Int]) throws(SafetensorsError) -> [Int32] {
        try elements(name, .int32, shape, Int32.self)
    }

    public func int64s(_ name: String, shape: [Int]) throws(SafetensorsError) -> [Int64] {
        try elements(name, .int64, shape, Int64.self)
    }

    public func bytes(_ name: String, shape: [Int]) throws(SafetensorsError) -> [UInt8] {
        try elements(name, .uint8, shape, UInt8.self)
    }

    /// The length of a tensor that has one axis.
    public func count(_ name: String) throws(SafetensorsError) -> Int {
        let tensor = try tensor(name)
        guard tensor.shape.count == 1 else {
            throw .unsuitable(
                path: path, reason: "tensor '\(name)' has shape \(tensor.shape), but one axis is expected")
        }
        return tensor.shape[0]
    }

    private func tensor(_ name: String) throws(SafetensorsError) -> Tensor {
        guard let tensor = tensors[name] else { throw .unsuitable(path: path, reason: "tensor '\(name)' is missing") }
        return tensor
    }

    private func elements<Element: FixedWidthInteger>(
        _ name: String, _ type: ElementType, _ shape: [Int], _: Element.Type
    ) throws(SafetensorsError) -> [Element] {
        let tensor = try tensor(name)
        guard tensor.type == type, tensor.shape == shape else {
            throw .unsuitable(
                path: path,
                reason: "tensor '\(name)' is \(tensor.type.rawValue) \(tensor.shape), but \(type.rawValue) \(shape) is "
                    + "expected")
        }
        return tensor.bytes.withUnsafeBytes { bytes in
            (0..<bytes.count / MemoryLayout<Element>.size).map {
                Element(
                    littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * MemoryLayout<Element>.size, as: Element.self)
                )
            }
        }
    }
}
