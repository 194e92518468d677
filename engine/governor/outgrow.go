package governor

import (
	"cmp"
	"fmt"

	"coder1/engine/pool"
)

// outgrown says why a session's conversation cannot be resumed here, whatever makes room for it; nothing when
// it can, or when a new conversation would not fit either.
func (s *State) outgrown(p *prompt) string {
	history := s.history[p.Session]
	if history == 0 || s.cfg.Unpooled || !s.memory.known || s.pool.Of(p.Session) != nil {
		return ""
	}
	most := s.cfg.Panic - s.own()
	fresh, resumed := s.costs.expect(p.Agent, 0).whole(), s.costs.expect(p.Agent, history).whole()
	if resumed <= most || fresh > most {
		return ""
	}
	return fmt.Sprintf("the agent would need about %d MB to take the whole conversation in again (%d MB on disk), and can have %d MB",
		resumed/MB, history/MB, most/MB)
}

// choke gives a conversation up when agents have been killed twice before they had taken it in.
func (s *State) choke(p *prompt, cause string) {
	if !p.killed || p.how != pool.Resumed || p.responded || p.attempts < maxAttempts-1 {
		return
	}
	s.history[p.Session] = 0
	p.afresh = fmt.Sprintf("twice the agent %s before it had taken the whole conversation in again", cmp.Or(cause, "was killed"))
}

// own is what is used when nothing else runs: the server's own memory, without what the system can take back.
func (s *State) own() int64 {
	left := s.memory.pinned
	for _, g := range s.groups {
		left -= g.Bytes
	}
	return max(0, left)
}

// whole is what the first process of its kind takes.
func (c Cost) whole() int64 { return c.Private + c.Shared }
