package governor

import (
	"time"
)

// Config is what the governor must know of the settings. It does not change during a State's life.
type Config struct {
	Budget  int64 // bytes that percentages are of
	Warning int64 // bytes from which normal clean-up begins
	Panic   int64 // bytes from which nothing new starts and all idle processes go
	Hard    int64 // bytes beyond which the system kills

	MaxAgents    int           // turns at once
	MaxProcesses int           // live agent processes
	MaxSessions  int           // sessions with a context in memory
	QueueBound   int           // prompts that may wait; 0 means DefaultQueueBound
	IdleTimeout  time.Duration // an idle process is given back after this
	Cleanup      time.Duration // how often contexts beyond MaxSessions are dropped and old sessions compacted

	Unpooled      bool // a process per session for as long as the session lives, started without asking
	NoQueue       bool // what cannot start at once is refused
	NoDegradation bool // the tier stays premium
	NoAggression  bool // no panic clean-up

	Costs   map[string]Cost // agent kind -> first estimate, until its processes have been measured
	Learned Learned         // by an earlier State on this machine; the zero value is nothing
}

// Cost is the memory that a process of some kind needs, in bytes.
type Cost struct {
	Private int64 // each process's own
	Shared  int64 // file pages that the first process brings in and the others share
}

// DefaultQueueBound is enough for every user of a small server to have something waiting.
const DefaultQueueBound = 100

// FirstCosts are the sizes to assume before anything was measured. Claude Code 2.1.328 after three turns
// has 101–107 MB of anonymous memory and 72 MB of its binary mapped; the demo agent is a few MB.
func FirstCosts() map[string]Cost {
	return map[string]Cost{
		"claude": {Private: 107 * MB, Shared: 72 * MB},
		"demo":   {Private: 8 * MB, Shared: 6 * MB},
	}
}

// MB is the unit of the settings: 2^20 bytes, as cgroups and Render count.
const MB = 1 << 20
