package process

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of what is looked at of a script, in bytes, and of a command's name, in characters.
const (
	maxLook = 4 << 10
	maxName = 60
)

// commandName is what to call a script: its first words that mean something.
func commandName(script string) string {
	text := innerCommand(script)
	for {
		rest := strings.TrimLeftFunc(text, isBlank)
		rest = strings.TrimPrefix(rest, preamble.FindString(rest))
		if rest == text {
			break
		}
		text = rest
	}
	if text == "" {
		text = innerCommand(script)
	}
	line, _, _ := strings.Cut(strings.TrimLeftFunc(text, isBlank), "\n")
	return tidy(line, maxName)
}

// preamble is what may come before the words that mean something: comments, changes of directory, and
// variables, whose values are nobody's business.
var preamble = regexp.MustCompile(`^(#[^\n]*(\n|$)|cd +[^;&|\n]*(&&|;|\n)|(export +)?[A-Za-z_]\w*=('[^']*'|"[^"]*"|[^\s'";&|])*(\s*(&&|;)|\s+))`)

// innerCommand is the beginning of the command in a script of Claude Code's: "source …/snapshot.sh … &&
// eval 'COMMAND' \< /dev/null && pwd -P >| …". Other scripts are commands themselves.
func innerCommand(script string) string {
	look := func(s string) string { return s[:min(len(s), maxLook)] }
	if !strings.Contains(script, "pwd -P >| ") {
		return look(script)
	}
	if after, ok := strings.CutPrefix(script, "eval "); ok {
		return shellWord(look(after))
	}
	if _, after, ok := strings.Cut(script, "&& eval "); ok {
		return shellWord(look(after))
	}
	return look(script)
}

// shellWord is the first word of a text, as a shell would read it.
func shellWord(text string) string {
	var word strings.Builder
	var quote byte
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case quote != 0 && c == quote:
			quote = 0
		case quote == '\'':
			word.WriteByte(c)
		case c == '\\' && i+1 < len(text):
			i++
			word.WriteByte(text[i])
		case quote == '"':
			word.WriteByte(c)
		case c == '\'' || c == '"':
			quote = c
		case c == ' ' || c == '\t' || c == '\n':
			return word.String()
		default:
			word.WriteByte(c)
		}
	}
	return word.String()
}

// tidy makes a foreign text one short line.
func tidy(text string, most int) string {
	text = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(text, "\uFFFD"), isBlank), " ")
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	return strings.TrimRight(string([]rune(text)[:most-1]), " ") + "…"
}

// isBlank reports what separates words, and what no line of text should have.
func isBlank(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }
