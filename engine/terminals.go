package engine

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync/atomic"

	"coder1/engine/governor"
	"coder1/engine/terminal"
	"coder1/engine/tier"
)

// How a terminal ranks beside the server. A person waits for what it does, so it has more of the CPU than what
// agents run (see commandNice), and less than agents and the server. Its children inherit its place in line when
// the kernel is out of memory, which is the first: the shell stands there with them, but of equals the kernel
// takes the largest.
const (
	terminalNice     = 10
	terminalOOMScore = 1000
)

// terminals are an engine's, with what the governor has to know of them.
type terminals struct {
	*terminal.Set
	last    atomic.Int64 // number given out
	cleared chan string  // owners of those in which something was ended, for the sampler
}

// openTerminals opens the set of terminals.
func (e *Engine) openTerminals() (err error) {
	e.terminals.cleared = make(chan string, 16)
	e.terminals.Set, err = terminal.Open(e.supervisor, filepath.Join(e.settings.Data, "terminals"), tier.Premium.ScrollbackLines(), terminal.Hooks{
		Changed: e.watchers.changed,
		Watched: func(t *terminal.Terminal, watched bool) {
			e.ask(governor.TerminalWatched{Terminal: terminalOwner(t.Number()), Watched: watched})
			e.watchers.changed()
		},
		Exited: func(t *terminal.Terminal) {
			e.ask(governor.TerminalClosed{Terminal: terminalOwner(t.Number())})
		},
		Failed: func(what string, err error) { e.log.Warn("terminals: "+what, "error", err) },
	})
	return err
}

func terminalOwner(number int) string { return fmt.Sprintf("terminal/%d", number) }

// NewTerminal says what to run in a terminal.
type NewTerminal struct {
	Workspace string
	Command   []string // empty for the user's shell
	Title     string   // empty for one made of the command
	Size      terminal.Size
}

// CreateTerminal runs a program in a terminal. The error is a BusyError when there is no memory for it.
func (e *Engine) CreateTerminal(n NewTerminal) (*terminal.Terminal, error) {
	ws, err := e.ready(n.Workspace)
	if err != nil {
		return nil, err
	}
	number := int(e.terminals.last.Add(1))
	leave, err := e.admitTerminal(number)
	if err != nil {
		return nil, err
	}
	t, err := e.terminals.Start(terminal.Spec{
		ID: newID(), Number: number, Workspace: ws.Name, Dir: ws.Path, Command: n.Command, Title: n.Title, Size: n.Size,
		Shell: terminal.Shell(e.settings.Shell), Env: []string{"NODE_OPTIONS=" + e.settings.NodeOptions},
		Owner: terminalOwner(number), Nice: terminalNice, OOMScoreAdj: terminalOOMScore, DataLimit: leave.DataLimit,
	})
	if err != nil {
		e.ask(governor.TerminalClosed{Terminal: terminalOwner(number)})
		return nil, err
	}
	return t, nil
}

// admitTerminal asks the governor whether there is room.
func (e *Engine) admitTerminal(number int) (governor.OpenTerminal, error) {
	for _, d := range e.ask(governor.TerminalOpened{Terminal: terminalOwner(number), User: Owner}) {
		switch d := d.(type) {
		case governor.OpenTerminal:
			return d, nil
		case governor.RefuseTerminal:
			if d.Draining {
				return governor.OpenTerminal{}, ErrClosed
			}
			return governor.OpenTerminal{}, &BusyError{Reason: d.Reason, RetryAfter: d.RetryAfter}
		}
	}
	return governor.OpenTerminal{}, ErrClosed
}

// Terminal finds a terminal by its ID.
func (e *Engine) Terminal(id string) (*terminal.Terminal, error) { return e.terminals.Get(id) }

// Terminals lists all terminals in the order of their start.
func (e *Engine) Terminals() []terminal.Info {
	all := e.terminals.List()
	list := make([]terminal.Info, len(all))
	for i, t := range all {
		list[i] = t.Info()
	}
	return list
}

// DeleteTerminal hangs a terminal up and forgets it. It does not wait for its program to end.
func (e *Engine) DeleteTerminal(id string) error { return e.terminals.Delete(id) }

// leaveWorkspace forgets the terminals of a workspace, unless something runs in one.
func (e *Engine) leaveWorkspace(name string) error {
	var exited []string
	for _, t := range e.Terminals() {
		switch {
		case t.Workspace != name:
		case t.Exit == nil:
			return ErrTerminalsRun
		default:
			exited = append(exited, t.ID)
		}
	}
	for _, id := range exited {
		_ = e.DeleteTerminal(id) // it may be gone already
	}
	return nil
}

// ErrTerminalsRun means that a workspace cannot be deleted.
var ErrTerminalsRun = errors.New("terminals run in the workspace; close them first")

// SignalTerminal sends a signal, such as "INT", to what runs in the foreground of a terminal.
func (e *Engine) SignalTerminal(id, signal string) error {
	t, err := e.terminals.Get(id)
	if err != nil {
		return err
	}
	if signal == "CONT" && slices.Contains(e.view().Frozen, terminalOwner(t.Number())) {
		return ErrFrozen
	}
	return t.Signal(signal)
}

// ErrFrozen means that the governor has stopped something, and will let it go on.
var ErrFrozen = errors.New("the terminal stands still until there is memory for it, and goes on by itself")

// terminal finds a terminal by the group that the governor knows it as; nil for another sort of group.
func (h *hands) terminal(group string) *terminal.Terminal {
	for _, t := range h.terminals.List() {
		if terminalOwner(t.Number()) == group {
			return t
		}
	}
	return nil
}

// freezeTerminal stops a terminal's tree, or lets it go on, and tells those who look at it. It does not wait.
func freezeTerminal(t *terminal.Terminal, still bool) {
	if still {
		t.FreezeNow()
		t.Notice("Memory is nearly full: what runs here stands still until there is room.")
		return
	}
	t.ThawNow()
	t.Notice("There is room again: what runs here goes on.")
}

// killTerminal ends what a terminal's program runs, or the program itself.
func (h *hands) killTerminal(t *terminal.Terminal, why string) {
	h.workers.Go(func() {
		if !t.End(why) {
			return // TerminalClosed follows
		}
		select {
		case h.terminals.cleared <- terminalOwner(t.Number()):
		case <-h.quit:
		}
	})
}

// tellCleared tells the governor in which terminals something is gone. The sampler does it before it measures:
// a measurement from before would show the memory once more, and now it would be the shell's.
func (e *Engine) tellCleared() {
	for {
		select {
		case owner := <-e.terminals.cleared:
			e.ask(governor.TerminalCleared{Terminal: owner})
		default:
			return
		}
	}
}

// trimTerminals carries out TrimBuffers.
func (h *hands) trimTerminals(lines int) {
	if lines > 0 { // gives nothing back: the past is on disk, and as long as there is room for it
		h.later(func() { h.terminals.Trim(lines) })
		return
	}
	h.reclaim("the past of terminals", func() int64 { return h.terminals.Trim(0) })
}

// name is what to call the terminal of an owner, "" when there is none.
func (ts *terminals) name(owner string) string {
	for _, t := range ts.List() {
		if terminalOwner(t.Number()) == owner {
			return fmt.Sprintf("terminal %d: %s", t.Number(), t.Info().Title)
		}
	}
	return ""
}
