/// A user as the blend sees him while it scores movies for him.
public struct BlendUser {
    public let row: UInt32
    /// `UserStage`.
    public let stage: Int
    /// `GenreTastes.genresMax` floats each.
    let taste: UnsafePointer<Float>
    let profileTaste: UnsafePointer<Float>
}

/// Room for what a `BlendUser` points to. Owned by one thread.
public final class BlendUserMemory {
    let taste: UnsafeMutablePointer<Float>
    let profileTaste: UnsafeMutablePointer<Float>

    public init() {
        taste = .allocate(capacity: GenreTastes.genresMax)
        profileTaste = .allocate(capacity: GenreTastes.genresMax)
    }

    deinit {
        taste.deallocate()
        profileTaste.deallocate()
    }
}
