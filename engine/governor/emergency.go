package governor

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"coder1/engine/pool"
)

// Emergency: the hard limit would be reached before anything slower could help. Idle agents are killed, whose
// conversations are on disk, and what grows fastest is frozen at once, which costs nobody his work; then there
// is time to find out whether others give back enough. If they do it goes on; if not, the least valuable that
// is enough is killed: commands that agents run, by growth, last a running agent, whose turn runs again. Never
// the server.

// emergency is what is under way.
type emergency struct {
	active bool
	froze  time.Duration // when something was last frozen
	thawed time.Duration // when something was last thawed
	swept  time.Duration // when shared memory was last swept
}

// Times of the emergency rule.
const (
	// reaction is the time from a sample to its effect: sampling at 10 ms, a busy CPU, and signals to a
	// tree. The probe of full-speed allocation froze within 20 to 60 ms.
	reaction = 80 * time.Millisecond
	// freezePause lets a freeze show in the growth that is measured.
	freezePause = 60 * time.Millisecond
	// thawPause lets what was thawed show what it does before the next one is.
	thawPause = 500 * time.Millisecond
	// MaxFrozen is how long something may stand still in the hope that others give memory back.
	MaxFrozen  = 15 * time.Second
	sweepPause = 2 * time.Second
)

// brink is the use of memory at which something is frozen: an eighth below the hard limit.
func (s *State) brink() int64 { return s.cfg.Hard - s.cfg.Hard/8 }

// shore is the use of memory at which what is frozen may go on, and to which a kill should lead.
func (s *State) shore() int64 { return min(s.cfg.Panic, s.brink()) - s.cfg.Budget/20 }

// nearLimit reports whether the hard limit would be reached within the reaction time, by level or by growth;
// or was reached, whatever the meter says, which may be wrong by a quarter.
func (s *State) nearLimit() bool {
	m := &s.memory
	ahead := m.pinned + int64(float64(max(0, m.rate))*reaction.Seconds())
	return m.pinned >= s.brink() || ahead >= s.cfg.Hard-s.cfg.Hard/16 || m.squeezed && m.pinned >= s.cfg.Hard*3/4
}

// guard does what a sample calls for.
func (s *State) guard() {
	if s.cfg.NoAggression || s.cfg.Hard == 0 {
		return
	}
	near := s.nearLimit()
	if near {
		s.brake()
	}
	if s.held() {
		s.settleHeld()
	}
	s.sweep(near)
	s.setEmergency(s.held() || s.dying() > 0 || s.memory.pinned >= s.brink())
}

func (s *State) setEmergency(active bool) {
	if active == s.emergency.active {
		return
	}
	s.emergency.active = active
	s.decide(SetLevel{Level: s.level(), Reason: s.levelReason()})
	if !active {
		s.ladder.reclaimed = 0
	}
}

// steady is a growth, in bytes per second, that is no reason to freeze more than is frozen already.
const steady = 16 * MB

// brake stops growth: idle agents are killed, and the guiltiest that runs is frozen; others too as long as
// memory grows all the same. A running agent that did nothing out of the ordinary is frozen last, on the verge.
func (s *State) brake() {
	s.killIdle()
	enough := s.held() || s.expected() < s.shore()
	if s.memory.falling() || enough && s.memory.rate < steady || s.now-s.emergency.froze < freezePause && !s.onTheVerge() {
		return
	}
	if g := s.guiltiest(s.freezable); g != nil {
		s.freeze(g)
	}
}

// freezable reports whether freezing a group would help: it runs, and has grown, or there is no time to ask.
func (s *State) freezable(g *group) bool {
	switch {
	case g.frozen, g.Kind == KindTerminal && g.Bytes < noise: // a shell that does nothing
		return false
	case s.onTheVerge():
		return true
	case s.guilt(g) <= 1:
		return false
	}
	return g.growth() >= noise || s.memory.pinned >= s.brink()
}

