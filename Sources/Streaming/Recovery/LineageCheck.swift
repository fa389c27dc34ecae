import Learning

/// Whether what a lineage learnt can be gone on from with a learner.
struct LineageCheck {
    let learner: Learner

    /// The settings must be the same, and the numerics the same or the version before.
    ///
    /// - Throws: `RecoveryError.otherSettings`, `RecoveryError.otherNumerics`.
    func check(numericsVersion found: Int, settings: String) throws {
        // It takes nothing over but the books, which all models share.
        let model = learner.model
        if model is UntrainedModel { return }
        guard found == model.numericsVersion || found == model.numericsVersion - 1 else {
            throw RecoveryError.otherNumerics(found: found, expected: model.numericsVersion)
        }
        let expected = found == model.numericsVersion ? learner.settings : learner.settingsOfVersionBefore
        guard settings == expected else {
            throw RecoveryError.otherSettings(found: settings, expected: expected)
        }
    }
}
