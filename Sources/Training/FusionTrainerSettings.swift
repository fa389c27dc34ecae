public import Learning

/// How the fusion model is trained; the defaults are the book's, and what made held-out errors smallest on ml-1m.
public struct FusionTrainerSettings: Sendable, Equatable {
    public var dimensions = FusionDimensions()
    /// Of the split, the first weights and the order of ratings.
    public var seed: UInt64 = 1
    public var epochsMax = 40
    public var batchSize = 256
    public var learningRate: Float = 0.2
    /// Epochs without a smaller error after which training ends.
    public var patience = 3
    /// What is judged and kept is a moving average of the parameters: how much of it a newer state takes, and after how many
    /// batches the next one is looked at. It takes away the noise of the steps, as a shorter step would, without their
    /// slowness (Polyak and Juditsky, "Acceleration of Stochastic Approximation by Averaging", 1992).
    public var averageShare: Float = 0.02
    public var averageInterval = 64
    /// L2 penalty of the embeddings of ids, a rating.
    public var regularization: Float = 0
    /// Part of the ratings that is held out.
    public var heldOutShare = 0.1
    /// Threads; the same number and seed give the same model.
    public var workers = 2

    public init() {}
}

/// What an epoch brought.
public struct FusionEpoch: Sendable, Equatable {
    /// From 1.
    public var number: Int
    /// Mean (5 cos - label)² over the training ratings, each before its step.
    public var loss: Double
    /// Root mean square error of the held-out ratings, in stars, predictions clipped to what a rating can be.
    public var heldOutRMSE: Double
    public var heldOutMAE: Double
    public var seconds: Double
    /// Whether no earlier one was better.
    public var isBest: Bool
}
