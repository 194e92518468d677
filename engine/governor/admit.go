package governor

import (
	"fmt"

	"coder1/engine/pool"
)

// Admission is predictive: a process is started only if the memory it is expected to need still fits
// under the panic threshold, together with what the processes already started are expected to grow by.

// admitPercent of the budget is the most that may be used when a new process is started.
const admitPercent = 85

// fits reports whether a new process for the prompt has room once leaving bytes have been given back.
// With no process alive there is nothing to wait for: what is left then is the server itself, and the
// prompt runs below the panic threshold, however large its process is expected to be.
func (s *State) fits(p *prompt, leaving int64) bool {
	if s.cfg.Unpooled || !s.memory.known {
		return true
	}
	if len(s.pool.All()) == 0 {
		return s.memory.used < s.cfg.Panic
	}
	used := s.memory.used - leaving
	return used <= s.cfg.Budget*admitPercent/100 && used+s.growing()+s.need(p) <= s.cfg.Panic
}

// need is what a new process for the prompt is expected to add.
func (s *State) need(p *prompt) int64 {
	c := s.costs.expect(p.Agent, s.history[p.Session])
	for _, q := range s.pool.All() {
		if q.Agent == p.Agent {
			return c.Private
		}
	}
	return c.Private + c.Shared
}

// growing is what the processes in a turn are still expected to take.
func (s *State) growing() int64 {
	var sum int64
	for _, q := range s.pool.All() {
		if q.State == pool.Starting || q.State == pool.Running {
			c := s.costs.expect(q.Agent, s.history[q.Session])
			sum += max(0, c.Private-s.memory.of(q.ID))
		}
	}
	return sum
}

// leaving is what the processes on their way out will give back.
func (s *State) leaving() int64 {
	var sum int64
	for _, q := range s.pool.All() {
		if q.State == pool.Stopping {
			sum += s.memory.of(q.ID)
		}
	}
	return sum
}

// idle is what the idle processes would give back.
func (s *State) idle() int64 {
	var sum int64
	for _, q := range s.pool.All() {
		if q.State == pool.Idle {
			sum += s.memory.of(q.ID)
		}
	}
	return sum
}

func (s *State) shortage(p *prompt) string {
	return fmt.Sprintf("a new agent needs about %d MB and %d of %d MB are in use", s.need(p)/MB, s.memory.used/MB, s.cfg.Budget/MB)
}
