package engine

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"coder1/engine/governor"
	"coder1/engine/terminal"
	"coder1/engine/workspace"
)

func (r *rig) terminal(command ...string) *terminal.Terminal {
	r.t.Helper()
	if _, err := r.workspaces.Get("shop"); err != nil {
		if _, err := r.CreateWorkspace("shop"); err != nil {
			r.t.Fatal(err)
		}
	}
	term, err := r.CreateTerminal(NewTerminal{Workspace: "shop", Command: command, Size: terminal.Size{Cols: 80, Rows: 24}})
	if err != nil {
		r.t.Fatal(err)
	}
	return term
}

// look reads a terminal until its output has a text, or it ends.
func look(t testing.TB, v *terminal.Viewer, until string) (said string, last terminal.Event) {
	t.Helper()
	buf := make([]byte, 64<<10)
	dead := time.After(deadMan)
	for until == "" || !strings.Contains(said, until) {
		e, ok := v.Next(buf)
		switch {
		case !ok:
			select {
			case <-v.C():
			case <-dead:
				t.Fatalf("%q never came; there is %q", until, said)
			}
			continue
		case e.Kind == terminal.Output:
			said += string(buf[:e.N])
			v.Ack(int64(e.N))
		case e.Kind == terminal.Noticed:
			said += "(" + e.Text + ")"
		default:
			return said, e
		}
	}
	return said, last
}

