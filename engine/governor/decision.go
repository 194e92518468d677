package governor

import (
	"time"

	"coder1/engine/pool"
	"coder1/engine/tier"
)

// The words of the packages that the governor puts together.
type (
	// How says by which way a session gets its process.
	How = pool.How
	// Tier is a level of service.
	Tier = tier.Tier
)

// A Decision is something the engine must do, or tell. Each carries its reason in words for people.
type Decision interface{ decision() }

type (
	// Accept gives an offered prompt its place; it must be stored and then announced.
	Accept struct{ Prompt string }
	// Refuse turns an offered prompt away.
	Refuse struct {
		Prompt     string
		Draining   bool // the server is about to stop
		RetryAfter time.Duration
		Reason     string
	}
	// Queued tells a waiting prompt where it stands. Sent when that changes, not as time passes.
	Queued struct {
		Prompt   string
		Session  string
		Position int // 1 goes next
		Wait     time.Duration
		Reason   string
	}
	// Cancelled confirms that a waiting prompt left the line.
	Cancelled struct{ Prompt, Session, Reason string }
	// StartTurn runs a prompt on a process: Warm as it is, Reset after clearing its conversation,
	// New or Resumed after starting it under this ID.
	StartTurn struct {
		Prompt  string
		Session string
		Process int
		How     How
		// Afresh says in words why the conversation the session has is not resumed: a new one takes its
		// place. Empty when it is, or when there is none.
		Afresh string
		Reason string
	}
	// EndTurn closes a turn that its agent can no longer close.
	EndTurn struct {
		Prompt  string
		Session string
		Outcome Outcome
		// Attempts is how many turns of the prompt have been cut short by a kill, to be kept with it:
		// a prompt that brings its process down every time must not do so for ever.
		Attempts int
		Reason   string
	}
	// Interrupt asks an agent to end its turn now.
	Interrupt struct {
		Prompt  string
		Session string
		Process int
		Reason  string
	}
	// Evict asks a process to leave, and makes it after a grace time. ProcessExited must follow.
	Evict struct {
		Process int
		Session string
		Reason  string
	}
	// StartCommand lets a shell command of an agent begin. No process of it may allocate more than
	// DataLimit bytes; 0 is no limit.
	StartCommand struct {
		Group     string
		DataLimit int64
		Reason    string
	}
	// OpenTerminal lets a terminal begin, on the terms of StartCommand.
	OpenTerminal struct {
		Terminal  string
		DataLimit int64
		Reason    string
	}
	// RefuseTerminal turns one away.
	RefuseTerminal struct {
		Terminal   string
		Draining   bool // the server is about to stop
		RetryAfter time.Duration
		Reason     string
	}
	// Freeze stops a group where it stands; Thaw lets it go on; Kill ends it at once.
	Freeze struct{ Group, Session, Reason string }
	// Thaw undoes Freeze.
	Thaw struct {
		Group, Session string
		Stood          time.Duration // how long it stood still
		Reason         string
	}
	// Kill ends a group at once. Verdict is told to whoever ran it, in one line.
	Kill struct{ Group, Session, Reason, Verdict string }

	// SetLevel announces a level of memory pressure.
	SetLevel struct {
		Level  Level
		Reason string
	}
	// SetTier announces the features to be had from now on.
	SetTier struct {
		Tier   Tier
		Reason string
	}
	// TrimBuffers cuts every terminal's scrollback in memory to so many lines.
	TrimBuffers struct {
		Lines  int
		Reason string
	}
	// DropContexts drops all but the Keep most recently used sessions' contexts from memory.
	DropContexts struct {
		Keep   int
		Reason string
	}
	// CompactSessions shortens what is stored of old sessions.
	CompactSessions struct{ Reason string }
	// SweepShared removes files in memory that no process uses any more.
	SweepShared struct{ Reason string }
	// ReleaseMemory drops caches and gives freed memory back to the system.
	ReleaseMemory struct{ Reason string }

	// RaiseAlert and ClearAlert begin and end something a person should know of.
	RaiseAlert struct {
		Name     string
		Severity Severity
		Reason   string
	}
	// ClearAlert ends what RaiseAlert began.
	ClearAlert struct{ Name, Reason string }
)

// Outcome says what became of a prompt whose turn the governor ended.
type Outcome string

// The outcomes of EndTurn.
const (
	Requeued    Outcome = "requeued"    // it stands first in line and will run again
	Interrupted Outcome = "interrupted" // as its user wished
	Failed      Outcome = "failed"
	Parked      Outcome = "parked" // tried too often; its user must decide
)

// Severity of an alert.
type Severity string

// The severities.
const (
	Warning  Severity = "warning"
	Critical Severity = "critical"
)

func (Accept) decision()          {}
func (Refuse) decision()          {}
func (Queued) decision()          {}
func (Cancelled) decision()       {}
func (StartTurn) decision()       {}
func (EndTurn) decision()         {}
func (Interrupt) decision()       {}
func (Evict) decision()           {}
func (Freeze) decision()          {}
func (Thaw) decision()            {}
func (Kill) decision()            {}
func (SetLevel) decision()        {}
func (SetTier) decision()         {}
func (TrimBuffers) decision()     {}
func (DropContexts) decision()    {}
func (CompactSessions) decision() {}
func (StartCommand) decision()    {}
func (OpenTerminal) decision()    {}
func (RefuseTerminal) decision()  {}
func (SweepShared) decision()     {}
func (ReleaseMemory) decision()   {}
func (RaiseAlert) decision()      {}
func (ClearAlert) decision()      {}
