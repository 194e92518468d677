package governor

import (
	"cmp"
	"fmt"

	"coder1/engine/pool"
)

func (s *State) ready(id int) {
	q := s.pool.Get(id)
	switch {
	case q == nil || q.State != pool.Starting:
	case s.turnOn(id) == nil: // the turn that it was started for has been stopped
		s.pool.Set(s.now, id, pool.Idle)
	default:
		s.pool.Set(s.now, id, pool.Running)
	}
}

func (s *State) exited(e ProcessExited) {
	q := s.pool.Remove(e.Process)
	if q == nil {
		return
	}
	if g := s.group(agentGroup(q.ID)); g == nil || !g.doomed || q.State == pool.Stopping {
		s.costs.learn(q.Agent, s.memory.peak(q.ID), s.history[q.Session]) // not from one that went wrong
	}
	s.memory.gone(q.ID)
	s.ungroup(func(g *group) bool { return g.Process == q.ID })
	if p := s.turnOn(q.ID); p != nil {
		p.killed = (e.Failure == Killed || e.Failure == Stuck) && q.State != pool.Stopping
		s.choke(p, e.Cause)
		outcome, reason := s.verdict(p, q, e)
		s.end(p, outcome, reason)
	}
	s.forget(q.Session)
}

// verdict says what becomes of a turn whose process is gone.
func (s *State) verdict(p *prompt, q *pool.Process, e ProcessExited) (Outcome, string) {
	switch {
	case p.stopping == byUser:
		return Interrupted, "stopped by its user"
	case p.stopping == byDrain:
		return Requeued, s.requeueReason(p)
	case e.Failure == Forgot:
		s.history[p.Session] = 0
		return Requeued, "the earlier conversation is gone, so this prompt begins a new one"
	case e.Failure == StartFailed && q.State != pool.Stopping:
		return Failed, "the agent could not be started: " + e.Cause
	case e.Failure == Exited && q.State != pool.Stopping:
		return Failed, "the agent ended unexpectedly: " + e.Cause
	case p.killed && p.attempts >= maxAttempts:
		return Parked, fmt.Sprintf("its turn was cut short %d times, the last time because %s; send it again when you like", p.attempts, cmp.Or(p.cause, "the agent "+e.Cause))
	case p.cause != "":
		return Requeued, p.cause + "; this prompt runs again first"
	case q.State == pool.Stopping:
		return Requeued, s.requeueReason(p)
	case e.Failure == Stuck:
		return Requeued, "the agent " + e.Cause + "; this prompt runs again first"
	default:
		return Requeued, "the agent " + e.Cause + " (the system does this when memory runs out); this prompt runs again first"
	}
}

// killSlowStarters ends agents that do not get ready, whether new or cleared. That counts against their
// prompts as any kill does.
func (s *State) killSlowStarters() {
	for _, q := range s.pool.All() {
		if q.State != pool.Starting || s.now-q.Since < startPatience {
			continue
		}
		why := "the agent was not ready after " + Words(startPatience)
		p := s.turnOn(q.ID)
		switch {
		case p == nil:
			s.evict(q, why)
		case p.cause == "":
			p.cause = why
			s.decide(Kill{Group: agentGroup(q.ID), Session: q.Session, Reason: why})
		}
	}
}

func (s *State) stopProcess(id int) {
	q := s.pool.Get(id)
	if q == nil || q.State == pool.Stopping {
		return
	}
	if p := s.turnOn(id); p != nil && p.stopping == notStopped {
		p.stopping, p.stopSince = byGovernor, s.now
	}
	s.evict(q, "stopped from the dashboard")
}

func (s *State) closeSession(session string) {
	if q := s.pool.Of(session); q != nil && q.State != pool.Stopping {
		s.evict(q, "its session was deleted")
	}
}

func (s *State) evict(q *pool.Process, reason string) {
	s.pool.Set(s.now, q.ID, pool.Stopping)
	s.decide(Evict{Process: q.ID, Session: q.Session, Reason: reason})
}

// turnOn finds the turn that a process is in, nil for none.
func (s *State) turnOn(process int) *prompt {
	for _, p := range s.running {
		if p.process == process {
			return p
		}
	}
	return nil
}
