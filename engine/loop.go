package engine

import (
	"slices"
	"time"

	"coder1/engine/governor"
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
	state := governor.New(e.settings.governorConfig(e.meter.Limit()))
	hands := hands{Engine: e, workers: map[int]*worker{}}
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
			decisions := slices.Clone(state.Step(e.now(), m.event))
			hands.carryOut(m.event, decisions)
			m.reply <- decisions
		case <-ticker.C:
			hands.carryOut(governor.Tick{}, state.Step(e.now(), governor.Tick{}))
		case <-e.quit:
			return
		}
	}
}

// hands carry out what the governor decides. They belong to the loop.
type hands struct {
	*Engine
	workers map[int]*worker // process -> its worker
}

func (h *hands) carryOut(ev governor.Event, decisions []governor.Decision) {
	if exit, ok := ev.(governor.ProcessExited); ok {
		delete(h.workers, exit.Process)
	}
	for _, d := range decisions {
		h.journal.add(h.log, d)
		h.do(d)
	}
	if _, sampled := ev.(governor.Sample); len(decisions) > 0 || sampled {
		h.watchers.changed()
	}
}

func (h *hands) do(d governor.Decision) {
	switch d := d.(type) {
	case governor.StartTurn:
		h.startTurn(d)
	case governor.Interrupt:
		if w := h.workers[d.Process]; w != nil {
			w.interrupt()
		}
	case governor.Evict:
		if w := h.workers[d.Process]; w != nil {
			w.evict()
		}
	case governor.DropContexts:
		h.later(func() { h.store.DropContexts(d.Keep) })
	case governor.ReleaseMemory:
		h.later(releaseMemory)
	}
}

func (h *hands) startTurn(d governor.StartTurn) {
	if w := h.workers[d.Process]; w != nil {
		w.turns <- d // has room: the governor leases a process only after its last turn has ended
		return
	}
	w := newWorker(h.Engine, d.Process)
	h.workers[d.Process] = w
	h.Engine.workers.Go(func() { w.run(d) })
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
