extension LearningEvents {
    /// Whether the user likes the movie from now on.
    @inline(__always)
    func isLiked(_ at: Int) -> Bool { stars[at] >= Blend.likedStarsMin }

    @inline(__always)
    func wasLiked(_ at: Int) -> Bool {
        kinds[at] != Kind.new.rawValue && previousStars[at] >= Blend.likedStarsMin
    }

    /// Whether it says which movie a user chose: a changed rating teaches that again only when it became a like.
    @inline(__always)
    func isChoice(_ at: Int) -> Bool { kinds[at] == Kind.new.rawValue || (isLiked(at) && !wasLiked(at)) }
}