func attached(t testing.TB, term *terminal.Terminal) *terminal.Viewer {
	t.Helper()
	v, err := term.Attach(terminal.Oldest, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(v.Close)
	return v
}

func TestATerminalRunsInItsWorkspace(t *testing.T) {
	r := openRig(t, testSettings(t))
	term := r.terminal("bash", "--norc", "-c", "pwd; nice; cat /proc/self/oom_score_adj; cat")
	said, _ := look(t, attached(t, term), "\n1000")
	if ws, _ := r.workspaces.Get("shop"); said != ws.Path+"\r\n10\r\n1000" && said != ws.Path+"\r\n10\r\n1000\r\n" {
		t.Errorf("it says %q", said)
	}
	if l := r.Terminals(); len(l) != 1 || l[0].Workspace != "shop" || !strings.HasPrefix(l[0].Title, "bash --norc") || l[0].Viewers != 1 {
		t.Errorf("the list is %+v", l)
	}
	for _, n := range []NewTerminal{{Workspace: "none", Size: terminal.Size{Cols: 80, Rows: 24}}, {Workspace: "../shop", Size: terminal.Size{Cols: 80, Rows: 24}}} {
		if _, err := r.CreateTerminal(n); !errors.Is(err, workspace.ErrNotFound) {
			t.Errorf("in workspace %q: %v", n.Workspace, err)
		}
	}
	if err := r.DeleteWorkspace(t.Context(), "shop"); !errors.Is(err, ErrTerminalsRun) {
		t.Errorf("its workspace could be deleted: %v", err)
	}
	other := r.terminal("cat")
	if err := r.DeleteTerminal(other.ID()); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Terminal(other.ID()); !errors.Is(err, terminal.ErrNotFound) {
		t.Errorf("deleted, it is found: %v", err)
	}
	if err := r.SignalTerminal(term.ID(), "KILL"); err != nil {
		t.Fatal(err)
	}
	<-term.Over()
	if err := r.DeleteWorkspace(t.Context(), "shop"); err != nil {
		t.Errorf("with a terminal that has exited: %v", err)
	}
	if n := len(r.Terminals()); n != 0 {
		t.Errorf("%d terminals are left", n)
	}
}

func TestTheMemoryOfATerminalIsItsOwn(t *testing.T) {
	s := testSettings(t)
	s.MemoryMonitoring = true
	r := openRig(t, s)
	term := r.terminal("bash", "--norc", "-c", "bash --norc -c 'x=$(head -c 20000000 /dev/zero | tr \"\\0\" x); echo full; read y'; :")
	look(t, attached(t, term), "full")
	w := r.Watch()
	defer w.Close()
	dead := time.After(deadMan)
	for {
		owners := r.Status().Owners
		i := slices.IndexFunc(owners, func(o Owned) bool { return o.Owner == "terminal/1" })
		if i > 0 && owners[i].Bytes > 15*governor.MB {
			if o := owners[i]; o.Kind != "terminal" || o.Label != "terminal 1: "+term.Info().Title || owners[0].Kind != "server" {
				t.Errorf("it is listed as %+v, behind %+v", o, owners[0])
			}
			return
		}
		select {
		case <-w.C:
			w.Take()
		case <-dead:
			t.Fatalf("the owners are %+v", owners)
		}
	}
}

// short says that memory is short, and whose it is.
func (r *rig) short(mb int64, groups ...governor.Group) {
	r.tellCleared()
	time.Sleep(time.Until(r.born.Add(100 * time.Millisecond))) // before, nothing is frozen: growth has to show first
	r.ask(governor.Sample{Used: mb * governor.MB, Pinned: mb * governor.MB, Attributed: true, Groups: groups})
}

func TestATerminalIsRefusedWhenMemoryIsFull(t *testing.T) {
	r := openRig(t, testSettings(t))
	r.terminal("cat")
	r.short(385)
	_, err := r.CreateTerminal(NewTerminal{Workspace: "shop", Size: terminal.Size{Cols: 80, Rows: 24}})
	var busy *BusyError
	if !errors.As(err, &busy) || busy.RetryAfter == 0 || !strings.Contains(busy.Reason, "385 MB are in use, and nothing new starts from 380 MB on") {
		t.Errorf("it is refused with %v", err)
	}
}

// What grows is frozen, and what runs in the terminal is then stopped, whose shell goes on, and which says why.
func TestATerminalIsStoppedForMemory(t *testing.T) {
	r := openRig(t, testSettings(t))
	term := r.terminal("bash", "--norc", "-c", "bash --norc -c 'echo working; sleep 300'; echo status $?; read x")
	v := attached(t, term)
	look(t, v, "working")
	r.short(100)
	hog := governor.Group{ID: "terminal/1", Kind: governor.KindTerminal, Name: "terminal 1: bash", Bytes: 350 * governor.MB}
	r.short(470, hog)
	var said string
	for !strings.Contains(said, "Coder1 stopped this command at 350 MB") || !strings.Contains(said, "status 137") {
		more, _ := look(t, v, "\n")
		said += more
	}
	went := make(chan struct{})
	go func() { // now it is the shell itself
		defer close(went)
		for ; term.Info().Exit == nil; time.Sleep(minInterval) { // as often as the sampler does
			r.short(470, hog)
		}
	}()
	said, last := look(t, v, "")
	<-went
	if last.Kind != terminal.Exited || !strings.HasPrefix(last.Exit.Reason, "Coder1 stopped this command at 350 MB") || last.Exit.Signal != "KILL" {
		t.Errorf("it ended with %+v, and said %q", last, said)
	}
}

// As long as others may give memory back it stands still, and then goes on.
func TestATerminalStandsStillAndGoesOn(t *testing.T) {
	r := openRig(t, testSettings(t))
	term := r.terminal("bash", "--norc", "-c", "bash --norc -c 'echo working; read x; echo heard $x'; echo status $?")
	v := attached(t, term)
	look(t, v, "working")
	id := r.session("shop")
	p := r.prompt(id, "take 1 MB for 60 seconds")
	r.await(id, "the turn runs", func(f fields) bool { return f.Type == "tool_call" || f.Type == "message" })
	agent := governor.Group{ID: "process/1", Kind: governor.KindAgent, Process: 1, Name: "demo", Bytes: 100 * governor.MB}
	hog := governor.Group{ID: "terminal/1", Kind: governor.KindTerminal, Name: "terminal 1: bash", Bytes: 350 * governor.MB}
	r.short(470, agent, hog)
	look(t, v, "stands still")
	if err := r.SignalTerminal(term.ID(), "CONT"); !errors.Is(err, ErrFrozen) {
		t.Errorf("it could be let go on: %v", err)
	}
	if _, err := v.Write([]byte("me\n")); err != nil {
		t.Fatal(err)
	}
	went := make(chan struct{})
	go func() {
		defer close(went)
		for ; len(r.view().Frozen) > 0; time.Sleep(minInterval) {
			r.short(100, agent, hog)
		}
	}()
	said, last := look(t, v, "")
	<-went
	if !strings.Contains(said, "goes on") || !strings.Contains(said, "heard me") || last.Exit.Code != 0 {
		t.Errorf("then it says %q, %+v", said, last)
	}
	if err := r.CancelPrompt(id, p.Prompt); err != nil {
		t.Fatal(err)
	}
}

func TestTerminalsTrimTheirBuffers(t *testing.T) {
	r := openRig(t, testSettings(t))
	term := r.terminal("bash", "--norc", "-c", "seq 30000; echo; echo done; cat")
	look(t, attached(t, term), "done")
	count := func() int {
		said, _ := look(t, attached(t, term), "done")
		return strings.Count(said, "\n")
	}
	if n := count(); n < 30_000 {
		t.Errorf("a new viewer gets %d lines", n)
	}
	r.short(385) // the essential tier
	dead := time.Now().Add(deadMan)
	for n := count(); n < 10_000 || n > 10_200; n = count() {
		if time.Now().After(dead) {
			t.Fatalf("in the essential tier a new viewer gets %d lines", n)
		}
	}
	if _, err := os.Stat(filepath.Join(r.settings.Data, "terminals", term.ID())); err != nil {
		t.Errorf("the past is on disk: %v", err)
	}
}

func TestTheEngineEndsItsTerminals(t *testing.T) {
	r := openRig(t, testSettings(t))
	term := r.terminal("bash", "--norc", "-c", "trap '' HUP; echo ready; while :; do sleep 1; done")
	v := attached(t, term)
	look(t, v, "ready")
	ctx, cancel := context.WithTimeout(context.Background(), deadMan)
	defer cancel()
	r.Drain(ctx)
	if _, last := look(t, v, ""); last.Kind != terminal.Gone || !errors.Is(last.Err, terminal.ErrClosed) {
		t.Errorf("its viewer was told %+v", last)
	}
	if _, err := r.CreateTerminal(NewTerminal{Workspace: "shop", Size: terminal.Size{Cols: 80, Rows: 24}}); !errors.Is(err, ErrClosed) {
		t.Errorf("another could be opened: %v", err)
	}
	r.close()
	select {
	case <-term.Over():
	default:
		t.Error("it is still running")
	}
	if files, err := os.ReadDir(filepath.Join(r.settings.Data, "terminals")); err != nil || len(files) != 0 {
		t.Errorf("%d files are left, %v", len(files), err)
	}
}
