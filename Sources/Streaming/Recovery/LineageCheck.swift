import Learning

/// Whether what a lineage learnt can be gone on from with a model.
struct LineageCheck {
    let model: any OnlineModel

    /// The settings must be the same, and the numerics the same or the version before.
    ///
    /// - Throws: `RecoveryError.otherSettings`, `RecoveryError.otherNumerics`.
    func check(numericsVersion found: Int, settings: String) throws {
        // It takes nothing over but the books, which all models share.
        if model is UntrainedModel { return }
        guard found == model.numericsVersion || found == model.numericsVersion - 1 else {
            throw RecoveryError.otherNumerics(found: found, expected: model.numericsVersion)
        }
        guard settings == model.settings else {
            throw RecoveryError.otherSettings(found: settings, expected: model.settings)
        }
    }
}
