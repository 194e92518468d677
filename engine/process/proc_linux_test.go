package process

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"testing"

	"golang.org/x/sys/unix"
)

func TestParseStat(t *testing.T) {
	const rest = " 10 20 30 34816 10 4194560 1 2 3 4 5 6 7 8 20 0 1 0 123456 1000 200 18446744073709551615 1"
	for _, c := range []struct {
		line string
		want entry
		ok   bool
	}{
		{"7 (sh) S" + rest, entry{identity{7, 123456}, 10, 20, 30, 'S', 1, false}, true},
		{"7 (a) b (c)) Z" + rest + "\n", entry{identity{7, 123456}, 10, 20, 30, 'Z', 1, false}, true},
		{"2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 0 0 0 20 0 1 0 12", entry{identity{2, 12}, 0, 0, 0, 'S', 1, true}, true},
		{"7 (sh) S 10 20", entry{}, false},
		{"7 sh S" + rest, entry{}, false},
		{"7 )sh( S" + rest, entry{}, false},
		{"x (sh) S" + rest, entry{}, false},
		{"7 (sh) S x" + rest, entry{}, false},
		{"", entry{}, false},
	} {
		if got, ok := parseStat([]byte(c.line)); ok != c.ok || ok && got != c.want {
			t.Errorf("%q: %+v, %v", c.line, got, ok)
		}
	}
}

func FuzzParseStat(f *testing.F) {
	self, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(self)
	f.Add([]byte("1 (()) S 1"))
	f.Fuzz(func(t *testing.T, stat []byte) {
		if e, ok := parseStat(stat); ok && e.state == 0 {
			t.Errorf("%q has no state", stat)
		}
	})
}

func FuzzEnvironments(f *testing.F) {
	f.Add([]byte("A=b\x00" + markerName + "=abc:process/7\x00"))
	f.Add([]byte(markerName))
	f.Fuzz(func(t *testing.T, environ []byte) {
		findVariable(environ, markerName)
		parseLimits(environ)
	})
}

func TestFindVariable(t *testing.T) {
	for _, c := range []struct {
		environ, value string
		found          bool
	}{
		{"A=b\x00" + markerName + "=abc:process/7\x00C=d\x00", "abc:process/7", true},
		{markerName + "=", "", true},
		{"X" + markerName + "=abc\x00", "", false},
		{markerName, "", false},
		{"", "", false},
	} {
		if value, found := findVariable([]byte(c.environ), markerName); value != c.value || found != c.found {
			t.Errorf("%q: %q, %v", c.environ, value, found)
		}
	}
}

func TestWithin(t *testing.T) {
	for owner, want := range map[string]bool{"process/7": true, "process/7/tool/1": true, "process/70": false, "process": false} {
		if within(owner, "process/7") != want {
			t.Errorf("%s within process/7: %v", owner, !want)
		}
	}
}

func TestBrands(t *testing.T) {
	a, b := engineBrand("a"), engineBrand("b")
	if a == b || a.tree(1) == a.tree(2) || a.tree(1).engine() != a || a.tree(1<<treeBits).engine() != a {
		t.Errorf("brands are not told apart: %x %x", uint64(a), uint64(b))
	}
	if got := brandOf(os.Getpid()); got != 0 {
		t.Errorf("we have the brand %x", uint64(got))
	}
	for _, c := range []struct {
		line string
		want uint64
	}{
		{"Limit\nMax realtime timeout      1000                 2000                 us        \n", 2000},
		{"Limit\nMax realtime timeout      unlimited            unlimited            us        \n", 0},
		{"Max", 0},
	} {
		if got := parseLimits([]byte(c.line)); got != c.want {
			t.Errorf("%q: %d", c.line, got)
		}
	}
	limits, err := os.ReadFile("/proc/self/limits")
	if err != nil {
		t.Fatal(err)
	}
	var now unix.Rlimit
	if err := unix.Getrlimit(brandLimit, &now); err != nil {
		t.Fatal(err)
	}
	if got := parseLimits(limits); got != now.Max && now.Max != unix.RLIM_INFINITY {
		t.Errorf("our own limit is %d, read as %d", now.Max, got)
	}
}

func TestSignalsNeverReachAnother(t *testing.T) {
	cmd := exec.Command("/bin/sleep", "300")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { cmd.Process.Kill(); cmd.Wait() }()
	id := identify(cmd.Process.Pid)
	before := identity{pid: id.pid, start: id.start - 1} // had the same pid once
	if err := send(before, unix.SIGKILL); !errors.Is(err, errGone) {
		t.Errorf("a process that is gone was signalled: %v", err)
	}
	if err := send(id, 0); err != nil || !alive(id) {
		t.Errorf("its successor was hit: %v", err)
	}
}

func TestWhoseDeadChildren(t *testing.T) {
	const ours = 100
	for _, c := range []struct {
		name         string
		session      int
		pidfds, held bool
		want         bool
	}{
		{"a child that somebody holds", ours, true, true, false},
		{"one in a session of its own that somebody holds", 7, true, true, false},
		{"an orphan", 8, true, false, true},
		{"an orphan in our session", ours, true, false, true},
		{"without descriptors: a child", ours, false, false, false},
		{"without descriptors: the root of a tree", 7, false, false, false},
		{"without descriptors: an orphan of it", 8, false, false, true},
	} {
		r := reaper{pidfds: c.pidfds, session: ours}
		e := entry{identity: identity{pid: 7}, session: c.session}
		if got := r.orphan(e, map[int]bool{7: c.held}); got != c.want {
			t.Errorf("%s: to be collected %v", c.name, got)
		}
	}
}

func TestEnviron(t *testing.T) {
	t.Setenv("CODER1_TOKEN", "secret")
	t.Setenv("ANTHROPIC_API_KEY", "secret")
	t.Setenv("LANG", "C")
	t.Setenv("LC_ALL", "C")
	got := map[string]bool{}
	for _, kv := range Environ("LANG=de_DE", "X=1") {
		got[kv] = true
	}
	for kv, want := range map[string]bool{
		"LANG=de_DE": true, "LANG=C": false, "LC_ALL=C": true, "X=1": true, "PATH=" + os.Getenv("PATH"): true,
		"CODER1_TOKEN=secret": false, "ANTHROPIC_API_KEY=secret": false,
	} {
		if got[kv] != want {
			t.Errorf("%s: %v", kv, got[kv])
		}
	}
}

func BenchmarkStart(b *testing.B) {
	s, err := NewSupervisor(Options{ID: fmt.Sprint("bench-", os.Getpid())})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	for b.Loop() {
		p, err := s.Start(Spec{Path: "/bin/true", Owner: "process/1"})
		if err != nil {
			b.Fatal(err)
		}
		<-p.Done()
	}
}

func BenchmarkMembers(b *testing.B) {
	s, err := NewSupervisor(Options{ID: fmt.Sprint("bench-", os.Getpid())})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	for i := range 10 {
		if _, err := s.Start(Spec{Path: "/bin/sleep", Args: []string{"300"}, Owner: fmt.Sprint("process/", i)}); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		if n := len(s.Members()); n != 10 {
			b.Fatal(n)
		}
	}
}
