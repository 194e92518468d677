package process

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestStreamsAndExit(t *testing.T) {
	s := supervisor(t)
	p := shell(t, s, `read line; echo "got $line in $PWD"; echo "a word of complaint" >&2; exit 3`)
	if _, err := p.Stdin().Write([]byte("something\n")); err != nil {
		t.Fatal(err)
	}
	e := wait(t, p)
	if out := readAll(t, p.Stdout()); !strings.HasPrefix(out, "got something in /") {
		t.Errorf("stdout, read after Done: %q", out)
	}
	if p.Stderr() != "a word of complaint\n" {
		t.Errorf("stderr: %q", p.Stderr())
	}
	if want := (Exit{Code: 3, Text: "ended with code 3"}); e != want {
		t.Errorf("exit %+v, want %+v", e, want)
	}
}

func TestExitInWords(t *testing.T) {
	for _, c := range []struct {
		name, script string
		do           func(*Process)
		want         Exit
	}{
		{"by itself", "exit 0", nil, Exit{Text: "ended by itself"}},
		{"killed from outside", "kill -9 $$", nil, Exit{Code: -1, Signal: syscall.SIGKILL, Text: "was killed"}},
		{"crash", "kill -ABRT $$", nil, Exit{Code: -1, Signal: syscall.SIGABRT, Text: "was ended by signal 6 (aborted)"}},
		{"killed", "sleep 300", (*Process).Kill, Exit{Code: -1, Signal: syscall.SIGKILL, Asked: true, Text: "was stopped"}},
		{"stopped", "sleep 300", func(p *Process) { p.Stop(deadline) }, Exit{Code: -1, Signal: syscall.SIGTERM, Asked: true, Text: "was stopped"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := shell(t, supervisor(t), c.script)
			if c.do != nil {
				c.do(p)
			}
			if e := wait(t, p); e != c.want {
				t.Errorf("exit %+v, want %+v", e, c.want)
			}
		})
	}
}

func TestStartFails(t *testing.T) {
	s := supervisor(t)
	if _, err := s.Start(Spec{Path: "/no/such/program", Owner: "process/1"}); !os.IsNotExist(unwrap(err)) {
		t.Errorf("a program that is not there: %v", err)
	}
	if _, err := s.Start(Spec{Path: "/bin/true", Owner: "process/1", OOMScoreAdj: 5000}); err == nil {
		t.Error("an OOM score that cannot be was accepted")
	}
	if n := len(s.Processes()); n != 0 {
		t.Errorf("%d processes after none was started", n)
	}
	if p := shell(t, s, "exit 0"); wait(t, p).Code != 0 {
		t.Error("the owner of a failed start cannot be used again")
	}
}

func unwrap(err error) error {
	for u, ok := err.(interface{ Unwrap() error }); ok; u, ok = err.(interface{ Unwrap() error }) {
		err = u.Unwrap()
	}
	return err
}

func TestOneTreeAnOwner(t *testing.T) {
	s := supervisor(t)
	spec := Spec{Path: "/bin/sleep", Args: []string{"300"}, Owner: "process/1"}
	p, err := s.Start(spec)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Start(spec); err == nil || !strings.Contains(err.Error(), "process/1 has a process already") {
		t.Errorf("a second tree of the same owner: %v", err)
	}
	p.Kill()
	wait(t, p)
	if _, err := s.Start(spec); err != nil {
		t.Errorf("after the first is gone: %v", err)
	}
}

func TestStderrIsBounded(t *testing.T) {
	p := shell(t, supervisor(t), `head -c 1000000 /dev/zero | tr '\0' 'x' >&2; echo end >&2`)
	wait(t, p)
	if got := p.Stderr(); len(got) != tailSize || !strings.HasSuffix(got, "xxxend\n") {
		t.Errorf("%d bytes kept, ending in %q", len(got), got[max(0, len(got)-10):])
	}
}

