/// What the blend weighs.
public enum BlendExpert: Int, CaseIterable, Sendable {
    /// z · q + b of the ranking head.
    case logit = 0
    /// b of the head alone: how much of it to take apart from z · q.
    case bias
    /// ln(0.02 + transitions): what was liked soon after the user's last likes.
    case transitions
    /// ln(0.5 + popularity): likes of late.
    case popularity
    /// The same over a longer time.
    case slowPopularity
    /// ln(1 + ratings), all there ever were.
    case ratings
    /// ln(0.5 + popularity among users at the same stage), over the longer time.
    case stagePopularity
    /// How the movie's genres fit what the user rated.
    case taste
    /// How they fit what others of his age, gender and occupation rated.
    case profileTaste

    /// All, made once.
    static let all = allCases

    @inline(__always)
    var isLogarithm: Bool {
        switch self {
        case .transitions, .popularity, .slowPopularity, .ratings, .stagePopularity: true
        case .logit, .bias, .taste, .profileTaste: false
        }
    }

    /// Where the weight begins.
    var initialWeight: Float {
        switch self {
        case .logit: 1
        case .transitions, .popularity: 0.3
        case .bias, .slowPopularity, .ratings, .stagePopularity, .taste, .profileTaste: 0
        }
    }
}
