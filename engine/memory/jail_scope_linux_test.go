package memory

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"coder1/engine/memory/memorytest"
)

// fakeSystemd puts a systemd-run on the PATH that runs what it is told in a group, or, with an empty one,
// where it is. It writes down how it was called.
func fakeSystemd(t *testing.T, procs string) (dir, calls string) {
	t.Helper()
	dir = t.TempDir()
	calls = filepath.Join(dir, "calls")
	script := fmt.Sprintf(`#!/bin/sh
echo "$@" >> %q
procs=%q
[ -z "$procs" ] || echo $$ > "$procs"
while [ "$1" != -- ]; do shift; done
shift
exec "$@"
`, calls, procs)
	if err := os.WriteFile(filepath.Join(dir, "systemd-run"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	return dir, calls
}

func TestRestartInAScope(t *testing.T) {
	g := memorytest.New(t, 128*mb)
	bin, calls := fakeSystemd(t, g.Procs())
	p := scopePuppet(t, bin)
	if got := p.do("restart", 128); got != "" {
		t.Fatalf("not started again: %s", got)
	}
	if said := p.do("jail", 128); !strings.Contains(said, "systemd-run: limited to 128 MB, without swap, in a scope of our own (") {
		t.Error(said)
	}
	if got := p.do("child", "marked"); got != "false" {
		t.Errorf("a child takes itself for the one in the scope: %s", got)
	}
	if got := p.do("unjail"); got != "ok" {
		t.Error(got)
	}
	text, err := os.ReadFile(calls)
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if err != nil || len(lines) != 2 {
		t.Fatalf("called %d times, want one to try and one to do it: %s %v", len(lines), text, err)
	}
	args := strings.Join(scopeArgs(128*mb, os.Geteuid() == 0), " ")
	if lines[0] != args+" true" || lines[1] != args+" "+os.Args[0]+" and its arguments" {
		t.Errorf("called as\n%s\n%s", lines[0], lines[1])
	}
}

func TestAScopeWithoutALimitIsAnErrorAndNoLoop(t *testing.T) {
	bin, calls := fakeSystemd(t, "")
	p := scopePuppet(t, bin)
	p.do("restart", 1) // no limit as low as this will be found
	if said := p.do("jail", 1); !strings.Contains(said, "error: a hard limit of 1 MB cannot be set here: systemd-run: it made a scope") {
		t.Error(said)
	}
	if text, _ := os.ReadFile(calls); strings.Count(string(text), "\n") != 2 {
		t.Errorf("called: %s", text)
	}
}

func TestSystemdThatFailsIsQuoted(t *testing.T) {
	dir := t.TempDir()
	script := "#!/bin/sh\necho Failed to connect to bus >&2; exit 1\n"
	if err := os.WriteFile(filepath.Join(dir, "systemd-run"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	if said := scopePuppet(t, dir).do("restart", 128); said != "error: systemd-run: Failed to connect to bus (exit status 1)" {
		t.Error(said)
	}
}

// scopePuppet is a puppet that finds programs in a folder first. When it is started again, its answer to
// the order is the empty line that a puppet with arguments begins with.
func scopePuppet(t *testing.T, bin string) *puppet {
	t.Setenv("PATH", bin+string(filepath.ListSeparator)+os.Getenv("PATH"))
	p := startPuppet(t, exec.CommandContext(t.Context(), os.Args[0], "and", "its", "arguments"), "child")
	if greeting, err := p.answers.ReadString('\n'); err != nil || greeting != "\n" {
		t.Fatal(greeting, err)
	}
	return p
}
