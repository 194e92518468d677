package agent

import (
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// parseDemo finds out what a prompt asks for; no command if it cannot. rest is what follows its name.
func parseDemo(prompt string) (command demoCommand, rest string) {
	prompt = strings.TrimSpace(prompt)
	if inner, ok := strings.CutPrefix(prompt, "`"); ok {
		prompt = strings.TrimSpace(strings.TrimSuffix(inner, "`")) // as it stands in the help
	}
	first, rest := cutWord(prompt)
	return demoCommands[strings.ToLower(strings.TrimRight(first, ":?!."))], rest
}

// cutWord takes the first word off a text.
func cutWord(s string) (word, rest string) {
	end := strings.IndexFunc(s, unicode.IsSpace)
	if end < 0 {
		return s, ""
	}
	return s[:end], strings.TrimLeftFunc(s[end:], unicode.IsSpace)
}

// inside is a path of the workspace, whether or not the user began it with a slash.
func inside(name string) string {
	name = path.Clean("/" + filepath.ToSlash(strings.Trim(name, "\"'` ")))
	if name == "/" {
		return "."
	}
	return name[1:]
}

// amounts matches the likes of "100 MB for 10 seconds", "100", "1.5 GB, 3s".
var amounts = regexp.MustCompile(`(?i)^(\d+(?:\.\d+)?)\s*(m|mb|megabytes?|g|gb|gigabytes?)?` +
	`(?:[\s,]*(?:for\s*)?(\d+(?:\.\d+)?)\s*(s|sec|seconds?|m|min|minutes?)?)?[\s.!]*$`)

const (
	maxTakenMB      = 64 << 10
	maxTakenSeconds = 3600
)

// parseAmount reads how much memory to take, in MB, and for how many seconds: 10 if that is not said.
func parseAmount(s string) (megabytes, seconds int, ok bool) {
	m := amounts.FindStringSubmatch(s)
	if m == nil {
		return 0, 0, false
	}
	amount, _ := strconv.ParseFloat(m[1], 64) // the expression lets nothing else through
	if startsWith(m[2], "g") {
		amount *= 1024
	}
	length := 10.0
	if m[3] != "" {
		length, _ = strconv.ParseFloat(m[3], 64)
	}
	if startsWith(m[4], "m") {
		length *= 60
	}
	if amount < 1 || amount > maxTakenMB || length > maxTakenSeconds {
		return 0, 0, false
	}
	return int(amount), int(length), true
}

func startsWith(word, letter string) bool { return strings.HasPrefix(strings.ToLower(word), letter) }
