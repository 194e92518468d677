package governor

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"coder1/engine/pool"
	"coder1/engine/queue"
	"coder1/engine/tier"
)

// schedule starts whatever can start. Prompts are looked at in the order in which they should go; one
// that cannot start does not hold up those behind it, except that an idle process leaving for its sake
// keeps a slot for it.
func (s *State) schedule() {
	if s.draining {
		return
	}
	for s.queue.Len() > 0 && s.startNext() {
	}
}

// startNext starts the first prompt that can start, and reports whether there was one.
func (s *State) startNext() bool {
	s.order = s.queue.Order(s.order[:0])
	for i, it := range s.order {
		p := s.prompts[it.ID]
		p.claimed = false
		if p.blocked = s.obstacle(p); p.blocked != "" {
			continue
		}
		if behindItself(s.order[:i], it.Session) {
			p.blocked = "this session's earlier prompt goes first"
			continue
		}
		choice, ok := s.makeRoom(p)
		if ok {
			s.start(p, choice)
			return true
		}
		if s.now-p.arrived > passPatience {
			s.holdBack(s.order[i+1:])
			return false
		}
	}
	return false
}

// holdBack keeps prompts from passing one that has waited for memory for long.
func (s *State) holdBack(behind []queue.Item) {
	for _, it := range behind {
		p := s.prompts[it.ID]
		p.claimed = false
		p.blocked = cmp.Or(s.obstacle(p), "a prompt before it has waited for memory for "+Words(passPatience)+" and goes first")
	}
}

// passPatience is how long others may pass a prompt that needs more memory than there is at the time. After
// that nobody does: the processes end their turns, and it has all the room there is.
const passPatience = 2 * time.Minute

// behindItself reports whether a prompt of the session is among those that were looked at before.
func behindItself(before []queue.Item, session string) bool {
	return slices.ContainsFunc(before, func(it queue.Item) bool { return it.Session == session })
}

// Behind is why a prompt waits whose session's previous one is not done.
const Behind = "this session's previous prompt is still running"

// obstacle says why a prompt cannot start whatever process it might get, nothing when it may be tried.
func (s *State) obstacle(p *prompt) string {
	for _, r := range s.running {
		if r.Session == p.Session {
			return Behind
		}
	}
	if s.cfg.Unpooled {
		return ""
	}
	if slots := s.slots(); len(s.running)+s.claims(p) >= slots {
		return busy(slots, s.tier())
	}
	if s.level() >= LevelPanic {
		return fmt.Sprintf("memory is at %d of %d MB; new work starts when it has fallen", s.memory.used/MB, s.cfg.Budget/MB)
	}
	return ""
}

func busy(slots int, t tier.Tier) string {
	switch {
	case t == tier.Essential && slots == 1:
		return "memory is short, so one agent runs at a time, and it is busy"
	case slots == 1:
		return "the agent is busy with another prompt"
	case slots == 2:
		return "both agents are busy with other prompts"
	default:
		return fmt.Sprintf("all %d agents are busy with other prompts", slots)
	}
}

// slots is how many turns may run at once.
func (s *State) slots() int {
	return min(s.tier().MaxAgents(), s.cfg.MaxAgents, s.cfg.MaxProcesses)
}

// claims counts the slots kept for others than p.
func (s *State) claims(p *prompt) int {
	n := 0
	for _, it := range s.order {
		if o := s.prompts[it.ID]; o != nil && o != p && o.claimed {
			n++
		}
	}
	return n
}

// makeRoom chooses a process for the prompt. Where there is none, or no memory for one, it sends idle
// processes away and leaves the prompt waiting for their room.
func (s *State) makeRoom(p *prompt) (pool.Choice, bool) {
	if why := s.outgrown(p); why != "" {
		s.history[p.Session], p.afresh = 0, why
	}
	w := s.want(p)
	c := s.pool.Choose(w)
	if c.How == Warm || c.How == pool.Reset {
		return c, true
	}
	if c.How == pool.Wait {
		p.blocked, p.claimed = "an agent process is making room", s.pool.Count(pool.Stopping) > 0
		if own := s.pool.Of(p.Session); own != nil && own.State == pool.Starting {
			p.blocked = "this session's agent is getting ready"
		}
		return c, false
	}
	if c.Evict != 0 && s.pool.Count(pool.Stopping) <= s.claims(p) { // else one that leaves already is for it
		s.evict(s.pool.Get(c.Evict), "makes room for another session")
	}
	if s.fits(p, s.leaving()+s.idle()) { // otherwise they would go in vain
		s.evictUntilFits(p)
	}
	if c.Evict == 0 && s.fits(p, 0) {
		return c, true
	}
	p.claimed = s.pool.Count(pool.Stopping) > 0
	if p.blocked = s.shortage(p); p.claimed {
		p.blocked = "an idle process is making room"
	}
	return c, false
}

func (s *State) evictUntilFits(p *prompt) {
	for !s.fits(p, s.leaving()) {
		q := s.pool.LeastRecentlyUsed(nil)
		if q == nil {
			return
		}
		s.evict(q, "makes room in memory for another session: "+s.shortage(p))
	}
}

func (s *State) want(p *prompt) pool.Want {
	return pool.Want{Session: p.Session, Profile: p.Profile, Agent: p.Agent, History: s.history[p.Session] > 0}
}

func (s *State) start(p *prompt, c pool.Choice) {
	s.queue.Take(p.Prompt)
	id := c.Process
	if c.How == pool.New || c.How == pool.Resumed {
		id = s.pool.Add(s.now, s.want(p)).ID
	} else {
		before := s.pool.Get(id).Session
		s.pool.Lease(s.now, id, p.Session)
		if c.How == pool.Reset {
			s.pool.Set(s.now, id, pool.Starting) // until it says that it has been cleared
		}
		if before != p.Session {
			s.forget(before)
		}
	}
	if p.told.Position > 0 {
		s.waits.compare(p.guess, s.now-p.arrived)
	}
	p.phase, p.since, p.process, p.how = running, s.now, id, c.How
	p.attempts++
	s.running = append(s.running, p)
	s.decide(StartTurn{Prompt: p.Prompt, Session: p.Session, Process: id, How: c.How, Afresh: p.afresh, Reason: how(c.How)})
	p.afresh = ""
}

func how(h pool.How) string {
	switch h {
	case pool.Warm:
		return "goes on in this session's own process"
	case pool.Reset:
		return "uses an idle process of this workspace, cleared"
	case pool.Resumed:
		return "continues the conversation in a new process"
	default:
		return "starts a new process"
	}
}

// Warm is the way of a session's own process; see pool.How for the others.
const Warm = pool.Warm
