import Events

/// Records that can't be used, each with the code it must get. No two have the same value.
enum Garbage {
    struct Record {
        var topic: InputTopic
        var key: String?
        var value: String?
        var code: String
    }

    static func inRatings(_ number: Int, nowSeconds: Int64) -> Record {
        func make(_ key: String?, _ value: String?, _ code: String) -> Record {
            Record(topic: .ratings, key: key, value: value, code: code)
        }
        let end = "\"event_id\":\"garbage \(number)\"}"
        return switch number % 8 {
        case 0: make("7", "no JSON \(number)", "malformed")
        case 1: make("7", "{\"user_id\":7,\"rating\":4,\(end)", "missing_field")
        case 2: make("7", "{\"user_id\":7,\"movie_id\":3,\"rating\":5.5,\(end)", "out_of_range")
        case 3: make("-7", "{\"user_id\":-7,\"movie_id\":3,\"rating\":4,\(end)", "out_of_range")
        case 4: make("8", "{\"user_id\":7,\"movie_id\":3,\"rating\":4,\(end)", "key_mismatch")
        case 5: make("7", nil, "tombstone_not_allowed")
        case 6:
            make(
                "7", "{\"user_id\":7,\"movie_id\":3,\"rating\":4,\"event_time\":\(nowSeconds + 3600),\(end)",
                "out_of_range")
        default: make("7", "{\"user_id\":7,\"movie_id\":3,\"rating\":4,\"event_id\":\"torn \(number)", "malformed")
        }
    }

    static func inCatalogue(_ number: Int) -> Record {
        func make(_ topic: InputTopic, _ key: String, _ value: String, _ code: String) -> Record {
            Record(topic: topic, key: key, value: value, code: code)
        }
        return switch number % 5 {
        case 0: make(.users, "7", "{\"user_id\":7,\"zip\":\"\(number)", "malformed")
        case 1: make(.users, "7", "{\"user_id\":7,\"age\":200,\"zip\":\"\(number)\"}", "out_of_range")
        case 2: make(.users, "8", "{\"user_id\":7,\"age\":20,\"zip\":\"\(number)\"}", "key_mismatch")
        case 3: make(.movies, "7", "{\"movie_id\":7,\"genres\":[\"\(number)\"]}", "missing_field")
        default: make(.movies, "7", "no JSON \(number)", "malformed")
        }
    }
}
