package engine

import (
	"errors"
	"slices"
	"time"

	"coder1/engine/governor"
	"coder1/engine/session"
)

// message is an event for the governor, or a look at its state.
type message struct {
	event governor.Event
	look  func(*governor.State)
	reply chan []governor.Decision
}

// now is the governor's time: since the engine was opened, unmoved by changes of the wall clock.
func (e *Engine) now() time.Duration { return time.Since(e.born) }

// ask gives the governor an event and returns what it decided, after that was begun to be carried out.
// Decisions that end a turn are left to the caller: see settle. Once the engine is closed it returns nil.
func (e *Engine) ask(ev governor.Event) []governor.Decision {
	return e.send(message{event: ev, reply: make(chan []governor.Decision, 1)})
}

// view returns a picture of the governor's state, the zero View once the engine is closed.
func (e *Engine) view() (v governor.View) {
	e.send(message{look: func(s *governor.State) { v = s.View(e.now()) }, reply: make(chan []governor.Decision, 1)})
	return v
}

func (e *Engine) send(m message) []governor.Decision {
	select {
	case e.inbox <- m:
		return <-m.reply
	case <-e.quit:
		return nil
	}
}

// loop owns the governor's state. It never waits for anything but the next event.
func (e *Engine) loop() {
	config := e.governorConfig()
	state := governor.New(config)
	hands := hands{Engine: e, config: config, state: state, crew: map[int]*worker{}}
	hands.checkpoint(e.now().Truncate(time.Millisecond))
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		select {
		case m := <-e.inbox:
			if m.look != nil {
				m.look(state)
				m.reply <- nil
				continue
			}
			decisions := slices.Clone(hands.step(m.event))
			hands.carryOut(m.event, decisions)
			m.reply <- decisions
		case <-ticker.C:
			hands.carryOut(governor.Tick{}, hands.step(governor.Tick{}))
		case <-e.quit:
			return
		}
	}
}

// hands carry out what the governor decides. They belong to the loop.
type hands struct {
	*Engine
	config governor.Config
	state  *governor.State
	crew   map[int]*worker // process -> its worker
}

func (h *hands) carryOut(ev governor.Event, decisions []governor.Decision) {
	exit, gone := ev.(governor.ProcessExited)
	if gone {
		delete(h.crew, exit.Process)
		h.keepLearned(h.state.Learned())
	}
	for _, d := range decisions {
		h.journal.add(d)
		h.do(d)
	}
	h.remember(ev)
	if _, sampled := ev.(governor.Sample); len(decisions) > 0 || sampled || gone {
		h.watchers.changed()
	}
}

func (h *hands) do(d governor.Decision) {
	switch d := d.(type) {
	case governor.StartTurn:
		h.startTurn(d)
	case governor.Interrupt:
		if w := h.crew[d.Process]; w != nil {
			w.interrupt(d.Prompt)
		}
	case governor.Evict:
		if w := h.crew[d.Process]; w != nil {
			w.evict()
		}
	case governor.StartCommand:
		h.broker.start(d)
	case governor.Freeze:
		h.freeze(d.Group, true)
	case governor.Thaw:
		h.freeze(d.Group, false)
		if d.Stood >= worthTelling {
			h.tell(d.Session, d.Reason+", until there was memory for it")
		}
	case governor.Kill:
		h.kill(d)
	case governor.TrimBuffers:
		h.trimTerminals(d.Lines)
	case governor.DropContexts:
		h.dropContexts(d.Keep)
	case governor.CompactSessions:
		h.cleanSessions()
	case governor.ReleaseMemory:
		h.releaseMemory()
	case governor.SweepShared:
		h.sweepShared()
	}
}

// worthTelling is how long something must have stood still for its user to be told.
const worthTelling = 2 * time.Second

func (h *hands) startTurn(d governor.StartTurn) {
	select {
	case h.stir <- struct{}{}:
	default: // it is awake
	}
	if w := h.crew[d.Process]; w != nil {
		w.turns <- d // has room: the governor leases a process only after its last turn has ended
		return
	}
	w := newWorker(h.Engine, d.Process)
	h.crew[d.Process] = w
	h.workers.Go(func() { w.run(d) })
}

// later has slow work done outside the loop. When too much is waiting the work is left out: the governor
// asks again for whatever still matters.
func (h *hands) later(work func()) {
	select {
	case h.chore <- work:
	default:
	}
}

// chores does the slow work, one at a time.
func (e *Engine) chores() {
	for {
		select {
		case work := <-e.chore:
			work()
		case <-e.quit:
			return
		}
	}
}

// learnedName is what the store knows the governor's experience by.
const learnedName = "governor/learned"

// keepLearned writes down what the governor has learned, which it has whenever a process ends.
func (h *hands) keepLearned(l governor.Learned) {
	h.later(func() {
		if err := h.store.Keep(learnedName, l); err != nil {
			h.log.Warn("what was learned could not be kept", "error", err)
		}
	})
}

// governorConfig is what the governor must know, with what an earlier one has learned.
func (e *Engine) governorConfig() governor.Config {
	cfg := e.settings.GovernorConfig(e.hardLimit)
	if err := e.store.Kept(learnedName, &cfg.Learned); err != nil && !errors.Is(err, session.ErrNotFound) {
		e.log.Warn("what was learned earlier is not used", "error", err)
	}
	return cfg
}
