package process

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// openTTY makes a pseudo-terminal: our side and the program's.
func openTTY(t *testing.T) (ours, theirs *os.File) {
	t.Helper()
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	ours = os.NewFile(uintptr(fd), "ptmx")
	t.Cleanup(func() { ours.Close() })
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	theirs, err = os.OpenFile("/dev/pts/"+strconv.Itoa(number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	return ours, theirs
}

func init() { shellPatience = deadline }

// inTTY runs a script in a terminal, with a shell that has job control.
func inTTY(t *testing.T, s *Supervisor, script string) (*Process, *os.File, *bufio.Reader) {
	t.Helper()
	ours, theirs := openTTY(t)
	p, err := s.Start(Spec{Path: "/bin/bash", Args: []string{"--norc", "-c", "set -m; " + script}, Env: Environ(), TTY: theirs,
		Owner: fmt.Sprint("terminal/", started.Add(1)), Nice: 3, OOMScoreAdj: 700, DataLimit: 3 << 30})
	if err != nil {
		t.Fatal(err)
	}
	if err := ours.SetReadDeadline(time.Now().Add(deadline)); err != nil {
		t.Fatal(err)
	}
	return p, ours, bufio.NewReader(ours)
}

func lineOf(t *testing.T, r *bufio.Reader) string {
	t.Helper()
	line, err := r.ReadString('\n')
	if err != nil {
		t.Fatalf("%v after %q", err, line)
	}
	return strings.TrimSpace(line)
}

func TestATreeWithATerminal(t *testing.T) {
	p, _, out := inTTY(t, supervisor(t), `[ -t 0 ] && [ -t 1 ] && [ -t 2 ] && echo all; echo $$ $(ps -o sid=,tpgid=,tty= -p $$); : </dev/tty && echo controlled
		cat /proc/$$/oom_score_adj; nice; ulimit -d; exit 7`)
	if got := lineOf(t, out); got != "all" {
		t.Errorf("its streams: %q", got)
	}
	var pid, session, group int
	var tty string
	if _, err := fmt.Sscan(lineOf(t, out), &pid, &session, &group, &tty); err != nil || pid != p.PID() || session != pid || !strings.HasPrefix(tty, "pts/") {
		t.Errorf("it is %d in session %d on %s, %v", pid, session, tty, err)
	}
	for _, want := range []string{"controlled", "700", "3", strconv.Itoa(3 << 20)} {
		if got := lineOf(t, out); got != want {
			t.Errorf("it says %q, not %q", got, want)
		}
	}
	if e := wait(t, p); e.Code != 7 {
		t.Errorf("it %s", e.Text)
	}
	if n, err := io.Copy(io.Discard, out); n != 0 || err == nil {
		t.Errorf("then came %d bytes, %v", n, err)
	}
	if p.Stderr() != "" {
		t.Error("it has a standard error")
	}
}

func TestStopHangsUp(t *testing.T) {
	p, _, out := inTTY(t, supervisor(t), `trap "" TERM; trap "echo hung up; exit 3" HUP; echo ready; while :; do sleep 0.01; done`)
	lineOf(t, out)
	p.Stop(deadline)
	if got := lineOf(t, out); got != "hung up" {
		t.Errorf("it says %q", got)
	}
	if e := wait(t, p); e.Code != 3 {
		t.Errorf("it %s", e.Text)
	}
}

func TestATerminalThatCannotStartIsClosed(t *testing.T) {
	ours, theirs := openTTY(t)
	if _, err := supervisor(t).Start(Spec{Path: "/no/such/program", TTY: theirs, Owner: "terminal/1"}); err == nil {
		t.Fatal("it was started")
	}
	if _, err := theirs.Stat(); err == nil {
		t.Error("the program's side is still open")
	}
	_ = ours.SetReadDeadline(time.Now().Add(deadline))
	if _, err := ours.Read(make([]byte, 1)); err == nil || os.IsTimeout(err) {
		t.Errorf("our side: %v", err)
	}
}

// A job in the foreground that stood still with its shell goes on in the foreground.
func TestAFrozenJobStaysInTheForeground(t *testing.T) {
	s := supervisor(t)
	p, tty, out := inTTY(t, s, `bash --norc -c 'echo $$; read x; echo heard $x'; echo status $?`)
	job := mustAtoi(t, lineOf(t, out))
	for range 20 {
		if err := p.Freeze(); err != nil {
			t.Fatal(err)
		}
		if state(job) != 'T' {
			t.Fatalf("the job is %c", state(job))
		}
		if err := p.Thaw(); err != nil {
			t.Fatal(err)
		}
	}
	if group, err := unix.IoctlGetInt(int(tty.Fd()), unix.TIOCGPGRP); err != nil || group != job {
		t.Errorf("in the foreground is %d, %v; the job is %d", group, err, job)
	}
	if _, err := tty.WriteString("me\n"); err != nil {
		t.Fatal(err)
	}
	lineOf(t, out) // the echo
	if got := lineOf(t, out); got != "heard me" {
		t.Errorf("it says %q", got)
	}
	if got := lineOf(t, out); got != "status 0" {
		t.Errorf("its shell says %q", got)
	}
	wait(t, p)
}

func TestKillRestLeavesTheRoot(t *testing.T) {
	s := supervisor(t)
	p, _, out := inTTY(t, s, `trap ":" USR1; (setsid sh -c 'echo $$; exec sleep 300' &); sh -c 'echo $$; sleep 300; :'; echo status $?; read x`)
	pids := []int{mustAtoi(t, lineOf(t, out)), mustAtoi(t, lineOf(t, out))}
	if err := p.Freeze(); err != nil {
		t.Fatal(err)
	}
	if !p.KillRest() {
		t.Fatal("there was nothing to kill")
	}
	for _, pid := range pids {
		eventually(t, "the rest is dead", func() bool { return state(pid) == 0 || state(pid) == 'Z' })
	}
	for got := ""; !strings.HasPrefix(got, "status"); {
		if got = lineOf(t, out); got == "status 137" {
			break
		}
	}
	if p.KillRest() {
		t.Error("there was more to kill")
	}
	p.Kill()
	wait(t, p)
}

func TestSignalGroup(t *testing.T) {
	s := supervisor(t)
	p, tty, out := inTTY(t, s, `bash --norc -c 'trap "echo heard" INT; echo ready; while :; do :; done'`) // without a child, whose end can hide the signal from bash
	lineOf(t, out)
	group, err := unix.IoctlGetInt(int(tty.Fd()), unix.TIOCGPGRP)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.SignalGroup(group, syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if got := lineOf(t, out); got != "heard" {
		t.Errorf("it says %q", got)
	}
	other := shell(t, s, "exec sleep 300")
	for _, bad := range []int{-1, 0, 1, other.PID()} {
		if err := p.SignalGroup(bad, syscall.SIGKILL); err == nil {
			t.Errorf("group %d, which is not its own, was signalled", bad)
		}
	}
	if state(other.PID()) == 'Z' {
		t.Error("the other was killed")
	}
	p.Kill()
	wait(t, p)
}

// What our own parents ignore is not ignored by what runs in a terminal.
func TestSignalsHaveTheirDefaultEffect(t *testing.T) {
	signal.Ignore(unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGTERM)
	defer signal.Reset(unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGTERM)
	s := supervisor(t)
	p, _, out := inTTY(t, s, `grep SigIgn /proc/$$/status`)
	var ignored uint64
	if _, err := fmt.Sscanf(lineOf(t, out), "SigIgn: %x", &ignored); err != nil {
		t.Fatal(err)
	}
	for _, sig := range []syscall.Signal{unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGTERM, unix.SIGPIPE} {
		if ignored&(1<<(sig-1)) != 0 {
			t.Errorf("%v is ignored", sig)
		}
	}
	wait(t, p)
}

// A process whose first thread has ended is not gone: it is stopped, and killed, as any other.
func TestAProcessWithoutItsFirstThread(t *testing.T) {
	s := supervisor(t)
	p, err := s.Start(Spec{Path: "/proc/self/exe", Env: append(Environ(), roleHeadless+"=1"), Owner: "process/1"})
	if err != nil {
		t.Fatal(err)
	}
	pid := mustAtoi(t, firstLine(p))
	eventually(t, "its first thread has ended", func() bool { return state(pid) == 'Z' })
	if e, _ := look(pid); e.gone() || !e.headless() {
		t.Fatalf("%+v is taken for gone", e)
	}
	if err := p.Freeze(); err != nil {
		t.Errorf("freeze: %v", err)
	}
	if tree, err := members(p.claims); err != nil || len(tree) != 1 {
		t.Errorf("its tree has %d members, %v", len(tree), err)
	}
	p.Kill()
	if e := wait(t, p); e.Signal != unix.SIGKILL {
		t.Errorf("it %s", e.Text)
	}
}

func mustAtoi(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