func TestRank(t *testing.T) {
	s := supervisor(t)
	p, err := s.Start(Spec{Path: "/bin/sh", Args: []string{"-c", "sleep 300 & echo $!; wait"}, Owner: "process/1", OOMScoreAdj: 500, Nice: 7})
	if err != nil {
		t.Fatal(err)
	}
	child := pidsIn(t, p)[0]
	if got := procFile(t, child.pid, "oom_score_adj"); got != "500" {
		t.Errorf("the child's oom_score_adj is %s", got)
	}
	// Field 19 of the whole line is the nice value; the name in front is one word here.
	if got := strings.Fields(procFile(t, child.pid, "stat"))[18]; got != "7" {
		t.Errorf("the child's nice value is %s", got)
	}
}

func procFile(t *testing.T, pid int, name string) string {
	t.Helper()
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(b))
}

func TestStopGivesGraceAndThenKills(t *testing.T) {
	p := shell(t, supervisor(t), `trap "" TERM; echo ready; while :; do sleep 300; done`)
	if firstLine(p) != "ready" {
		t.Fatal("the program that ignores SIGTERM did not start")
	}
	p.Stop(50 * time.Millisecond)
	p.Stop(time.Hour) // only the first counts
	if e := wait(t, p); e.Signal != syscall.SIGKILL {
		t.Errorf("a program that ignores SIGTERM %s (%+v)", e.Text, e)
	}
}

func TestStopLetsTheRestFinish(t *testing.T) {
	s := supervisor(t)
	file := t.TempDir() + "/finished"
	// The root goes at once; its child is in another session and takes its time.
	p := shell(t, s, `setsid sh -c 'echo $$; while [ ! -e `+file+`.go ]; do sleep 0.01; done; : > `+file+`' & read x`)
	pidsIn(t, p)
	p.Stop(deadline)
	eventually(t, "the root is dead", func() bool { return state(p.PID()) == 'Z' })
	if err := os.WriteFile(file+".go", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	wait(t, p)
	if _, err := os.Stat(file); err != nil {
		t.Error("what the root left was killed within the grace time")
	}
}

func TestStopWakesAFrozenTree(t *testing.T) {
	p := shell(t, supervisor(t), `trap "exit 9" TERM; echo ready; while :; do sleep 0.001; done`)
	firstLine(p)
	if err := p.Freeze(); err != nil {
		t.Fatal(err)
	}
	p.Stop(time.Hour)
	if e := wait(t, p); e.Code != 9 {
		t.Errorf("it %s instead of ending as it wished", e.Text)
	}
}

func TestFreezeAndThaw(t *testing.T) {
	s := supervisor(t)
	file := t.TempDir() + "/count"
	p := shell(t, s, `setsid sh -c 'echo $$; while :; do echo . >> `+file+`; done' & wait`)
	child := pidsIn(t, p)[0]
	eventually(t, "the child works", func() bool { return size(file) > 0 })
	if err := p.Freeze(); err != nil {
		t.Fatal(err)
	}
	for _, pid := range append(s.Members(), p.PID(), child.pid) {
		if state(pid) != 'T' {
			t.Errorf("process %d is in state %c after Freeze", pid, state(pid))
		}
	}
	frozen := size(file)
	if err := p.Thaw(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the child works again", func() bool { return size(file) > frozen })
	if err := p.Freeze(); err != nil {
		t.Fatal(err)
	}
	p.Kill()
	wait(t, p)
}

func size(file string) int64 {
	info, err := os.Stat(file)
	if err != nil {
		return 0
	}
	return info.Size()
}

func TestNothingIsKnownAfterDone(t *testing.T) {
	s := supervisor(t)
	p := shell(t, s, "exit 0")
	wait(t, p)
	if len(s.Processes()) != 0 || len(s.Members()) != 0 {
		t.Errorf("still known: %v, %v", s.Processes(), s.Members())
	}
	p.Stop(0) // none of these may do anything now
	p.Kill()
	if p.Freeze() == nil || p.Thaw() == nil {
		t.Error("a process that is gone was frozen")
	}
}

func TestOthersChildrenAreTheirs(t *testing.T) {
	supervisor(t) // its reaper
	for range 50 {
		if err := exec.Command("/bin/sh", "-c", "exit 7").Run(); err == nil || err.Error() != "exit status 7" {
			t.Fatalf("the exit code of a child of somebody else: %v", err)
		}
	}
}
