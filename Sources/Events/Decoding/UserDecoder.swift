/// What a record of the `users` topic says.
public enum UserEvent: Sendable, Equatable {
    case profile(UserProfile)
    /// Everything known of the user is to go: state, rated movies, list.
    case forgotten(userID: Int64)
}

/// Turns records of the `users` topic into events. Cold: it allocates.
public struct UserDecoder: Sendable {
    public init() {}

    /// The record's event, or why it cannot be used. A fractional age is rounded down.
    public func decode(_ record: RawRecord) -> Result<UserEvent, Rejection> {
        do throws(Rejection) {
            return .success(try event(record))
        } catch {
            return .failure(error)
        }
    }

    private func event(_ record: RawRecord) throws(Rejection) -> UserEvent {
        if record.isTombstone { return .forgotten(userID: try record.requireKeyID(.userID)) }
        let fields = try record.fields()
        let profile = UserProfile(
            userID: try fields.id(.userID),
            gender: try fields.gender(),
            age: try fields.integer(.age, in: EventLimits.ages, isRoundedDown: true),
            occupation: try fields.integer(.occupation, in: EventLimits.occupations),
            zip: try fields.string(.zip, bytesMax: EventLimits.zipBytesMax),
            eventTimeMilliseconds: try fields.eventTime(recordTimestamp: record.timestampMilliseconds))
        try record.requireKey(profile.userID, .userID)
        return .profile(profile)
    }
}

extension FieldTable {
    /// `M`, `F`, `male` or `female` in any case, or nil where it is absent.
    fileprivate func gender() throws(Rejection) -> Gender? {
        switch try string(.gender, bytesMax: EventLimits.valueBytesMax)?.lowercased() {
        case nil: return nil
        case "m", "male": return .male
        case "f", "female": return .female
        default: throw rejection(.outOfRange, .gender, "M or F")
        }
    }
}
