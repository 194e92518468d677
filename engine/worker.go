package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"coder1/engine/agent"
	"coder1/engine/governor"
	"coder1/engine/pool"
	"coder1/engine/process"
)

// stopGrace is how long an agent that was asked to go may take before it is made to.
const stopGrace = 5 * time.Second

// worker is one agent process from its start to its end, and whoever it works for at the moment. Its
// goroutine is the only one that reads the agent's events and writes its turns down.
type worker struct {
	*Engine
	id         int
	turns      chan governor.StartTurn // the next turn; never more than one
	interrupts chan string             // the prompt whose turn is to end; the latest

	// Owned by the worker's goroutine.
	agent        agent.Agent
	ready        bool
	forgot       bool   // the conversation it was to resume is gone
	stuck        string // why the process was given up, "" when it was not
	unwanted     string // the prompt that is to be interrupted as soon as it begins
	conversation string // the agent's own name for it
	turn         *turn  // nil between turns

	mu struct {
		sync.Mutex
		process *process.Process // nil until it was started
		evicted bool
		killed  bool
		frozen  bool
	}
}

func newWorker(e *Engine, id int) *worker {
	return &worker{Engine: e, id: id, turns: make(chan governor.StartTurn, 1), interrupts: make(chan string, 1)}
}

// interrupt asks for a prompt's turn to end. It does not wait. Only the loop calls it.
func (w *worker) interrupt(prompt string) {
	select {
	case <-w.interrupts: // of a turn before
	default:
	}
	w.interrupts <- prompt
}

// evict asks the process to go, and makes it after a grace time. It does not wait.
func (w *worker) evict() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.mu.evicted = true
	if w.mu.process != nil {
		w.mu.process.Stop(stopGrace)
	}
}

// kill ends the process at once. It does not wait.
func (w *worker) kill() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.mu.killed = true
	if w.mu.process != nil {
		w.mu.process.Kill()
	}
}

// leaves reports whether the process has been asked to go.
func (w *worker) leaves() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.mu.evicted || w.mu.killed
}

// freeze makes the process with all that it runs stand still, or go on. It does not wait.
func (w *worker) freeze(still bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.mu.frozen = still
	switch {
	case w.mu.process == nil:
	case still:
		w.mu.process.FreezeNow()
	default:
		w.mu.process.ThawNow()
	}
}

// giveUp lets go of a process that does not do what it is told. Its turn goes back in line.
func (w *worker) giveUp(what string, err error) {
	w.stuck = what
	w.log.Warn("an agent process is given up: it "+what, "process", w.id, "error", err)
	w.evict()
}

// started takes note of the process, and does to it what was asked for before it was there.
func (w *worker) started(p *process.Process) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.mu.process = p
	switch {
	case w.mu.killed:
		p.Kill()
	case w.mu.evicted:
		p.Stop(stopGrace)
	case w.mu.frozen:
		p.FreezeNow()
	}
}

// heed interrupts the turn that is not wanted any more, which may not have begun yet.
func (w *worker) heed() {
	if w.turn != nil && w.turn.Prompt == w.unwanted {
		w.unwanted = ""
		w.stopTurn()
	}
}

func (w *worker) run(first governor.StartTurn) {
	w.begin(first)
	exit := w.live()
	w.attribution.forget(w.id)
	if w.turn != nil {
		w.tidy(w.turn)
	}
	w.settle(w.ask(exit))
	w.leaveTurn()
	if err := os.RemoveAll(w.tempDir()); err != nil {
		w.log.Warn("temporary files could not be removed", "process", w.id, "error", err)
	}
}

// live starts the process and serves it until it is gone.
func (w *worker) live() governor.ProcessExited {
	exit := governor.ProcessExited{Process: w.id, Failure: governor.StartFailed}
	if w.turn.broken != nil {
		exit.Cause = w.turn.broken.Error()
		return exit
	}
	a, err := w.launch()
	if err != nil {
		exit.Cause = err.Error()
		return exit
	}
	w.agent = a
	w.started(a.Process())
	w.attribution.add(w.id, a.Process(), w.turn.kind.Name())
	everReady := w.serve()
	<-a.Process().Done()
	end := a.Process().Exit()
	exit.Cause = end.Text
	switch {
	case w.forgot:
		exit.Failure = governor.Forgot
	case w.stuck != "":
		exit.Failure, exit.Cause = governor.Stuck, w.stuck
	case end.Signal == syscall.SIGKILL:
		exit.Failure = governor.Killed
	case everReady && w.turn != nil && !w.turn.prompted: // it has nothing to do with the prompt
		exit.Failure = governor.Stuck
	case everReady:
		exit.Failure = governor.Exited
	}
	return exit
}

// tempDir is where the agent and its commands put temporary files: on the disk, where they cost no memory,
// and gone with the process.
func (w *worker) tempDir() string {
	return filepath.Join(w.settings.Data, tempFolder, strconv.Itoa(w.id))
}

const tempFolder = "tmp"

func (w *worker) launch() (agent.Agent, error) {
	if !w.turn.kind.available {
		return nil, errors.New(w.turn.kind.detail)
	}
	if err := os.MkdirAll(w.tempDir(), 0o700); err != nil {
		return nil, fmt.Errorf("make a folder for temporary files: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	resume := ""
	if w.turn.How == pool.Resumed {
		resume = w.turn.conversation
	}
	return w.turn.kind.Start(ctx, agent.Options{
		Supervisor: w.supervisor,
		Owner:      owner(w.id),
		Dir:        w.turn.dir,
		ConfigDir:  w.turn.kind.configDir,
		TempDir:    w.tempDir(),
		Resume:     resume,
	})
}

// startTimeout bounds the start of a process; its first answer may take longer.
const startTimeout = 30 * time.Second

// serve passes turns to the agent and writes down what it says, until its process is gone. It reports
// whether the agent was ever ready.
func (w *worker) serve() (everReady bool) {
	for {
		select {
		case ev, open := <-w.agent.Events():
			if !open {
				return everReady
			}
			if _, ok := ev.(agent.Ready); ok {
				everReady = true
			}
			w.hear(ev)
		case t := <-w.turns:
			w.begin(t)
			w.heed()
			w.proceed()
		case w.unwanted = <-w.interrupts:
			w.heed()
		}
	}
}
