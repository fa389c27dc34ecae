extension Command {
    /// A script that makes bash complete commands, options and their values, for this command taken as the program:
    /// `source <(marquee completion)`. Needs nothing but bash 4.
    public var bashCompletion: String {
        let paths = CommandPath(root: self).descendants
        let function = "_\(name)"
        var lines = [
            "# Completion of \(name) for bash.",
            "\(function)() {",
            "    local current=\"${COMP_WORDS[COMP_CWORD]}\" previous=\"${COMP_WORDS[COMP_CWORD-1]}\"",
            "    # Bash takes '--option=value' apart into three words.",
            "    if [[ $current == = ]]; then current=''",
            "    elif [[ $previous == = ]]; then previous=\"${COMP_WORDS[COMP_CWORD-2]}\"; fi",
            "    local path='\(name)' word",
            "    for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do",
            "        case \"$path $word\" in",
        ]
        for path in paths where path.commands.count > 1 {
            lines.append("            '\(path.text)') path='\(path.text)' ;;")
        }
        lines += ["        esac", "    done", "    local words='' files=''", "    case \"$path:$previous\" in"]
        for path in paths {
            lines += path.options.filter { $0.kind != .flag }.map { option in
                "        '\(path.text):\(option.flag)') \(option.completion) ;;"
            }
        }
        lines.append("        *) case \"$path\" in")
        for path in paths {
            let words = path.command.subcommands.map(\.name) + path.options.map(\.flag) + ["--help"]
            lines.append("            '\(path.text)') words='\(words.joined(separator: " "))' ;;")
        }
        lines += [
            "        esac ;;",
            "    esac",
            "    if [[ $files ]]; then COMPREPLY=($(compgen -f -- \"$current\"))",
            "    else COMPREPLY=($(compgen -W \"$words\" -- \"$current\")); fi",
            "}",
            "complete -o filenames -F \(function) \(name)",
        ]
        return lines.joined(separator: "\n") + "\n"
    }
}

extension Option {
    /// The shell statement that says what completes the value.
    fileprivate var completion: String {
        switch kind {
        case .path: "files=yes"
        case .choice(let choices): "words='\(choices.joined(separator: " "))'"
        case .duration(let allowsAuto) where allowsAuto: "words='auto'"
        case .flag, .string, .integer, .number, .duration, .properties: "words=''"
        }
    }
}
