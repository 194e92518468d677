package governor

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"coder1/engine/pool"
	"coder1/engine/queue"
	"coder1/engine/tier"
)

// Snapshot is all that a State knows beside its Config, in a form that can be kept and read by people. The
// same State always gives the same Snapshot. Durations are nanoseconds since the State was made.
type Snapshot struct {
	Now       time.Duration
	Queue     queue.Snapshot
	Pool      pool.Snapshot
	Prompts   []PromptMark // by ID
	Running   []string     // prompts, in the order in which their turns began
	History   map[string]int64
	Draining  bool
	Memory    MemoryMark
	Groups    []GroupMark
	Commands  []CommandMark   // that wait to begin
	Terminals map[string]bool // those that are open -> somebody looks
	Emergency EmergencyMark
	Pressed   tier.Mark
	Offered   tier.Mark
	Ladder    LadderMark
	Alerts    AlertsMark
	Learned   Learned
	Waits     WaitsMark
}

// The parts of a Snapshot. Their fields are those of the books that they are taken from.
type (
	// PromptMark is a prompt that has not ended.
	PromptMark struct {
		PromptOffered
		Phase     int // 0 offered, 1 waiting, 2 running
		Attempts  int
		Since     time.Duration
		Told      Queued
		Arrived   time.Duration
		Guess     time.Duration
		Blocked   string
		Claimed   bool
		Process   int
		How       How
		Afresh    string
		Responded bool
		Stopping  int // 1 by its user, 2 by a restart, 3 by the governor
		StopSince time.Duration
		Killed    bool
		Cause     string
	}
	// MemoryMark is the last sample, in bytes.
	MemoryMark struct {
		Known    bool
		Used     int64
		Pinned   int64
		Shared   int64
		Squeezed bool
		Rate     int64
		Measured time.Duration
		Left     int64
		Sizes    []SizeMark
	}
	// SizeMark is the size of an agent process, in bytes.
	SizeMark struct {
		Process int
		Bytes   int64
		Peak    int64
	}
	// GroupMark is a group that was measured.
	GroupMark struct {
		Group
		Marks  [2]int64
		Marked time.Duration
		Frozen bool
		Since  time.Duration
		Doomed bool
		Seen   bool
	}
	// CommandMark is a command that waits to begin.
	CommandMark struct {
		CommandAsked
		Asked time.Duration
	}
	// EmergencyMark says what was last done in an emergency, and when.
	EmergencyMark struct {
		Active bool
		Froze  time.Duration
		Thawed time.Duration
		Swept  time.Duration
	}
	// LadderMark says when something was last given back.
	LadderMark struct {
		Reclaimed time.Duration
		Barren    bool
		Cleaned   time.Duration
	}
	// AlertsMark is the alerts and what raises them.
	AlertsMark struct {
		Memory tier.Mark
		Queue  tier.Mark
		Active []AlertMark
	}
	// AlertMark is an alert that was raised.
	AlertMark struct {
		Alert
		Since time.Duration
	}
	// WaitsMark is what is known of turns and of estimates.
	WaitsMark struct {
		Turn  time.Duration
		Error time.Duration
		Count int
		Turns int
	}
)

// Snapshot returns all that the State knows. It shares nothing with the State.
func (s *State) Snapshot() Snapshot {
	shot := Snapshot{
		Now: s.now, Queue: s.queue.Snapshot(), Pool: s.pool.Snapshot(), History: maps.Clone(s.history), Draining: s.draining,
		Memory: s.memory.mark(), Emergency: EmergencyMark{s.emergency.active, s.emergency.froze, s.emergency.thawed, s.emergency.swept}, Ladder: LadderMark{s.ladder.reclaimed, s.ladder.barren, s.ladder.cleaned},
		Pressed: s.pressed.Mark(), Offered: s.offered.Mark(),
		Alerts:  AlertsMark{Memory: s.alerts.memory.Mark(), Queue: s.alerts.queue.Mark()},
		Learned: s.Learned(),
		Waits:   WaitsMark{s.waits.turn, s.waits.error, s.waits.count, s.waits.turns},
	}
	for _, id := range slices.Sorted(maps.Keys(s.prompts)) {
		shot.Prompts = append(shot.Prompts, s.prompts[id].mark())
	}
	for _, p := range s.running {
		shot.Running = append(shot.Running, p.Prompt)
	}
	for _, g := range s.groups {
		shot.Groups = append(shot.Groups, GroupMark{g.Group, g.marks, g.marked, g.frozen, g.since, g.doomed, g.seen})
	}
	for _, c := range s.commands {
		shot.Commands = append(shot.Commands, CommandMark{c.CommandAsked, c.asked})
	}
	for id, t := range s.terminals {
		if shot.Terminals == nil {
			shot.Terminals = map[string]bool{}
		}
		shot.Terminals[id] = t.watched
	}
	for _, a := range s.alerts.active {
		shot.Alerts.Active = append(shot.Alerts.Active, AlertMark{a, a.Since})
	}
	return shot
}

