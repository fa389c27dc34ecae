import Foundation

/// Standard output and error, written whole: a pipe gets each line at once, and a closed one ends the command quietly.
enum Terminal {
    static func print(_ text: String) { write(text + "\n", to: STDOUT_FILENO) }

    /// Bytes to standard output, as they are.
    static func print(bytes: UnsafeRawBufferPointer) { write(bytes, to: STDOUT_FILENO) }

    static func log(_ text: String) { write("marquee: \(text)\n", to: STDERR_FILENO) }

    static let isErrorTerminal = isatty(STDERR_FILENO) == 1
    static let isOutputTerminal = isatty(STDOUT_FILENO) == 1

    /// Text to standard error without a line's end, for progress.
    static func progress(_ text: String) { write(text, to: STDERR_FILENO) }

    private static func write(_ text: String, to descriptor: Int32) {
        var text = text
        text.withUTF8 { write(UnsafeRawBufferPointer($0), to: descriptor) }
    }

    private static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) {
        var done = 0
        while done < bytes.count, let base = bytes.baseAddress {
            let written = Foundation.write(descriptor, base + done, bytes.count - done)
            if written < 0 {
                if errno == EINTR { continue }
                // Nobody reads any more: `marquee consume | head`.
                if errno == EPIPE && descriptor == STDOUT_FILENO { exit(0) }
                return
            }
            done += written
        }
    }
}

/// A line of progress on a terminal: how much, how fast, how long still. Silent in a pipe.
struct Progress {
    private let what: String
    private let total: Int?
    private let began = MonotonicTime.nanoseconds
    private var lastShown: UInt64 = 0
    private var isShown = false

    init(_ what: String, total: Int?) {
        self.what = what
        self.total = total
    }

    /// Shows `done` at most ten times a second.
    mutating func update(_ done: Int) {
        guard Terminal.isErrorTerminal else { return }
        let now = MonotonicTime.nanoseconds
        if now - lastShown < 100_000_000 { return }
        lastShown = now
        isShown = true
        let seconds = Double(now - began) / 1e9
        let rate = Double(done) / max(seconds, 1e-9)
        var line = "\r\u{1B}[K\(what): \(grouped(done))"
        if let total {
            line += " of \(grouped(total))"
            if rate > 0 { line += ", \(Int(Double(max(0, total - done)) / rate)) s left" }
        }
        Terminal.progress(line + ", \(grouped(Int(rate)))/s")
    }

    mutating func clear() {
        if isShown { Terminal.progress("\r\u{1B}[K") }
        isShown = false
    }
}

/// A number with its thousands apart: 1,000,209.
func grouped(_ number: Int) -> String {
    var text = String(abs(number))
    var at = text.count - 3
    while at > 0 {
        text.insert(",", at: text.index(text.startIndex, offsetBy: at))
        at -= 3
    }
    return number < 0 ? "-" + text : text
}

/// A number with a fixed number of decimals.
func fixed(_ number: Double, _ decimals: Int) -> String { String(format: "%.\(decimals)f", number) }

enum MonotonicTime {
    static var nanoseconds: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    static var seconds: Double { Double(nanoseconds) / 1e9 }
}
