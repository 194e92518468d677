package process

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
)

func TestBackgroundGoesOn(t *testing.T) {
	s, d := office(t)
	file := t.TempDir() + "/go"
	p := agent(t, s, `run '(setsid sh -c "echo \$\$; while [ ! -e `+file+` ]; do sleep 0.01; done") & exit 5'; echo $? >&2; exec sleep 300`)
	child := pidsIn(t, p)[0]
	eventually(t, "the command has ended", func() bool { return p.Stderr() == "5\n" })
	c := running(t, s, 1)[0]
	eventually(t, "what it left is in the background", c.Background)
	if isDone(c) || !alive(child) {
		t.Error("what it left is gone")
	}
	eventually(t, "the root keeps its number", func() bool { e, _ := look(c.PID()); return e.state == 'Z' && e.parent == os.Getpid() })
	s.system.reaper.collect()
	if !listed(c.root) {
		t.Error("the root was collected too early")
	}
	if owner, ok := s.OwnerOf(child.pid); !ok || owner != c.Owner() {
		t.Errorf("it belongs to %q", owner)
	}
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the command is done when that has ended", c.Done())
	waitFor(t, "the broker is told", d.ended)
	if len(s.Commands()) != 0 || listed(c.root) {
		t.Errorf("still known: %d commands, root %v", len(s.Commands()), listed(c.root))
	}
	c.Kill("too late") // none of these may do anything now
	c.FreezeNow()
	c.ThawNow()
	if c.Freeze() == nil || c.Thaw() == nil {
		t.Error("a command that is gone was frozen")
	}
}

func TestBackgroundCanBeKilled(t *testing.T) {
	s, _ := office(t)
	p := agent(t, s, `run 'sleep 300 & echo $!'; exec sleep 300`)
	child := pidsIn(t, p)[0]
	c := running(t, s, 1)[0]
	eventually(t, "it is in the background", c.Background)
	c.Kill("nobody hears this")
	waitFor(t, "the command is done", c.Done())
	if alive(child) || !alive(p.root) {
		t.Errorf("alive: child %v, agent %v", alive(child), alive(p.root))
	}
}

// However an agent ends, its commands end with it.
func TestCommandsEndWithTheirAgent(t *testing.T) {
	for name, end := range map[string]func(*Process){
		"killed":    (*Process).Kill,
		"stopped":   func(p *Process) { p.Stop(0) },
		"by itself": func(p *Process) { p.Stdin().Close() },
		"by others": func(p *Process) { syscall.Kill(p.PID(), syscall.SIGKILL) },
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := office(t)
			p := agent(t, s, `run '(env -i setsid sh -c "exec sleep 300") & exec sleep 300' & run 'setsid sleep 300 & exit' ; run 'sleep 300 & exit'; cat`)
			left := running(t, s, 3)
			members := s.Members()
			end(p)
			wait(t, p)
			for _, c := range left {
				if !isDone(c) {
					t.Errorf("%s (%s) goes on", c.Owner(), c.Name())
				}
			}
			for _, pid := range members {
				if _, ours := s.OwnerByBrand(pid); ours && state(pid) != 'Z' && state(pid) != 0 {
					t.Errorf("process %d is left in state %c", pid, state(pid))
				}
			}
			if len(s.Commands()) != 0 {
				t.Errorf("%d commands are known", len(s.Commands()))
			}
		})
	}
}

// An agent that is asked to go does not wait for what its commands left running.
func TestStopAsksTheBackground(t *testing.T) {
	s, _ := office(t)
	p := agent(t, s, `run 'setsid sh -c "trap \"exit 0\" TERM; while :; do sleep 0.01; done" & sleep 300 & exit'; trap "exit 0" TERM; echo ready; while :; do sleep 0.01; done`)
	if firstLine(p) != "ready" {
		t.Fatal("the agent did not start")
	}
	c := running(t, s, 1)[0]
	eventually(t, "it is in the background", c.Background)
	p.Stop(2 * deadline)
	// One is in another session, and is killed only when the grace is over: it is told by nobody.
	eventually(t, "the group in the background has ended", func() bool {
		return !slices.ContainsFunc(s.Members(), func(pid int) bool { e, _ := look(pid); return e.group == c.PID() })
	})
	p.Kill()
	wait(t, p)
}

func TestServerDeathTakesCommandsAndFolder(t *testing.T) {
	id := uniqueID(t)
	cmd, all := server(t, id, `"$CLAUDE_CODE_SHELL_PREFIX" '(env -i setsid sh -c "echo \$\$; exec sleep 300") & exec sleep 300'`)
	if len(folders(t, id)) != 1 {
		t.Fatalf("folders: %v", folders(t, id))
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for _, id := range all {
		eventually(t, fmt.Sprintf("process %d is gone", id.pid), func() bool { return !alive(id) })
	}
	eventually(t, "the folder is gone", func() bool { return len(folders(t, id)) == 0 })
}

func TestNextStartSweepsFolders(t *testing.T) {
	id := uniqueID(t)
	cmd, all := server(t, id, `echo $$; exec sleep 300`)
	guard := all[len(all)-1]
	for _, kill := range []struct {
		pid int
		sig syscall.Signal
	}{{cmd.Process.Pid, syscall.SIGSTOP}, {guard.pid, syscall.SIGKILL}, {cmd.Process.Pid, syscall.SIGKILL}} {
		if err := syscall.Kill(kill.pid, kill.sig); err != nil {
			t.Fatal(err)
		}
	}
	cmd.Wait()
	if len(folders(t, id)) != 1 {
		t.Fatalf("nothing is left to be swept: %v", folders(t, id))
	}
	other, err := NewSupervisor(Options{ID: id + "-other"})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if err := other.ServeCommands(&desk{}); err != nil {
		t.Fatal(err)
	}
	s, err := NewSupervisor(Options{ID: id})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if left := folders(t, id); len(left) != 0 || len(folders(t, other.id)) != 1 {
		t.Errorf("left: %v, of another engine: %v", left, folders(t, other.id))
	}
}

func folders(t *testing.T, id string) (found []string) {
	t.Helper()
	entries, err := os.ReadDir(os.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), folderPrefix(id)) {
			found = append(found, e.Name())
		}
	}
	return found
}

func TestCloseEndsCommands(t *testing.T) {
	warm, _ := office(t) // what Go itself starts once and keeps
	wait(t, agent(t, warm, "run 'exit 0'"))
	warm.Close()
	goroutines, files := runtime.NumGoroutine(), openFiles(t)

	s, d := office(t)
	agent(t, s, `run 'sleep 300'`)
	agent(t, s, `run 'sleep 300 & exit'; run 'exec setsid sleep 300'`)
	left := running(t, s, 3)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, c := range left {
		if !isDone(c) {
			t.Errorf("%s goes on", c.Owner())
		}
	}
	if len(d.ended) != 3 {
		t.Errorf("the broker was told of %d", len(d.ended))
	}
	if n := len(leftovers(t, s.id)); n > 0 || len(folders(t, s.id)) > 0 {
		t.Errorf("left: %d processes, %v", n, folders(t, s.id))
	}
	eventually(t, "no goroutine is left", func() bool { return runtime.NumGoroutine() <= goroutines })
	eventually(t, "no file is left open", func() bool { runtime.GC(); return openFiles(t) <= files })
}
