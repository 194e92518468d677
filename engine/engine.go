package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"coder1/engine/agent"
	"coder1/engine/git"
	"coder1/engine/governor"
	"coder1/engine/memory"
	"coder1/engine/process"
	"coder1/engine/session"
	"coder1/engine/trace"
	"coder1/engine/workspace"
)

// Options say what an Engine is opened with.
type Options struct {
	Settings Settings // completed and valid
	Self     string   // path of this program, which starts itself as guard and demo agent; "" finds it
	Version  string
	Log      *slog.Logger
}

// Engine runs sessions. All methods may be called concurrently.
type Engine struct {
	// Given at construction, constant.
	settings Settings
	version  string
	log      *slog.Logger
	born     time.Time
	agents   []agentKind

	// Safe to share.
	store       *session.Store
	workspaces  *workspace.Set
	git         *git.Git
	supervisor  *process.Supervisor
	meter       memory.Meter
	jail        *memory.Jail // nil for none
	hardLimit   int64        // bytes that must never be used
	contained   bool         // the hard limit is the system's
	alone       bool         // we are in a container with nobody else
	watchers    watchers
	broker      broker
	terminals   terminals
	texts       texts
	lives       lives
	journal     journal
	sightings   sightings
	rules       rules
	offers      offers
	recorder    *trace.Recorder
	attribution attribution
	pictures    pictures
	summarizing sync.Mutex // held while a model's summary is begun, so that there is one at a time
	past        *history

	inbox     chan message  // to the loop
	making    chan struct{} // holds a place for each session that is being made out of events
	searching chan struct{} // and for each search
	chore     chan func()   // slow work the loop decided on, done one by one
	stir      chan struct{} // wakes the sampler: somebody is there who may take memory
	clean     chan struct{} // wakes the cleaner: sessions may have grown old
	quit      chan struct{} // closed when the loop is to end

	workers sync.WaitGroup // goroutines that end by themselves once their process is gone
	loops   sync.WaitGroup // goroutines that end at quit
	scribe  sync.WaitGroup // writes the log of decisions, until there will be no more
	closing sync.Once
}

// agentKind is an agent that sessions can choose.
type agentKind struct {
	agent.Kind
	available bool
	detail    string // in words, what is connected or what is missing
	configDir string
}

// Open opens the data folder, puts prompts that waited or ran at the last stop back in line, and begins to
// run them.
func Open(o Options) (*Engine, error) {
	e := &Engine{
		settings: o.Settings, version: o.Version, log: o.Log, born: time.Now(),
		inbox: make(chan message), chore: make(chan func(), 16), making: make(chan struct{}, makers), searching: make(chan struct{}, searchers), stir: make(chan struct{}, 1),
		clean: make(chan struct{}, 1), quit: make(chan struct{}),
	}
	e.journal.lines = make(chan Entry, journalBacklog)
	e.broker.engine, e.past = e, newHistory()
	if err := e.open(o); err != nil {
		return nil, errors.Join(err, e.release())
	}
	e.start()
	if err := e.restore(); err != nil {
		return nil, errors.Join(err, e.Close(context.Background()))
	}
	return e, nil
}

func (e *Engine) open(o Options) (err error) {
	data := o.Settings.Data
	if err := os.MkdirAll(data, 0o700); err != nil {
		return fmt.Errorf("make the data folder (CODER1_DATA): %w", err)
	}
	e.enterJail()
	e.openRecorder(o.Version)
	e.store, err = session.Open(session.Options{
		Dir:       filepath.Join(data, "store"),
		InMemory:  o.Settings.SessionPersistence == "memory",
		MaxActive: o.Settings.MaxActiveSessions,
		Log:       o.Log,
	})
	if err != nil {
		return err
	}
	if err := e.rules.open(e.store); err != nil {
		return err
	}
	e.tellLoss()
	if e.workspaces, err = workspace.Open(filepath.Join(data, "workspaces")); err != nil {
		return err
	}
	id := sha256.Sum256([]byte(data))
	if e.supervisor, err = process.NewSupervisor(process.Options{Self: o.Self, ID: hex.EncodeToString(id[:6])}); err != nil {
		return err
	}
	if err := os.RemoveAll(filepath.Join(data, tempFolder)); err != nil {
		return fmt.Errorf("remove the temporary files of the last run: %w", err)
	}
	if e.meter, err = memory.Open(memory.Options{HardLimit: e.settings.HardLimitMB * governor.MB}); err != nil {
		return fmt.Errorf("find out how memory is measured here: %w", err)
	}
	e.findLimit()
	if err := e.openGit(); err != nil {
		return err
	}
	if err := e.openTerminals(); err != nil {
		return err
	}
	e.attribution.open(e.supervisor, e.nameOf)
	if err := e.supervisor.ServeCommands(&e.broker); err != nil {
		e.log.Warn("the commands that agents run cannot be governed here", "error", err)
	}
	return e.findAgents(o.Self)
}

