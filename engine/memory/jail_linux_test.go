package memory

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"coder1/engine/memory/memorytest"
)

// jailed starts a puppet, alone in its group, and puts it into a jail of 128 MB. It skips the test where we
// may not make groups, and keeps the puppet from asking a real systemd.
func jailed(t *testing.T) (p *puppet, said string) {
	t.Helper()
	t.Setenv("PATH", t.TempDir())
	g := memorytest.New(t, 0)
	t.Cleanup(func() {
		newJailer().removeStale(g.Dir())
	})
	p = startPuppet(t, g.Command(os.Args[0]), "child")
	return p, p.do("jail", 128)
}

// oomKills reads the counter of a group whose folder a puppet told.
func oomKills(t *testing.T, description string) string {
	t.Helper()
	dir := jailDir(description)
	for _, file := range []string{"memory.oom_control", "memory.events"} {
		if text, err := os.ReadFile(filepath.Join(dir, file)); err == nil {
			_, after, _ := strings.Cut(string(text), "oom_kill ")
			count, _, _ := strings.Cut(after, "\n")
			return count
		}
	}
	t.Fatalf("%q tells of no group", description)
	return ""
}

// The whole life of a jail, in a process that does nothing else.
func TestAJail(t *testing.T) {
	p, said := jailed(t)
	if !strings.Contains(said, ": limited to 128 MB, without swap, in a group of our own (") {
		t.Fatal(said)
	}
	if meter := p.do("meter"); !strings.HasPrefix(meter, "cgroup v") || !strings.Contains(meter, " limit 128 used ") {
		t.Errorf("the meter: %s", meter)
	}
	inside := p.do("groups")
	if child := p.do("child", "groups"); child != inside {
		t.Errorf("we are in %s, our child in %s", inside, child)
	}
	if got := p.do("child", "anon", 60); got != "ok" {
		t.Errorf("60 MB: %s", got)
	}
	if got := p.do("child", "anon", 100); got != "error: the child is gone" {
		t.Errorf("60 and 100 MB in a jail of 128: %s", got)
	}
	if got := p.do("wait"); got != "signal: killed" {
		t.Errorf("the child ended by %q", got)
	}
	if kills := oomKills(t, said); kills != "1" {
		t.Errorf("%s kills, want 1", kills)
	}
	if got := p.do("unjail"); got != "ok" {
		t.Errorf("left: %s", got)
	}
	if after := p.do("groups"); after == inside || dirExists(jailDir(said)) {
		t.Errorf("still in %s", after)
	}
}

// A server with neighbours in its group: possible with version 1, and at the root of version 2.
func TestAJailBesideOthers(t *testing.T) {
	g := memorytest.New(t, 0)
	t.Setenv("PATH", t.TempDir())
	neighbour, p := startPuppet(t, g.Command(os.Args[0]), "child"), startPuppet(t, g.Command(os.Args[0]), "child")
	neighbour.do("anon", 0)
	home := p.do("groups")
	said := p.do("jail", 128)
	if strings.HasPrefix(said, "error: a hard limit of 128 MB cannot be set here: ") &&
		strings.Contains(said, "cgroup v2: our group is not ours alone, process ") {
		return
	}
	if got := p.do("meter"); !strings.Contains(got, " limit 128 ") {
		t.Error(said, got)
	}
	if got := neighbour.do("groups"); got != home {
		t.Errorf("the neighbour was moved to %s", got)
	}
	if got := p.do("unjail"); got != "ok" {
		t.Error(got)
	}
}

// jailDir is the folder in a jail's description.
func jailDir(description string) string {
	_, rest, _ := strings.Cut(description, "(")
	return strings.TrimSuffix(rest, ")")
}

func dirExists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func TestClosingAJailWithChildrenInItSaysSo(t *testing.T) {
	p, _ := jailed(t)
	p.do("child", "anon", 1)
	if got := p.do("unjail"); !strings.Contains(got, "processes [") || !strings.Contains(got, "are still in it") {
		t.Error(got)
	}
}

// A server that was killed leaves its group; the next one removes it, and no other.
func TestStaleGroupsAreRemoved(t *testing.T) {
	p, said := jailed(t)
	stale := jailDir(said)
	if !dirExists(stale) {
		t.Fatal(said)
	}
	j := newJailer()
	j.removeStale(filepath.Dir(stale))
	if !dirExists(stale) {
		t.Error("the jail of a living server was removed")
	}
	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = p.cmd.Wait()
	if _, err := j.newCell(filepath.Dir(stale)); err != nil {
		t.Error(err)
	}
	if dirExists(stale) {
		t.Errorf("%s is still there", stale)
	}
}

func TestOnlyGroupsOfServersAreStale(t *testing.T) {
	for name, want := range map[string]int{
		"coder1-12-345": 12, "coder1-12": 0, "coder1-test-12-3": 0, "coder1-e2e-5": 0, "coder1--1": 0, "coder1-0-1": 0,
		"coder1--5-1": 0, "system.slice": 0,
	} {
		if pid, ok := cellOf(name); ok != (want != 0) || ok && pid != want {
			t.Errorf("%s: %d %v", name, pid, ok)
		}
	}
}

func TestAnErrorSaysWhatWasTried(t *testing.T) {
	j := newJailer()
	j.options.Root = machine(t, map[string]string{"proc/self/mountinfo": "", "proc/self/cgroup": ""})
	failed := &noJail{limit: 512 * mb}
	t.Setenv("PATH", "")
	for _, way := range []func(int64) (*Jail, error){j.enterV1, j.enterV2, j.asWeAre, j.restartInScope} {
		_, err := way(512 * mb)
		failed.tried = append(failed.tried, err)
	}
	const want = "a hard limit of 512 MB cannot be set here: cgroup v1: not mounted; cgroup v2: not mounted; " +
		"no limit of 512 MB or less is set from outside; systemd-run: not installed"
	if failed.Error() != want {
		t.Error(failed)
	}
	if _, err := EnterJail(0); err == nil {
		t.Error("a jail of nothing")
	}
}

func TestALimitFromOutsideIsEnough(t *testing.T) {
	j := newJailer()
	j.options.Root = machine(t, limitedV2("1"))
	jail, err := j.asWeAre(512 * mb)
	if err != nil || jail.Describe() != "cgroup v2: already limited to 512 MB from outside" || jail.Close() != nil {
		t.Error(jail, err)
	}
	if _, err := j.asWeAre(511 * mb); err == nil {
		t.Error("512 MB are not 511")
	}
}
