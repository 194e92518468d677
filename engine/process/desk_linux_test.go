package process

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// desk is a broker that lets everything run, unless begin says otherwise.
type desk struct {
	begin func(context.Context, *Command) (Grant, error)
	ended chan *Command // buffered
}

func (d *desk) Begin(ctx context.Context, c *Command) (Grant, error) {
	if d.begin != nil {
		return d.begin(ctx, c)
	}
	return Grant{}, nil
}

func (d *desk) Ended(c *Command) {
	if d.ended != nil {
		d.ended <- c
	}
}

// office is a supervisor that serves commands.
func office(t *testing.T) (*Supervisor, *desk) {
	t.Helper()
	s, d := supervisor(t), &desk{ended: make(chan *Command, 100)}
	if err := s.ServeCommands(d); err != nil {
		t.Fatal(err)
	}
	return s, d
}

// agent starts a script that runs commands by way of the wrapper, as agents do: run COMMAND, or "$wrapper"
// COMMAND & where the wrapper's pid is wanted.
func agent(t *testing.T, s *Supervisor, script string) *Process {
	t.Helper()
	p, err := s.Start(Spec{
		Path: "/bin/sh", Args: []string{"-c", `wrapper="$CLAUDE_CODE_SHELL_PREFIX"; run() { "$wrapper" "$1"; }; ` + script},
		Env:   Environ(append(s.CommandEnv(), "GORACE=atexit_sleep_ms=0")...),
		Owner: fmt.Sprint("process/", started.Add(1)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// running waits until exactly n commands run.
func running(t *testing.T, s *Supervisor, n int) []*Command {
	t.Helper()
	eventually(t, fmt.Sprint(n, " commands run"), func() bool { return len(s.Commands()) == n })
	return s.Commands()
}

func isDone(c *Command) bool {
	select {
	case <-c.Done():
		return true
	default:
		return false
	}
}

func waitFor[T any](t *testing.T, what string, c <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(deadline):
		t.Fatal("never: " + what)
	}
	return v
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

// lastLine is the last line of a text that ends with a line's end.
func lastLine(text string) string {
	whole, ended := strings.CutSuffix(text, "\n")
	if !ended {
		return ""
	}
	return whole[strings.LastIndexByte(whole, '\n')+1:]
}

// wrapperOf is the pid on the first line of an agent's standard error.
func wrapperOf(t *testing.T, p *Process) (pid int) {
	t.Helper()
	eventually(t, "the agent says which pid the wrapper has", func() bool {
		n, err := fmt.Sscanln(p.Stderr(), &pid)
		return n == 1 && err == nil
	})
	return pid
}
