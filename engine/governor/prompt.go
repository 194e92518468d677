package governor

import (
	"cmp"
	"fmt"
	"slices"

	"coder1/engine/pool"
	"coder1/engine/queue"
)

func (s *State) offer(e PromptOffered) {
	if s.prompts[e.Prompt] != nil {
		return
	}
	p := &prompt{PromptOffered: e, since: s.now}
	if reason := s.refusal(p); reason != "" {
		s.decide(Refuse{Prompt: e.Prompt, Draining: s.draining, RetryAfter: s.waits.turn, Reason: reason})
		return
	}
	s.prompts[e.Prompt] = p
	s.remember(e.Session, e.History)
	s.decide(Accept{Prompt: e.Prompt})
}

// refusal says why there is no place for a prompt, nothing when there is.
func (s *State) refusal(p *prompt) string {
	if s.draining {
		return "the server is restarting; try again in a moment"
	}
	if n := len(s.prompts) - len(s.running); n >= s.cfg.QueueBound {
		return fmt.Sprintf("the queue is full: %d prompts are waiting", n)
	}
	if s.cfg.NoQueue {
		return cmp.Or(s.obstacle(p), s.noProcess(p))
	}
	return ""
}

// noProcess says why no process is there for a prompt at once, nothing when there is one.
func (s *State) noProcess(p *prompt) string {
	switch c := s.pool.Choose(s.want(p)); {
	case c.How == Warm || c.How == pool.Reset:
		return ""
	case c.How == pool.Wait || c.Evict != 0:
		return "no agent process is free"
	case !s.fits(p, 0):
		return s.shortage(p)
	}
	return ""
}

func (s *State) stored(id string) {
	if p := s.prompts[id]; p != nil && p.phase == offered {
		s.enqueue(p)
		s.queue.Push(p.item())
	}
}

func (s *State) restore(e PromptRestored) {
	p := &prompt{PromptOffered: e.PromptOffered, attempts: e.Attempts}
	s.prompts[e.Prompt] = p
	s.remember(e.Session, e.History)
	if p.attempts >= maxAttempts {
		s.end(p, Parked, fmt.Sprintf("its turn was cut short %d times, so it was not started again; send it again when you like", p.attempts))
		return
	}
	s.enqueue(p)
	s.queue.Push(p.item())
}

func (s *State) enqueue(p *prompt) {
	p.phase, p.since, p.arrived = waiting, s.now, s.now
	p.process, p.responded, p.stopping, p.killed, p.claimed = 0, false, notStopped, false, false
	p.cause = ""
	p.told, p.guess, p.blocked = Queued{}, -1, ""
}

func (p *prompt) item() queue.Item {
	return queue.Item{ID: p.Prompt, User: p.User, Session: p.Session, Background: p.Background}
}

func (s *State) cancel(id string) {
	p := s.prompts[id]
	switch {
	case p == nil:
	case p.phase == running:
		s.interrupt(p, byUser, "stopped by its user")
	default:
		s.queue.Remove(id)
		s.drop(p)
		s.decide(Cancelled{Prompt: id, Session: p.Session, Reason: "cancelled by its user"})
	}
}

// interrupt asks a running turn to end. A user's wish is not taken back by a later reason.
func (s *State) interrupt(p *prompt, by stop, reason string) {
	if p.stopping != notStopped {
		if by == byUser {
			p.stopping = byUser
		}
		return
	}
	p.stopping, p.stopSince = by, s.now
	s.decide(Interrupt{Prompt: p.Prompt, Session: p.Session, Process: p.process, Reason: reason})
}

// stopSlow ends the process of a turn that was asked to end and did not.
func (s *State) stopSlow(p *prompt) {
	if q := s.pool.Get(p.process); q != nil && q.State != pool.Stopping {
		s.evict(q, "did not stop when asked")
	}
}

func (s *State) turnEnded(e TurnEnded) {
	p := s.prompts[e.Prompt]
	if p == nil || p.phase != running {
		return
	}
	s.history[p.Session] = e.History
	if q := s.pool.Get(p.process); q != nil && q.State == pool.Running {
		s.pool.Set(s.now, q.ID, pool.Idle)
		q.Tied = e.Tied
	}
	if !e.Interrupted {
		s.waits.measure(s.now - p.since)
	}
	if e.Interrupted && (p.stopping == byDrain || p.stopping == byGovernor) {
		s.end(p, Requeued, s.requeueReason(p))
		return
	}
	s.drop(p)
}

func (s *State) requeueReason(p *prompt) string {
	if p.stopping == byDrain {
		return "the server is restarting; this prompt runs again first"
	}
	return "its process was stopped; this prompt runs again first"
}

// end closes a turn that its agent did not close.
func (s *State) end(p *prompt, o Outcome, reason string) {
	if o == Requeued && !p.killed {
		p.attempts-- // it was not the prompt's doing
	}
	s.decide(EndTurn{Prompt: p.Prompt, Session: p.Session, Outcome: o, Attempts: p.attempts, Reason: reason})
	if o != Requeued {
		s.drop(p)
		return
	}
	s.running = slices.DeleteFunc(s.running, func(r *prompt) bool { return r == p })
	s.enqueue(p)
	s.queue.PushFront(p.item())
}

// drop forgets a prompt that has ended.
func (s *State) drop(p *prompt) {
	s.running = slices.DeleteFunc(s.running, func(r *prompt) bool { return r == p })
	delete(s.prompts, p.Prompt)
	s.forget(p.Session)
}

func (s *State) remember(session string, history int64) {
	if _, known := s.history[session]; !known {
		s.history[session] = history
	}
}

// forget drops what is known of a session that has neither a prompt nor a process here.
func (s *State) forget(session string) {
	if s.pool.Of(session) != nil {
		return
	}
	for _, p := range s.prompts {
		if p.Session == session {
			return
		}
	}
	delete(s.history, session)
}

func (s *State) drain() {
	s.draining = true
	for _, p := range s.running {
		s.interrupt(p, byDrain, "the server is restarting")
	}
}
