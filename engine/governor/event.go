package governor

// An Event is something that happened and that the governor must know. Events carry no clock reading:
// Step is given the time. They hold no text a user wrote, so that a recording of them gives nothing away.
type Event interface{ event() }

type (
	// PromptOffered asks whether there is a place for a prompt. Answered by Accept or Refuse.
	// An accepted prompt is written to disk and then announced by PromptStored.
	PromptOffered struct {
		Prompt     string
		Session    string
		User       string
		Agent      string // kind of agent, such as "claude"
		Profile    string // processes with the same profile may serve one another's sessions after a reset
		History    int64  // bytes of conversation to be resumed, 0 for a session without history
		Background bool   // gives way to everything interactive
	}
	// PromptStored says that an accepted prompt is durable: it stands in line from now on.
	PromptStored struct{ Prompt string }
	// PromptRestored puts a prompt found on disk at start-up back in line, in the order of these events.
	PromptRestored struct {
		PromptOffered
		Attempts int // turns begun for it before
	}
	// PromptCancelled withdraws a prompt: out of the line, or its turn interrupted.
	PromptCancelled struct{ Prompt string }
	// PromptMoved changes a prompt's place among its user's; an empty Before means the end.
	PromptMoved struct{ Prompt, Before string }

	// TurnResponded says that the first output of a turn has arrived.
	TurnResponded struct{ Prompt string }
	// TurnEnded says that the agent closed its turn. The process is idle again.
	TurnEnded struct {
		Prompt      string
		Interrupted bool  // ended before its time
		History     int64 // bytes of conversation a later process would resume
		Tied        bool  // the process cannot be reset for another session
	}

	// ProcessReady says that a new process accepts prompts.
	ProcessReady struct{ Process int }
	// ProcessExited says that a process and everything it started is confirmed gone.
	ProcessExited struct {
		Process int
		Failure Failure
		Cause   string // in words, such as "exited with code 1"
	}
	// ProcessStopped says that a person wants a process gone.
	ProcessStopped struct{ Process int }

	// SessionClosed says that a session was deleted: its process is of no more use.
	SessionClosed struct{ Session string }
	// TerminalOpened says that somebody wants a terminal. Answered by OpenTerminal or RefuseTerminal.
	TerminalOpened struct{ Terminal, User string }
	// TerminalWatched says that somebody looks at a terminal, or that nobody does any more.
	TerminalWatched struct {
		Terminal string
		Watched  bool
	}
	// TerminalCleared says that what a terminal's program ran was ended, and the program itself goes on.
	TerminalCleared struct{ Terminal string }
	// TerminalClosed says that a terminal's program and all that it started is gone, or never began.
	TerminalClosed struct{ Terminal string }

	// CommandAsked says that an agent wants to run a shell command. It waits for StartCommand.
	CommandAsked struct {
		Group   string // the group it will be
		Process int    // the agent process that asks
		Name    string // for people, such as "npm test"
		Helper  bool   // the agent's own program needs it, and does not wait long
	}
	// CommandEnded says that a command and all that it started is gone, or never began.
	CommandEnded struct{ Group string }

	// Sample is a measurement of memory, all in bytes. Groups is only read during the Step.
	Sample struct {
		Used       int64 // what counts against the budget
		Pinned     int64 // what of it only its owners can give back; 0 where that is not known
		Shared     int64 // what of it may belong to no process: files in memory, shared memory
		Squeezed   bool  // the system had to take memory back since the last Sample, at the hard limit
		Attributed bool  // Groups says whose memory it is; otherwise the last attribution stands
		Groups     []Group
	}
	// Reclaimed says what a decision to give memory back has brought.
	Reclaimed struct {
		What  string // such as "contexts"
		Bytes int64
	}
	// SampleFailed says that memory could not be measured.
	SampleFailed struct{ Cause string }
	// Tick lets time pass; to be sent about once a second.
	Tick struct{}
	// Draining says that the server is about to stop: running turns are interrupted and put back in
	// line, nothing new starts.
	Draining struct{}
)

// Group is the memory of some processes that would be stopped together.
type Group struct {
	ID      string // unique while it lives, such as "process/7" or "tool/4711"
	Kind    Kind
	Process int    // the agent process it belongs to, 0 for none
	Name    string // for people, such as "npm test"
	Bytes   int64
}

// Kind is the sort of a Group, which is what its value to its user goes by.
type Kind int

// The kinds of groups.
const (
	KindAgent Kind = iota
	KindTool
	KindTerminal
)

// Failure says in which way a process ended.
type Failure int

// The ways in which a process ends.
const (
	Exited      Failure = iota // by itself, or because it was told to
	Killed                     // by a signal that did not come from the governor
	StartFailed                // it never became ready
	Stuck                      // the engine gave it up because it no longer did what it was told
	Forgot                     // the conversation it was to resume is gone; the prompt can begin a new one
)

func (PromptOffered) event()   {}
func (PromptStored) event()    {}
func (PromptRestored) event()  {}
func (PromptCancelled) event() {}
func (PromptMoved) event()     {}
func (TurnResponded) event()   {}
func (TurnEnded) event()       {}
func (ProcessReady) event()    {}
func (ProcessExited) event()   {}
func (ProcessStopped) event()  {}
func (SessionClosed) event()   {}
func (TerminalOpened) event()  {}
func (TerminalWatched) event() {}
func (TerminalCleared) event() {}
func (TerminalClosed) event()  {}
func (CommandAsked) event()    {}
func (CommandEnded) event()    {}
func (Sample) event()          {}
func (Reclaimed) event()       {}
func (SampleFailed) event()    {}
func (Tick) event()            {}
func (Draining) event()        {}
