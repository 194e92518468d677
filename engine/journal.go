package engine

import (
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"coder1/engine/governor"
)

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

// journal keeps the latest decisions, and has them logged by somebody who may wait for the log.
type journal struct {
	lines chan Entry

	mu      sync.Mutex
	last    int64
	entries []Entry // oldest first
}

// Bounds of the journal.
const (
	journalLength  = 100 // decisions kept for the dashboard
	journalBacklog = 256 // decisions that wait for the log; more are left out of it
)

func (j *journal) latest() []Entry {
	j.mu.Lock()
	defer j.mu.Unlock()
	return append([]Entry(nil), j.entries...)
}

// add notes a decision for people. Places in the queue and routine housekeeping are not news.
func (j *journal) add(d governor.Decision) {
	if e, news := describe(d); news {
		j.enter(e)
	}
}

func (j *journal) enter(e Entry) {
	j.mu.Lock()
	j.last++
	e.ID, e.Time = j.last, time.Now()
	if len(j.entries) == journalLength {
		j.entries = append(j.entries[:0], j.entries[1:]...)
	}
	j.entries = append(j.entries, e)
	j.mu.Unlock()
	select {
	case j.lines <- e:
	default: // whoever reads the log has stopped reading
	}
}

// write logs entries until there will be no more.
func (j *journal) write(log *slog.Logger) {
	for e := range j.lines {
		attrs := []any{"reason", e.Reason}
		for _, a := range []struct {
			name  string
			value any
			zero  bool
		}{{"session", e.Session, e.Session == ""}, {"prompt", e.Prompt, e.Prompt == ""}, {"process", e.Process, e.Process == 0}} {
			if !a.zero {
				attrs = append(attrs, a.name, a.value)
			}
		}
		log.Info(strings.ReplaceAll(e.Kind, "_", " "), attrs...)
	}
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
		return Entry{Kind: "interrupt", Session: d.Session, Prompt: d.Prompt, Process: d.Process, Reason: d.Reason}, true
	case governor.Evict:
		return Entry{Kind: "evict", Session: d.Session, Process: d.Process, Reason: d.Reason}, true
	case governor.RefuseTerminal:
		return Entry{Kind: "refuse", Reason: d.Reason}, true
	case governor.Freeze:
		return Entry{Kind: "freeze", Session: d.Session, Reason: d.Reason}, true
	case governor.Thaw:
		return Entry{Kind: "thaw", Session: d.Session, Reason: d.Reason}, true
	case governor.Kill:
		return Entry{Kind: "kill", Session: d.Session, Reason: d.Reason}, true
	case governor.SweepShared:
		return Entry{Kind: "sweep_shared", Reason: d.Reason}, true
	case governor.SetLevel:
		return Entry{Kind: "set_level", Reason: fmt.Sprintf("%s: %s", d.Level, d.Reason)}, d.Level == governor.LevelEmergency
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
