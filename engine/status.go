package engine

import (
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"coder1/engine/governor"
)

// Status is what the dashboard shows: where memory goes, what runs, what waits, and what was decided.
type Status struct {
	governor.View
	Settings  Settings
	Source    string // of the memory measurement
	HardLimit int64  // bytes
	Owners    []Owned
	PIDs      map[int]int       // process -> the system's process ID
	Texts     map[string]string // waiting prompt -> the beginning of its text
	Folders   map[string]string // session that holds a process -> its workspace
	Decisions []Entry
	Uptime    time.Duration
	Version   string
	Contexts  int // sessions with an active context in memory
}

// Owned is memory and whose it is.
type Owned struct {
	Owner string // such as "server", "process/7"
	Kind  string // "server", "process", "tool" or "cache"
	Label string // for people
	// Process is the agent process it belongs to, 0 for none.
	Process int
	Bytes   int64
}

// Status takes a picture of the engine.
func (e *Engine) Status() Status {
	s := Status{
		View: e.view(), Settings: e.settings, Source: e.meter.Source(), HardLimit: e.meter.Limit(),
		Decisions: e.journal.latest(), Uptime: e.now(), Version: e.version, Texts: map[string]string{}, Folders: map[string]string{},
	}
	s.Owners, s.PIDs = e.attribution.picture()
	s.Contexts, _ = e.store.Active()
	for _, p := range s.Processes {
		if m, err := e.store.Get(p.Session); err == nil {
			s.Folders[p.Session] = m.Workspace
		}
	}
	for _, q := range s.Queue {
		if p, err := e.store.Prompt(q.Prompt); err == nil {
			s.Texts[q.Prompt] = beginning(p.Text, 200)
		}
	}
	return s
}

func beginning(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + "…"
	}
	return s
}

// StopProcess makes the agent process with a process ID of the system go. A turn it was in goes back in
// line.
func (e *Engine) StopProcess(pid int) error {
	_, pids := e.attribution.picture()
	for id, p := range pids {
		if p == pid {
			e.ask(governor.ProcessStopped{Process: id})
			return nil
		}
	}
	return ErrNoSuchProcess
}

// ErrNoSuchProcess means that a process is not, or no longer, there.
var ErrNoSuchProcess = fmt.Errorf("there is no such agent process; it may have ended")

// Entry is a decision of the governor as people read it.
type Entry struct {
	ID      int64
	Time    time.Time
	Kind    string // such as "start_turn"
	Session string
	Prompt  string
	Process int
	Reason  string
}

// journal keeps the latest decisions.
type journal struct {
	mu      sync.Mutex
	last    int64
	entries []Entry // oldest first
}

// journalLength is how many decisions are kept for the dashboard.
const journalLength = 100

func (j *journal) latest() []Entry {
	j.mu.Lock()
	defer j.mu.Unlock()
	return append([]Entry(nil), j.entries...)
}

// add notes a decision for people, and logs it. Places in the queue and routine housekeeping are not
// news.
func (j *journal) add(log *slog.Logger, d governor.Decision) {
	e, news := describe(d)
	if !news {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.last++
	e.ID, e.Time = j.last, time.Now()
	if len(j.entries) == journalLength {
		j.entries = append(j.entries[:0], j.entries[1:]...)
	}
	j.entries = append(j.entries, e)
	log.Info(strings.ReplaceAll(e.Kind, "_", " "), "session", e.Session, "prompt", e.Prompt, "process", e.Process, "reason", e.Reason)
}

func describe(d governor.Decision) (e Entry, news bool) {
	switch d := d.(type) {
	case governor.Refuse:
		return Entry{Kind: "refuse", Prompt: d.Prompt, Reason: d.Reason}, true
	case governor.StartTurn:
		return Entry{Kind: "start_turn", Session: d.Session, Prompt: d.Prompt, Process: d.Process, Reason: d.Reason}, true
	case governor.EndTurn:
		return Entry{Kind: "end_turn", Session: d.Session, Prompt: d.Prompt, Reason: string(d.Outcome) + ": " + d.Reason}, true
	case governor.Interrupt:
		return Entry{Kind: "interrupt", Prompt: d.Prompt, Process: d.Process, Reason: d.Reason}, true
	case governor.Evict:
		return Entry{Kind: "evict", Session: d.Session, Process: d.Process, Reason: d.Reason}, true
	case governor.SetTier:
		return Entry{Kind: "set_tier", Reason: fmt.Sprintf("%s tier: %s", d.Tier, d.Reason)}, true
	case governor.RaiseAlert:
		return Entry{Kind: "raise_alert", Reason: d.Reason}, true
	case governor.ClearAlert:
		return Entry{Kind: "clear_alert", Reason: d.Reason}, true
	default:
		return Entry{}, false
	}
}

// releaseMemory gives what the garbage collector has freed back to the system.
func releaseMemory() { debug.FreeOSMemory() }

func owner(process int) string { return fmt.Sprintf("process/%d", process) }
