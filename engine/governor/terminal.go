package governor

import "fmt"

// terminalRetry is when to ask again for a terminal that was refused: when clean-up has had time to work, and a
// level that is left has been left for good.
const terminalRetry = 2 * breath

// openTerminal answers whether there is room for a terminal. A shell needs little; what it runs is governed as
// it grows.
func (s *State) openTerminal(e TerminalOpened) {
	switch {
	case s.draining:
		s.decide(RefuseTerminal{Terminal: e.Terminal, Draining: true, Reason: "the server is restarting"})
	case s.pressing():
		s.decide(RefuseTerminal{Terminal: e.Terminal, RetryAfter: terminalRetry,
			Reason: fmt.Sprintf("No terminal can be opened while memory is short: %d MB are in use, and nothing new starts from %d MB on. "+
				"Close something that runs, or try again in a moment.", s.memory.used/MB, s.cfg.Panic/MB)})
	default:
		s.terminals[e.Terminal] = terminal{}
		s.decide(OpenTerminal{Terminal: e.Terminal, DataLimit: s.dataLimit(0), Reason: "there is room"})
	}
}

// terminal is one that was opened.
type terminal struct{ watched bool }

func (s *State) watchTerminal(e TerminalWatched) {
	if _, open := s.terminals[e.Terminal]; open {
		s.terminals[e.Terminal] = terminal{e.Watched}
	}
}

func (s *State) closeTerminal(id string) {
	delete(s.terminals, id)
	s.clearTerminal(id)
}

// clearTerminal takes what ran in a terminal off the books. What is left of it comes back with the next sample.
func (s *State) clearTerminal(id string) {
	if g := s.group(id); g != nil && g.doomed && s.memory.shared > MB {
		s.decide(SweepShared{Reason: "a program was stopped, and may have left files in memory"})
	}
	s.ungroup(func(g *group) bool { return g.ID == id })
}

// orphaned reports whether a group runs in a terminal that nobody looks at.
func (s *State) orphaned(g *group) bool { return g.Kind == KindTerminal && !s.terminals[g.ID].watched }
