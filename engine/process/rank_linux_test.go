package process

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestProtect(t *testing.T) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), roleProtected+"="+uniqueID(t), "GORACE=atexit_sleep_ms=0")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) != 4 {
		t.Fatalf("it said %q", out)
	}
	t.Log(lines[0])
	nice, score := 0, 0
	if strings.Contains(lines[0], "comes first") {
		nice = serverNice
	}
	if strings.Contains(lines[0], "is the last") {
		score = serverOOMScore
	}
	protected := fmt.Sprint(nice, " ", nice, " ", score)
	for i, want := range []string{protected, protected, "0 0 0"} {
		if lines[1+i] != want {
			t.Errorf("of server, guard and program, %d: %s, want %s", i, lines[1+i], want)
		}
	}
}

func TestRankIsNotRaised(t *testing.T) {
	refused := func() error { return unix.EPERM }
	wrong := func() error { return unix.EINVAL }
	for _, c := range []struct {
		name      string
		now, want int
		gate      int
		set       func() error
		err       error
	}{
		{"lower, and it may not", 0, 5, 0, refused, unix.EPERM},
		{"higher, and it may not", 5, 0, 0, refused, nil},
		{"higher, and it cannot be", 5, 0, 0, wrong, unix.EINVAL},
		{"the same", 5, 5, 0, wrong, nil},
		{"a command lower", 0, 5, 9, wrong, unix.EINVAL},
		{"a command higher", 5, 0, 9, wrong, nil},
	} {
		if err := (order{gate: c.gate}).rank(c.now, c.want, c.set); !errors.Is(err, c.err) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// Where the kernel gives every session the same share of the CPU, a command's session takes less.
func TestNiceCountsBetweenSessions(t *testing.T) {
	if b, err := os.ReadFile("/proc/sys/kernel/sched_autogroup_enabled"); err != nil || string(b) != "1\n" {
		t.Skip("no such kernel")
	}
	s := supervisor(t)
	p, err := s.Start(Spec{Path: "/bin/cat", Args: []string{autogroupFile}, Env: Environ(), Owner: "process/1", Nice: 7})
	if err != nil {
		t.Fatal(err)
	}
	if out := readAll(t, p.Stdout()); !strings.HasSuffix(out, " nice 7\n") {
		t.Errorf("its session: %q", out)
	}
}

func TestOrders(t *testing.T) {
	want := order{brand: engineBrand("x").tree(7), oomScoreAdj: 1000, nice: 19, dataLimit: 1 << 40, gate: 7}
	var got order
	if err := got.parse(want.String()); err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	for _, bad := range []string{"", "1 2 3", "a b c d e"} {
		if got.parse(bad) == nil {
			t.Errorf("%q is an order", bad)
		}
	}
}