// findAgents sets up Claude Code and the demo agent, the default one first.
func (e *Engine) findAgents(self string) error {
	if self == "" {
		var err error
		if self, err = os.Executable(); err != nil {
			return fmt.Errorf("find this program's own path: %w", err)
		}
	}
	dir := func(name string) string { return filepath.Join(e.settings.Data, "agents", name) }
	path, detail, err := agent.FindClaude(e.settings.ClaudeBin)
	claude := agentKind{Kind: agent.Claude(path, e.childEnv()), available: err == nil, detail: detail, configDir: dir("claude")}
	if err != nil {
		claude.detail = err.Error()
	}
	demo := agentKind{Kind: agent.Demo(self, e.childEnv()), available: true, configDir: dir("demo"),
		detail: "Built in, with no model behind it: lists, reads and writes files, runs commands, takes memory."}
	e.agents = []agentKind{claude, demo}
	if !claude.available {
		e.agents = []agentKind{demo, claude}
	}
	for _, k := range e.agents {
		if err := os.MkdirAll(k.configDir, 0o700); err != nil {
			return fmt.Errorf("make the folder for transcripts of %s: %w", k.Name(), err)
		}
	}
	return nil
}

func (e *Engine) childEnv() []string {
	return append([]string{"NODE_OPTIONS=" + e.settings.NodeOptions}, e.supervisor.CommandEnv()...)
}

// kind finds an agent by name; the empty name is the default.
func (e *Engine) kind(name string) (agentKind, bool) {
	for _, k := range e.agents {
		if k.Name() == name || name == "" {
			return k, true
		}
	}
	return agentKind{}, false
}

func (e *Engine) start() {
	e.log.Info("engine opened", "data", e.settings.Data, "memory_source", e.meter.Source(),
		"hard_limit_mb", e.hardLimit/governor.MB, "held_by", e.holder(), "budget_mb", e.settings.MemoryLimitMB)
	e.scribe.Go(func() { e.journal.write(e.log) })
	for _, loop := range []func(){e.loop, e.chores, e.sampler, e.cleaner, e.recall} {
		e.loops.Go(loop)
	}
}

// restore puts the prompts found on disk back in line.
func (e *Engine) restore() error {
	prompts, err := e.store.Prompts()
	if err != nil {
		return fmt.Errorf("read the prompts that waited: %w", err)
	}
	if err := e.tidyHidden(prompts); err != nil {
		return err
	}
	for _, p := range prompts {
		meta, err := e.store.Get(p.Session)
		if errors.Is(err, session.ErrNotFound) {
			continue
		}
		if err != nil {
			return fmt.Errorf("read session %s: %w", p.Session, err)
		}
		if p.Running {
			e.note(p.Session, Notice{Prompt: p.ID, Level: "warning", Text: "The server stopped while this prompt was running, so it runs again."})
		}
		e.settle(e.ask(governor.PromptRestored{PromptOffered: e.offered(meta, p.ID), Attempts: p.Attempts}))
	}
	if len(prompts) > 0 {
		e.log.Info("prompts put back in line", "count", len(prompts))
	}
	return nil
}

// Close interrupts running turns and puts them back in line, ends every process and closes the store.
// When the context ends first, processes are killed; what was accepted is on disk either way.
func (e *Engine) Close(ctx context.Context) error {
	var err error
	e.closing.Do(func() {
		e.Drain(ctx)
		e.terminals.Close()
		e.git.Close()
		err = e.supervisor.Close()
		e.workers.Wait()
		close(e.quit)
		e.loops.Wait()
		close(e.journal.lines)
		e.scribe.Wait()
		err = errors.Join(err, e.release())
	})
	return err
}

// Drain is the beginning of Close: running turns are put back in line, nothing new starts, and watchers are
// told to go. What is asked for is still answered. It may be called twice.
func (e *Engine) Drain(ctx context.Context) {
	e.ask(governor.Draining{})
	e.awaitIdle(ctx)
	e.watchers.closeAll()
	e.terminals.Detach()
}

// awaitIdle waits until no turn is running, or the context ends.
func (e *Engine) awaitIdle(ctx context.Context) {
	w := e.Watch()
	defer w.Close()
	for e.view().Running > 0 {
		select {
		case <-w.C:
			w.Take()
		case <-ctx.Done():
			return
		}
	}
}

// release gives back whatever was opened.
func (e *Engine) release() error {
	var errs []error
	if e.git != nil {
		e.git.Close()
	}
	if e.supervisor != nil {
		errs = append(errs, e.supervisor.Close())
	}
	if e.meter != nil {
		errs = append(errs, e.meter.Close())
	}
	if e.workspaces != nil {
		errs = append(errs, e.workspaces.Close())
	}
	if e.store != nil {
		errs = append(errs, e.store.Close())
	}
	if e.recorder != nil {
		errs = append(errs, e.recorder.Close())
	}
	if e.jail != nil {
		errs = append(errs, e.jail.Close())
	}
	return errors.Join(errs...)
}