func (p *prompt) mark() PromptMark {
	return PromptMark{p.PromptOffered, int(p.phase), p.attempts, p.since, p.told, p.arrived, p.guess, p.blocked, p.claimed,
		p.process, p.how, p.afresh, p.responded, int(p.stopping), p.stopSince, p.killed, p.cause}
}

func (m *memory) mark() MemoryMark {
	mark := MemoryMark{Known: m.known, Used: m.used, Pinned: m.pinned, Shared: m.shared, Squeezed: m.squeezed, Rate: m.rate, Measured: m.measured, Left: m.left}
	for _, z := range m.sizes {
		mark.Sizes = append(mark.Sizes, SizeMark{z.process, z.bytes, z.peak})
	}
	return mark
}

// Restore makes a State that decides as the one whose Snapshot it is would have. The Config may be another
// one: then it decides as that State would have from now on with these settings.
func Restore(cfg Config, shot Snapshot) (*State, error) {
	if cfg.Budget <= 0 {
		return nil, fmt.Errorf("the budget is %d bytes; it must be above 0", cfg.Budget)
	}
	cfg.Learned = shot.Learned
	s := New(cfg)
	s.now, s.draining = shot.Now, shot.Draining
	s.queue = queue.Restore(shot.Queue)
	s.pool = pool.Restore(s.pool.Max, shot.Pool)
	if shot.History != nil {
		s.history = maps.Clone(shot.History)
	}
	s.memory = shot.Memory.restore()
	e, l := shot.Emergency, shot.Ladder
	s.emergency, s.ladder = emergency{e.Active, e.Froze, e.Thawed, e.Swept}, ladder{l.Reclaimed, l.Barren, l.Cleaned}
	s.pressed.Resume(shot.Pressed)
	s.offered.Resume(shot.Offered)
	s.alerts.memory.Resume(shot.Alerts.Memory)
	s.alerts.queue.Resume(shot.Alerts.Queue)
	s.waits = waits{shot.Waits.Turn, shot.Waits.Error, shot.Waits.Count, shot.Waits.Turns}
	for _, m := range shot.Prompts {
		s.prompts[m.Prompt] = m.restore()
	}
	for _, g := range shot.Groups {
		s.groups = append(s.groups, &group{g.Group, g.Marks, g.Marked, g.Frozen, g.Since, g.Doomed, g.Seen})
	}
	for _, c := range shot.Commands {
		s.commands = append(s.commands, command{c.CommandAsked, c.Asked})
	}
	for id, watched := range shot.Terminals {
		s.terminals[id] = terminal{watched}
	}
	for _, a := range shot.Alerts.Active {
		a.Alert.Since = a.Since
		s.alerts.active = append(s.alerts.active, a.Alert)
	}
	return s, s.checkBooks(shot.Running)
}

// checkBooks puts the running prompts in and reports what the books name and do not have.
func (s *State) checkBooks(running []string) error {
	for _, id := range running {
		p := s.prompts[id]
		if p == nil {
			return fmt.Errorf("prompt %q runs, and is not among the prompts", id)
		}
		s.running = append(s.running, p)
	}
	s.order = s.queue.Order(nil)
	for _, it := range s.order {
		if s.prompts[it.ID] == nil {
			return fmt.Errorf("prompt %q is in the queue, and not among the prompts", it.ID)
		}
	}
	if s.waits.turn < 0 {
		return errors.New("the usual length of a turn is below 0")
	}
	return nil
}

func (m *PromptMark) restore() *prompt {
	return &prompt{m.PromptOffered, phase(m.Phase), m.Attempts, m.Since, m.Told, m.Arrived, m.Guess, m.Blocked, m.Claimed,
		m.Process, m.How, m.Afresh, m.Responded, stop(m.Stopping), m.StopSince, m.Killed, m.Cause}
}

func (m *MemoryMark) restore() memory {
	r := memory{known: m.Known, used: m.Used, pinned: m.Pinned, shared: m.Shared, squeezed: m.Squeezed, rate: m.Rate, measured: m.Measured, left: m.Left}
	for _, z := range m.Sizes {
		r.sizes = append(r.sizes, size{z.Process, z.Bytes, z.Peak})
	}
	return r
}
