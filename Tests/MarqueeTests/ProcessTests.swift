import Testing

/// The tests that run `marquee` as a process: one after the other, so that none measures the load of another.
@Suite(.serialized)
enum ProcessTests {}