// noise is a growth that means nothing.
const noise = 4 * MB

// onTheVerge reports whether the next step is the hard limit.
func (s *State) onTheVerge() bool { return s.memory.pinned >= s.cfg.Hard-s.cfg.Hard/16 }

// settleHeld decides what becomes of what is frozen.
func (s *State) settleHeld() {
	late := s.now-s.oldestFrozen().since >= MaxFrozen
	switch {
	case s.memory.pinned < s.shore():
		s.thawNext()
	case s.expected() < s.shore() && !late:
		// enough is on its way
	case late || !s.hope() || s.onTheVerge():
		g := s.guiltiest(func(g *group) bool { return g.frozen })
		if g == nil { // nothing of it is in memory: it was swapped out
			g = s.oldestFrozen()
		}
		s.kill(g)
	}
}

// hope reports whether somebody other than those who are frozen may give memory back soon: an agent on its
// way out, or one that is in a turn and goes on.
func (s *State) hope() bool {
	for _, q := range s.pool.All() {
		if q.State == pool.Stopping {
			return true
		}
		if q.State == pool.Running && !s.anyFrozen(q.ID) && s.memory.of(q.ID) > 0 {
			return true
		}
	}
	return false
}

func (s *State) anyFrozen(process int) bool {
	return slices.ContainsFunc(s.groups, func(g *group) bool { return g.Process == process && g.frozen })
}

func (s *State) held() bool {
	return slices.ContainsFunc(s.groups, func(g *group) bool { return g.frozen && !g.doomed })
}

func (s *State) oldestFrozen() *group {
	var oldest *group
	for _, g := range s.groups {
		if g.frozen && !g.doomed && (oldest == nil || g.since < oldest.since) {
			oldest = g
		}
	}
	return oldest
}

// dying is the memory of groups that were told to be killed.
func (s *State) dying() (sum int64) {
	for _, g := range s.groups {
		if g.doomed {
			sum += max(g.Bytes, 1)
		}
	}
	return sum
}

// expected is what will be in use once all that is on its way out is gone.
func (s *State) expected() int64 {
	sum := s.dying()
	for _, q := range s.pool.All() {
		if g := s.group(agentGroup(q.ID)); q.State == pool.Stopping && (g == nil || !g.doomed) {
			sum += s.memory.of(q.ID)
		}
	}
	return s.memory.pinned - sum
}

// guiltiest is the group to be stopped first among those that match, nil for none: by guilt, and of equals
// the largest.
func (s *State) guiltiest(match func(*group) bool) *group {
	var worst *group
	for _, g := range s.groups {
		if g.doomed || !match(g) || s.guilt(g) == 0 {
			continue
		}
		if worst == nil || cmp.Or(cmp.Compare(s.guilt(g), s.guilt(worst)), cmp.Compare(g.Bytes, worst.Bytes)) > 0 {
			worst = g
		}
	}
	return worst
}

// guilt is how much a group has to do with the shortage: what it gained of late, and a little for what it
// has, more of it in a terminal that nobody looks at. Of an agent only what it has beyond expectation counts, so that one that starts is not blamed for
// starting; when there is no command to blame, a running agent is.
func (s *State) guilt(g *group) int64 {
	switch {
	case s.orphaned(g):
		return max(0, g.growth()) + g.Bytes/4
	case g.Kind != KindAgent:
		return max(0, g.growth()) + g.Bytes/8
	}
	q := s.pool.Get(g.Process)
	if q == nil {
		return g.Bytes
	}
	excess := g.Bytes - s.costs.expect(q.Agent, s.history[q.Session]).Private*5/4
	if excess <= agentSlack {
		return 1
	}
	return excess
}

// agentSlack is by how much an agent may exceed what was expected of it before it is to blame.
const agentSlack = 32 * MB

func agentGroup(process int) string { return fmt.Sprintf("process/%d", process) }

