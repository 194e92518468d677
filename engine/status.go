package engine

import (
	"fmt"
	"slices"
	"time"

	"coder1/engine/governor"
	"coder1/engine/trace"
)

// Status is what the dashboard shows: where memory goes, what runs, what waits, and what was decided.
type Status struct {
	governor.View
	Settings  Settings
	Source    string // of the memory measurement
	HardLimit int64  // bytes
	Enforced  bool   // the system enforces it
	Owners    []Owned
	PIDs      map[int]int       // process -> the system's process ID
	Texts     map[string]string // waiting prompt -> the beginning of its text
	Folders   map[string]string // session that holds a process -> its workspace
	Decisions []Entry
	Uptime    time.Duration
	Version   string
	Contexts  int // sessions with an active context in memory
	Recorder  trace.Status
}

// Owned is memory and whose it is.
type Owned struct {
	Owner string // such as "server", "process/7", "terminal/3"
	Kind  string // "server", "process", "tool", "terminal", "cache" or "other"
	Label string // for people
	// Process is the agent process it belongs to, 0 for none.
	Process int
	Bytes   int64
	Parts   []Part // of the server: what it is for
}

// Part is what some of an owner's memory is for.
type Part struct {
	Label string
	Bytes int64
}

// Health is the part of the Status that costs next to nothing.
func (e *Engine) Health() Status {
	s := Status{
		View: e.view(), Settings: e.settings, Source: e.meter.Source(), HardLimit: e.hardLimit, Enforced: e.contained || e.jail != nil,
		Uptime: e.now(), Version: e.version,
	}
	s.Contexts, _ = e.store.Active()
	s.Alerts = append(s.Alerts, e.storeAlerts()...)
	return s
}

// Status takes a picture of the engine.
func (e *Engine) Status() Status {
	s := e.Health()
	s.Recorder = e.recorder.Status()
	s.Decisions, s.Texts, s.Folders = e.journal.latest(), map[string]string{}, map[string]string{}
	s.Owners, s.PIDs = e.attribution.picture()
	s.Owners = slices.Clone(s.Owners)
	for i := range s.Owners {
		if s.Owners[i].Owner == serverOwner {
			s.Owners[i].Parts = e.ownParts()
		}
	}
	for _, p := range s.Processes {
		if m, err := e.store.Get(p.Session); err == nil {
			s.Folders[p.Session] = m.Workspace
		}
	}
	for i, q := range s.Queue {
		s.Queue[i].Reason = e.why(q.Session, q.Reason)
		s.Texts[q.Prompt] = e.texts.beginning(q.Prompt, e.store)
		if m, err := e.store.Get(q.Session); err == nil && m.Hidden {
			s.Texts[q.Prompt] = m.Title
		}
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

func owner(process int) string { return fmt.Sprintf("process/%d", process) }
