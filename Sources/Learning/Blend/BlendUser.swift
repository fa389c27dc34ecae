/// A user as the blend sees him while it scores movies for him.
public struct BlendUser {
    /// How many ratings he has, as a bucket of `BlendWeights`.
    public let bucket: Int
    /// z of the ranking head.
    public let query: UnsafePointer<Float>
    /// `GenreTastes.genresMax` floats each.
    let taste: UnsafePointer<Float>
    let profileTaste: UnsafePointer<Float>
}
