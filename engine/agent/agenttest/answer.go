package agenttest

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// reply is what the model is to say.
type reply struct {
	status   int // an HTTP error instead; 0 for none
	thinking string
	text     string
	slow     bool // word by word
	hold     bool // after the text, until released
	tool     string
	input    json.RawMessage
}

// answer follows the language described at API.
func answer(r *request) reply {
	text, count, results := r.prompt()
	verb, rest, _ := strings.Cut(text, ":")
	rest = strings.TrimSpace(rest)
	switch verb {
	case "say":
		return reply{text: rest}
	case "think":
		return reply{thinking: "The user wants me to say " + strconv.Quote(rest) + ".", text: rest}
	case "slow":
		return reply{text: words(number(rest)), slow: true}
	case "big":
		return reply{text: strings.Repeat("0123456789abcde\n", number(rest)<<10/16)}
	case "wait":
		return reply{text: "I am waiting.", hold: true}
	case "error":
		return reply{status: number(rest)}
	case "tools":
		if n := len(results); n < number(rest) {
			return use("Bash", fmt.Sprintf("echo %d of %d", n+1, number(rest)))
		}
		return reply{text: fmt.Sprintf("The tool was used %d times.", len(results))}
	case "tool", "write":
		if len(results) > 0 {
			return reply{text: "The tool answered: " + strings.Join(results, "\n")}
		}
		if verb == "write" {
			return use("Write", rest)
		}
		name, input, _ := strings.Cut(rest, " ")
		return use(name, input)
	default:
		return reply{text: fmt.Sprintf("You said %q. That was prompt %d of this conversation.", text, count)}
	}
}

// use makes a tool call out of JSON, or out of the tool's main argument.
func use(tool, input string) reply {
	if json.Valid([]byte(input)) && strings.HasPrefix(input, "{") {
		return reply{tool: tool, input: json.RawMessage(input)}
	}
	args := map[string]string{}
	switch tool {
	case "Bash":
		args["command"] = input
	case "Read":
		args["file_path"] = input
	case "Write":
		args["file_path"], args["content"], _ = strings.Cut(input, " ")
	case "Glob", "Grep":
		args["pattern"] = input
	default:
		args["input"] = input
	}
	raw, _ := json.Marshal(args) // strings always marshal
	return reply{tool: tool, input: raw}
}

func words(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "word%d ", i+1)
	}
	return strings.TrimSpace(b.String())
}

// number reads the number that a text begins with.
func number(s string) int {
	end := strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' })
	if end < 0 {
		end = len(s)
	}
	n, _ := strconv.Atoi(s[:end]) // 0 when there is none
	return n
}
