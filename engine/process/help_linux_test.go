package process

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// deadline is for what must happen at all; no test depends on how soon.
const deadline = 30 * time.Second

func supervisor(t *testing.T) *Supervisor {
	t.Helper()
	s, err := NewSupervisor(Options{ID: uniqueID(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func uniqueID(t *testing.T) string {
	return fmt.Sprintf("test-%d-%s", os.Getpid(), strings.ReplaceAll(t.Name(), "/", "-"))
}

var started atomic.Int64

// shell starts a shell script as a tree of its own.
func shell(t *testing.T, s *Supervisor, script string) *Process {
	t.Helper()
	p, err := s.Start(Spec{Path: "/bin/sh", Args: []string{"-c", script}, Env: Environ(), Owner: fmt.Sprint("process/", started.Add(1))})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func firstLine(p *Process) string {
	line, _ := bufio.NewReader(p.Stdout()).ReadString('\n')
	return strings.TrimSpace(line)
}

// pidsIn are the numbers on a process's first line of output, each named for ever.
func pidsIn(t *testing.T, p *Process) []identity {
	t.Helper()
	line := firstLine(p)
	var found []identity
	for _, f := range strings.Fields(line) {
		found = append(found, living(t, f))
	}
	if len(found) == 0 {
		t.Fatalf("the process said %q and not which pids it has; stderr: %s", line, p.Stderr())
	}
	return found
}

func living(t *testing.T, pid string) identity {
	t.Helper()
	n, err := strconv.Atoi(pid)
	e, ok := look(n)
	if err != nil || !ok {
		t.Fatalf("there is no process %q (%v)", pid, err)
	}
	return e.identity
}

func alive(id identity) bool {
	e, ok := look(id.pid)
	return ok && e.start == id.start && !e.gone()
}

// listed reports whether a process is there, be it dead and not collected.
func listed(id identity) bool {
	e, ok := look(id.pid)
	return ok && e.start == id.start
}

func wait(t *testing.T, p *Process) Exit {
	t.Helper()
	select {
	case <-p.Done():
		return p.Exit()
	case <-time.After(deadline):
		t.Fatalf("process %d (%s) is not done", p.PID(), p.Owner())
		return Exit{}
	}
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(deadline); !is(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("never: " + what)
		}
	}
}

func state(pid int) byte {
	e, _ := look(pid)
	return e.state
}

func readAll(t *testing.T, r io.Reader) string {
	t.Helper()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func guardPID(s *Supervisor) int { return s.system.guard.command().Process.Pid }
