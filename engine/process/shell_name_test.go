package process

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// inCLI is how Claude Code 2.1.328 passes a command on; the quotes within are the command's own business.
func inCLI(quoted string) string {
	return `source /home/u/.claude/shell-snapshots/snapshot-bash-1795561912269-4iswu1.sh 2>/dev/null || true && { \builtin shopt -u extglob || \builtin setopt NO_EXTENDED_GLOB; } >/dev/null 2>&1 || true && { \builtin unalias -- 'which'; \builtin unset -f -- 'which'; } >/dev/null 2>&1 || true && eval ` +
		quoted + ` < /dev/null && pwd -P >| /tmp/claude-eada-cwd`
}

func TestCommandName(t *testing.T) {
	for _, c := range []struct{ script, want string }{
		{inCLI(`'npm test'`), "npm test"},
		{inCLI(`'npm test 2>&1 | head -3'`), "npm test 2>&1 | head -3"},
		{inCLI(`'cd /tmp && echo '"'"'it'"'"''"'"'s'"'"' "two
lines"
pwd'`), `echo 'it''s' "two`},
		{`eval npm\ test \< /dev/null && pwd -P >| /tmp/claude-1-cwd`, "npm test"},
		{`eval "npm \"x\" test" \< /dev/null && pwd -P >| /tmp/x`, `npm "x" test`},
		{"npm test", "npm test"},
		{"python3 /opt/mcp.py 'an arg'", "python3 /opt/mcp.py 'an arg'"},
		{"cd /a/b && cd c; npm   run\tbuild", "npm run build"},
		{"cd /a/b", "cd /a/b"},
		{"API_KEY='secret word' DEBUG=1 curl x", "curl x"},
		{"export API_KEY=secret && curl x", "curl x"},
		{"API_KEY=secret", "API_KEY=secret"},
		{"# first build\n\nmake all\nmake test", "make all"},
		{"\n\n  make", "make"},
		{"make \x1b[31mred\x1b[0m \xff", "make [31mred [0m \uFFFD"},
		{"", ""},
		{strings.Repeat("long ", 40), strings.TrimSpace(strings.Repeat("long ", 12)) + "…"},
		{strings.Repeat("é", 100), strings.Repeat("é", 59) + "…"},
	} {
		if got := commandName(c.script); got != c.want {
			t.Errorf("%q: %q, want %q", c.script, got, c.want)
		}
	}
}

func FuzzCommandName(f *testing.F) {
	f.Add(inCLI(`'npm test'`))
	f.Add("A=b cd x && # y\n\\")
	f.Fuzz(func(t *testing.T, script string) {
		name := commandName(script)
		if utf8.RuneCountInString(name) > maxName || strings.ContainsFunc(name, func(r rune) bool { return r != ' ' && isBlank(r) }) {
			t.Errorf("%q is no name", name)
		}
	})
}
