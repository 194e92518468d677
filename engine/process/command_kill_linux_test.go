package process

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
)

func TestVerdictIsTheLastLine(t *testing.T) {
	s, _ := office(t)
	file := t.TempDir() + "/output"
	for _, c := range []struct{ name, script, want string }{
		{"in mid-line", `printf half; sleep 300`, "half\nkilled: too big\n"},
		{"after a line", `echo line; sleep 300`, "line\nkilled: too big\n"},
		{"with others still writing", `echo x; setsid sh -c 'while :; do echo y; done' & while :; do echo z; done`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := agent(t, s, `run "$(cat)" >`+file+` 2>&1; echo $?`)
			fmt.Fprint(p.Stdin(), c.script)
			p.Stdin().Close()
			command := running(t, s, 1)[0]
			eventually(t, "it has written", func() bool { return size(file) > 0 })
			command.Kill("killed: too\nbig")
			command.Kill("only the first counts")
			out := readAll(t, p.Stdout())
			written := readFile(t, file)
			if c.want != "" && written != c.want || lastLine(written) != "killed: too big" {
				t.Errorf("its output ends in %q", written[max(0, len(written)-50):])
			}
			if out != "137\n" {
				t.Errorf("exit code %q", out)
			}
			wait(t, p)
			os.Remove(file)
		})
	}
}

func TestVerdictBeforeTheStart(t *testing.T) {
	s, d := office(t)
	d.begin = func(_ context.Context, c *Command) (Grant, error) {
		c.Kill("killed: no")
		return Grant{}, nil
	}
	p := agent(t, s, `run 'echo ran'; echo $?`)
	out := readAll(t, p.Stdout())
	wait(t, p)
	if out != "137\n" || p.Stderr() != "killed: no\n" {
		t.Errorf("%q, %q", out, p.Stderr())
	}
	if c := waitFor(t, "the broker is told", d.ended); !isDone(c) {
		t.Error("told too early")
	}
}

func TestKillOfACommandReachesAll(t *testing.T) {
	s, _ := office(t)
	file := t.TempDir() + "/script"
	for name, script := range escapes {
		t.Run(name, func(t *testing.T) {
			if err := os.WriteFile(file, []byte(script), 0o600); err != nil {
				t.Fatal(err)
			}
			p := agent(t, s, `run "$(cat `+file+`)"; echo $? >&2; exec sleep 300`)
			child := pidsIn(t, p)[0]
			c := running(t, s, 1)[0]
			root := c.root
			c.Kill("")
			waitFor(t, "the command is done", c.Done())
			if alive(child) || alive(root) {
				t.Errorf("left: child %v, root %v", alive(child), alive(root))
			}
			eventually(t, "all are collected", func() bool { return !listed(child) && !listed(root) })
			if !alive(p.root) {
				t.Error("the agent went with its command")
			}
			p.Kill()
			wait(t, p)
		})
	}
}

func TestKillOfACommandOutrunsForks(t *testing.T) {
	s, _ := office(t)
	agent(t, s, `run 'trap "" TERM; i=0; while [ $i -lt 3000 ]; do (setsid sleep 300 &); i=$((i+1)); done; exec sleep 300'; exec sleep 300`)
	c := running(t, s, 1)[0]
	eventually(t, "twenty orphans", func() bool { return len(s.Members()) > 20 })
	c.Kill("killed")
	waitFor(t, "the command is done", c.Done())
	if n := len(s.Members()); n > 2 { // the agent, and the wrapper on its way out
		t.Errorf("%d processes are left", n)
	}
}

func TestFreezeOfACommand(t *testing.T) {
	s, _ := office(t)
	dir := t.TempDir()
	p := agent(t, s, `run 'setsid sh -c "while :; do echo . >> `+dir+`/far; done" & while :; do echo . >> `+dir+`/near; done'`)
	c := running(t, s, 1)[0]
	grown := func(than [2]int64) bool { return size(dir+"/near") > than[0] && size(dir+"/far") > than[1] }
	sizes := func() [2]int64 { return [2]int64{size(dir + "/near"), size(dir + "/far")} }
	eventually(t, "both work", func() bool { return grown([2]int64{}) })
	if err := c.Freeze(); err != nil {
		t.Fatal(err)
	}
	still := sizes()
	for _, pid := range s.Members() {
		owner, _ := s.OwnerByBrand(pid)
		if stopped := state(pid) == 'T'; stopped != (owner == c.Owner()) {
			t.Errorf("process %d of %s: stopped %v", pid, owner, stopped)
		}
	}
	if err := c.Thaw(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "both work again", func() bool { return grown(still) })

	c.FreezeNow() // its group at once, the rest soon
	if state(c.PID()) == 'R' {
		eventually(t, "the root takes notice", func() bool { return state(c.PID()) == 'T' })
	}
	eventually(t, "all stand still", func() bool { a := sizes(); return c.Freeze() == nil && sizes() == a })
	c.ThawNow()
	eventually(t, "both work again", func() bool { return grown(sizes()) || grown(still) })
	p.FreezeNow()
	eventually(t, "the command stands still with its agent", func() bool { return state(c.PID()) == 'T' && state(p.PID()) == 'T' })
	c.Kill("") // while its wrapper cannot answer
	waitFor(t, "the command is done", c.Done())
	p.Kill()
	wait(t, p)
}

// A frozen agent hears of its command's end when it goes on.
func TestVerdictWaitsForAFrozenAgent(t *testing.T) {
	s, d := office(t)
	p := agent(t, s, `run 'sleep 300'; echo $?`)
	c := running(t, s, 1)[0]
	if err := p.Freeze(); err != nil {
		t.Fatal(err)
	}
	c.Kill("killed: too big")
	if ended := waitFor(t, "the broker is told", d.ended); ended != c || !isDone(c) {
		t.Error("told of another, or too early")
	}
	p.ThawNow()
	out := readAll(t, p.Stdout())
	wait(t, p)
	if out != "137\n" || p.Stderr() != "killed: too big\n" {
		t.Errorf("%q, %q", out, p.Stderr())
	}
}

