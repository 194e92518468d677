package governor

import (
	"slices"
	"time"
)

// command is one that waits to begin.
type command struct {
	CommandAsked
	asked time.Duration
}

// commandPatience is how long a command is kept waiting for memory before it begins all the same, with
// the least limit: a test run that is late is better than one that never comes.
const commandPatience = time.Minute

// leastRoom is the memory that a command is always thought to have: enough for a shell, git, and small tools.
const leastRoom = 64 * MB

// reserved is what a program may allocate and never touch, which a data limit counts all the same: an idle
// JVM had 508 MB of data mapped with 48 MB in use, a Go program under the race detector 447 with 56.
const reserved = 512 * MB

func (s *State) askCommand(e CommandAsked) {
	if e.Helper {
		s.decide(StartCommand{Group: e.Group, DataLimit: s.dataLimit(e.Process), Reason: "the agent needs it at once"})
		return
	}
	s.commands = append(s.commands, command{e, s.now})
}

func (s *State) commandEnded(id string) {
	s.commands = slices.DeleteFunc(s.commands, func(c command) bool { return c.Group == id })
	if g := s.group(id); g != nil && g.doomed && s.memory.shared > MB {
		s.decide(SweepShared{Reason: "a command was stopped, and may have left files in memory"})
	}
	s.ungroup(func(g *group) bool { return g.ID == id })
}

// startCommands lets waiting commands begin in the order in which they came, unless memory is so short
// that something would have to be stopped for them. Pages of programs' files are no reason: the kernel drops them
// first. On a machine that has just started they are charged to whoever reads them, and with two agents keep
// memory at the panic threshold.
func (s *State) startCommands() {
	for len(s.commands) > 0 {
		c := s.commands[0]
		reason := "there is room"
		if s.pressing() && s.memory.pinned > s.shore() {
			if s.now-c.asked < commandPatience {
				return
			}
			reason = "waited for memory for a minute"
		}
		s.commands = s.commands[1:]
		s.decide(StartCommand{Group: c.Group, DataLimit: s.dataLimit(c.Process), Reason: reason})
	}
}

func (s *State) pressing() bool {
	return s.memory.known && s.level() >= LevelPanic && !s.cfg.NoAggression
}

// dataLimit is the most that a process of a command could ever be given: what is left below the brink beside
// the server and its own agent, once all others have made room, and what it may reserve without using it. One
// that asks for more is told by a failed allocation, which it can report, rather than by a kill.
func (s *State) dataLimit(process int) int64 {
	if !s.memory.known || s.cfg.Hard == 0 || s.cfg.NoAggression {
		return 0
	}
	base := s.memory.pinned
	for _, g := range s.groups {
		if g.Kind != KindAgent || g.Process != process {
			base -= g.Bytes
		}
	}
	return max(leastRoom, s.brink()-max(0, base)) + reserved
}