func (s *State) freeze(g *group) {
	g.frozen, g.since = true, s.now
	s.emergency.froze = s.now
	s.decide(Freeze{Group: g.ID, Session: s.sessionOf(g), Reason: fmt.Sprintf(
		"%s grew to %d MB and %d of %d MB are in use; it stands still until there is room", g.name(), g.Bytes/MB, s.memory.pinned/MB, s.cfg.Hard/MB)})
}

func (s *State) thawNext() {
	if s.now-max(s.emergency.thawed, s.emergency.froze) < thawPause {
		return
	}
	s.thaw(s.oldestFrozen())
}

func (s *State) thaw(g *group) {
	g.frozen = false
	s.emergency.thawed = s.now
	s.decide(Thaw{Group: g.ID, Session: s.sessionOf(g), Stood: s.now - g.since,
		Reason: fmt.Sprintf("%s goes on after it stood still for %s", g.name(), Words(s.now-g.since))})
}

// goBlind lets everything go on when memory could not be measured for a while: what cannot be judged must not
// be held.
func (s *State) goBlind() {
	if s.memory.known || s.now-s.memory.measured < MaxFrozen {
		return
	}
	for _, g := range s.groups {
		if g.frozen && !g.doomed {
			s.thaw(g)
		}
	}
	level, tier := s.level(), s.tier()
	s.pressed, s.offered = newGauge(s.cfg, breath), newGauge(s.cfg, calmDown)
	s.emergency.active = false
	const why = "how much memory is in use cannot be measured"
	if s.level() != level {
		s.ladder.reclaimed = 0
		s.decide(SetLevel{Level: s.level(), Reason: why})
	}
	if s.tier() != tier {
		s.announceTier(why)
	}
}

// kill ends a group. The turn of an agent goes back in line when its process is gone.
func (s *State) kill(g *group) {
	g.doomed, g.since = true, s.now
	s.emergency.froze = s.now // the first thing that a kill does
	what := fmt.Sprintf("%s was stopped at %d MB to keep the server alive", g.name(), g.Bytes/MB)
	verdict := fmt.Sprintf("Coder1 stopped this command at %d MB: it would have exceeded the %d MB that the server has. "+
		"Run a smaller part of it at a time, or give it a memory limit of its own.", g.Bytes/MB, s.cfg.Hard/MB)
	if p := s.turnOn(g.Process); p != nil && g.Kind == KindAgent {
		p.cause = what
	}
	s.decide(Kill{Group: g.ID, Session: s.sessionOf(g), Reason: what, Verdict: verdict})
}

// killIdle ends idle agents without asking.
func (s *State) killIdle() {
	for _, q := range s.pool.All() {
		g := s.group(agentGroup(q.ID))
		asked := q.State == pool.Stopping && g != nil && !g.doomed // but may take its time
		if q.State != pool.Idle && !asked {
			continue
		}
		s.pool.Set(s.now, q.ID, pool.Stopping)
		if g != nil {
			g.doomed, g.since = true, s.now
		}
		s.decide(Kill{Group: agentGroup(q.ID), Session: q.Session, Reason: fmt.Sprintf(
			"idle, and %d of %d MB are in use", s.memory.pinned/MB, s.cfg.Hard/MB)})
	}
}

// sweep has files in memory removed that nobody uses: killing frees no memory that belongs to no process.
func (s *State) sweep(near bool) {
	if s.memory.shared < s.cfg.Hard/16 || !near && s.level() < LevelPanic || s.now-s.emergency.swept < sweepPause {
		return
	}
	s.emergency.swept = s.now
	s.decide(SweepShared{Reason: fmt.Sprintf("%d MB are in files in memory", s.memory.shared/MB)})
}

// name is what people are told of a group.
func (g *group) name() string {
	if g.Kind == KindAgent {
		return "the agent"
	}
	return "“" + g.Name + "”"
}
