// Package governor is the brain of the engine: it owns every megabyte and every slot, and decides what
// runs, what waits and what goes. It is pure: State.Step takes the time and an event and returns
// decisions. No clock, no input or output, no goroutine, so that the same inputs give the same
// decisions on every machine: what is recorded can be replayed, and what is replayed can be proved.
//
// A rule a file: schedule.go (who starts, and on what), admit.go (whether memory allows it), outgrow.go
// (which conversations are given up), wait.go (how long), ladder.go (what to give back as memory fills),
// emergency.go (what stands still or goes at the hard limit), command.go (when commands of agents begin),
// terminal.go (when terminals open), alerts.go, cost.go (what processes need). prompt.go, process.go, group.go
// and memory.go keep the books.
package governor

import (
	"cmp"
	"time"

	"coder1/engine/pool"
	"coder1/engine/queue"
	"coder1/engine/tier"
)

// State is all that the governor knows. Not safe for concurrent use: one goroutine owns it.
type State struct {
	cfg Config
	now time.Duration // since the State was made; set by Step

	queue    queue.Queue
	pool     pool.Pool
	prompts  map[string]*prompt
	running  []*prompt        // in the order in which their turns began
	history  map[string]int64 // session -> bytes to resume, for sessions with a prompt or a process here
	draining bool

	memory    memory
	groups    []*group // whose memory it is, in the order in which they appeared
	commands  []command
	terminals map[string]terminal // that were opened
	emergency emergency
	pressed   tier.Gauge // memory against warning and panic: what may be done now
	offered   tier.Gauge // the same, slower to recover: what is offered
	ladder    ladder
	alerts    alerts
	costs     costs
	waits     waits

	order []queue.Item // scratch
	out   []Decision   // of the current Step
}

// prompt is one that was offered and has not ended.
type prompt struct {
	PromptOffered
	phase    phase
	attempts int
	since    time.Duration // when the phase began

	told    Queued        // what its user was last told of its place
	arrived time.Duration // when it was stored
	guess   time.Duration // the first wait it was told
	blocked string        // why it did not start when it was last looked at
	claimed bool          // a slot is kept for it while an idle process makes room

	process   int
	how       How    // it got the process
	afresh    string // why its session's conversation is given up, see outgrown
	responded bool
	stopping  stop
	stopSince time.Duration
	killed    bool   // its process was killed, not asked to go
	cause     string // why the governor killed it
}

type phase int

const (
	offered phase = iota
	waiting
	running
)

// stop says on whose behalf a running turn was interrupted.
type stop int

const (
	notStopped stop = iota
	byUser
	byDrain
	byGovernor
)

// New makes a State at time zero.
func New(cfg Config) *State {
	if cfg.QueueBound == 0 {
		cfg.QueueBound = DefaultQueueBound
	}
	s := &State{
		cfg:     cfg,
		prompts: map[string]*prompt{},
		history: map[string]int64{}, terminals: map[string]terminal{},
		pressed: newGauge(cfg, breath),
		offered: newGauge(cfg, calmDown),
		alerts:  newAlerts(cfg),
		costs:   newCosts(cfg.Costs, cfg.Learned.Costs),
		waits:   waits{turn: cmp.Or(cfg.Learned.Turn, firstTurn)},
	}
	if !cfg.Unpooled {
		s.pool.Max = cfg.MaxProcesses
	}
	return s
}

func newGauge(cfg Config, hold time.Duration) tier.Gauge {
	return tier.Gauge{Bounds: []int64{cfg.Warning, cfg.Panic}, Margin: cfg.Budget / 20, Hold: hold}
}

// Step takes in what happened at a time and returns what is to be done about it. Time never runs
// backwards. The returned slice is valid until the next Step.
func (s *State) Step(now time.Duration, ev Event) []Decision {
	s.now = max(now, s.now)
	clear(s.out)
	s.out = s.out[:0]
	s.take(ev)
	s.startCommands()
	s.schedule()
	s.tell()
	s.checkAlerts()
	return s.out
}

func (s *State) take(ev Event) {
	switch e := ev.(type) {
	case PromptOffered:
		s.offer(e)
	case PromptStored:
		s.stored(e.Prompt)
	case PromptRestored:
		s.restore(e)
	case PromptCancelled:
		s.cancel(e.Prompt)
	case PromptMoved:
		s.queue.Move(e.Prompt, e.Before)
	case TurnResponded:
		if p := s.prompts[e.Prompt]; p != nil {
			p.responded = true
		}
	case TurnEnded:
		s.turnEnded(e)
	case ProcessReady:
		s.ready(e.Process)
	case ProcessExited:
		s.exited(e)
	case ProcessStopped:
		s.stopProcess(e.Process)
	case SessionClosed:
		s.closeSession(e.Session)
	case TerminalOpened:
		s.openTerminal(e)
	case TerminalWatched:
		s.watchTerminal(e)
	case TerminalCleared:
		s.clearTerminal(e.Terminal)
	case TerminalClosed:
		s.closeTerminal(e.Terminal)
	case CommandAsked:
		s.askCommand(e)
	case CommandEnded:
		s.commandEnded(e.Group)
	case Sample:
		s.sample(e)
	case Reclaimed:
		s.ladder.barren = e.Bytes < leastReclaim // what it brought is in the next sample
	case SampleFailed:
		s.memory.known = false
	case Tick:
		s.tick()
	case Draining:
		s.drain()
	}
}

func (s *State) decide(d Decision) { s.out = append(s.out, d) }

// tick does what only the passing of time brings about.
func (s *State) tick() {
	s.giveBackIdle()
	s.cleanUp()
	s.killSlowStarters()
	s.goBlind()
	for _, p := range s.running {
		if p.stopping != notStopped && s.now-p.stopSince >= interruptGrace {
			s.stopSlow(p)
		}
	}
}

// Times that are policy rather than settings.
const (
	breath         = 2 * time.Second  // a level is left only after this long below it
	calmDown       = 10 * time.Second // a tier is risen to, and an alert cleared, only after this long
	interruptGrace = 10 * time.Second // a turn that does not end when asked to is ended with its process
	startPatience  = time.Minute      // an agent that is not ready after this is started again
	maxAttempts    = 3                // a prompt whose turns keep being killed is parked after so many
)