func TestThawSparesWhatIsFrozenForAnotherReason(t *testing.T) {
	s, _ := office(t)
	p := agent(t, s, `run 'while :; do :; done' & wait`)
	c := running(t, s, 1)[0]
	if err := errors.Join(c.Freeze(), p.Freeze(), p.Thaw()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the agent goes on without its frozen command", func() bool { return state(p.PID()) != 'T' && state(c.PID()) == 'T' })
	if err := errors.Join(p.Freeze(), c.Thaw()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the command of a frozen agent stands still", func() bool { return state(p.PID()) == 'T' && state(c.PID()) == 'T' })
	if err := p.Thaw(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "both go on", func() bool { return state(p.PID()) != 'T' && state(c.PID()) != 'T' })
}

func TestFrozenBeforeTheStart(t *testing.T) {
	s, d := office(t)
	d.begin = func(_ context.Context, c *Command) (Grant, error) {
		c.FreezeNow()
		return Grant{}, nil
	}
	p := agent(t, s, `run 'echo ran'`)
	c := running(t, s, 1)[0]
	eventually(t, "it stands still", func() bool { return state(c.PID()) == 'T' })
	c.ThawNow()
	if out := readAll(t, p.Stdout()); out != "ran\n" {
		t.Errorf("after the thaw it printed %q", out)
	}
}

func TestSignalsArePassedOn(t *testing.T) {
	s, _ := office(t)
	for _, sig := range []string{"TERM", "INT", "HUP"} {
		t.Run(sig, func(t *testing.T) {
			file := t.TempDir() + "/ready"
			// An asynchronous command of sh ignores SIGINT from the start, so the wrapper is run by a function of its own.
			p := agent(t, s, `exec "$CLAUDE_CODE_SHELL_PREFIX" 'trap "echo caught; exit 9" `+sig+`; : >`+file+`; while :; do sleep 0.01; done'`)
			running(t, s, 1)
			eventually(t, "the trap is set", func() bool { return exists(file) })
			number := map[string]syscall.Signal{"TERM": syscall.SIGTERM, "INT": syscall.SIGINT, "HUP": syscall.SIGHUP}[sig]
			if err := syscall.Kill(p.PID(), number); err != nil {
				t.Fatal(err)
			}
			if out := readAll(t, p.Stdout()); out != "caught\n" {
				t.Errorf("printed %q", out)
			}
			if e := wait(t, p); e.Code != 9 {
				t.Errorf("the wrapper %s", e.Text)
			}
		})
	}
}

// What a command that was stopped has left gets a moment to end, and is then made to.
func TestStoppedCommandLeavesNothing(t *testing.T) {
	s, _ := office(t)
	p := agent(t, s, `"$wrapper" 'sh -c "trap \"\" TERM; echo \$\$; exec sleep 300" & exec sleep 300' & echo $! >&2; wait $!; echo $? >&2; exec sleep 300`)
	stubborn := pidsIn(t, p)[0]
	c := running(t, s, 1)[0]
	if err := syscall.Kill(wrapperOf(t, p), syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the command is done", c.Done())
	if alive(stubborn) {
		t.Error("it goes on in the background")
	}
	eventually(t, "the wrapper ends as the command did", func() bool { return strings.HasSuffix(p.Stderr(), "\n143\n") })
}

func TestDeadWrapperTakesItsCommandAlong(t *testing.T) {
	s, d := office(t)
	p := agent(t, s, `"$wrapper" '(env -i setsid sh -c "echo \$\$; exec sleep 300") & exec sleep 300' & echo $! >&2; wait; exec sleep 300`)
	hidden := pidsIn(t, p)[0]
	c := running(t, s, 1)[0]
	if err := syscall.Kill(wrapperOf(t, p), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the command is done", c.Done())
	waitFor(t, "the broker is told", d.ended)
	if alive(hidden) || alive(c.root) || !alive(p.root) {
		t.Errorf("alive: child %v, root %v, agent %v", alive(hidden), alive(c.root), alive(p.root))
	}
}

// The engine's loop calls these when there is no time.
func TestUrgentCallsTakeLittle(t *testing.T) {
	s, _ := office(t)
	p := agent(t, s, `run 'sleep 300' & run 'sleep 300' & run 'sleep 300' & wait`)
	c := running(t, s, 3)[0]
	for name, do := range map[string]func(){"command": c.stopGroups, "agent": p.stopGroups} {
		if n := testing.AllocsPerRun(100, do); n != 0 {
			t.Errorf("to stop the groups of a(n) %s takes %v allocations", name, n)
		}
	}
	// Whoever walks over the members meanwhile holds nothing that they wait for.
	c.pinned.RLock()
	collecting := make(chan struct{})
	go func() {
		c.pinned.Lock()
		c.pinned.Unlock() //nolint:staticcheck // only to have waited for it
		close(collecting)
	}()
	eventually(t, "the collector waits", func() bool {
		free := c.pinned.TryRLock()
		if free {
			c.pinned.RUnlock()
		}
		return !free
	})
	c.stopGroups()
	c.pinned.RUnlock()
	<-collecting
}

func BenchmarkStopGroups(b *testing.B) {
	s, err := NewSupervisor(Options{ID: fmt.Sprint("bench-", os.Getpid())})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	p, err := s.Start(Spec{Path: "/bin/sleep", Args: []string{"300"}, Owner: "process/1"})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		p.stopGroups()
	}
}
