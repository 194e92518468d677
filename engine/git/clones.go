package git

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// CloneState is what became of a clone.
type CloneState string

// The states of a clone.
const (
	Cloning CloneState = "cloning"
	Cloned  CloneState = "ready"
	Failed  CloneState = "failed"
)

// Clone is what is known of a workspace that was cloned.
type Clone struct {
	State    CloneState `json:"state"`
	URL      string     `json:"url"` // without secrets
	Branch   string     `json:"branch,omitempty"`
	Error    string     `json:"error,omitempty"` // why it failed, in words
	Progress Progress   `json:"-"`
}

// Errors about clones.
var (
	ErrCloning  = errors.New("the workspace is being cloned; wait until it is ready")
	ErrNotReady = errors.New("the workspace could not be cloned; try again or delete it")
	ErrNotEmpty = errors.New("there are files in the workspace already; delete it, or clone into another")
	errStopped  = errors.New("the server stopped while it was cloned")
	errUnwanted = errors.New("it was cancelled")
)

// clones is every workspace that was cloned. What is known of one is a file in a folder of their own, so that
// it is known after a restart, whatever else is kept.
type clones struct {
	git     *Git
	dir     string
	line    chan struct{} // holds whoever clones: one at a time, because of the memory it takes
	running sync.WaitGroup

	mu struct {
		sync.Mutex
		closed bool
		known  map[string]Clone   // workspace -> clone
		ends   map[string]*ending // workspace -> how to end one that runs
	}
}

type ending struct {
	cancel context.CancelCauseFunc
	over   chan struct{}
}

// open reads what is known. A clone that was running when the server stopped has failed.
func (cs *clones) open(g *Git, dir string, folder func(string) (string, error)) error {
	cs.git, cs.dir, cs.line = g, dir, make(chan struct{}, 1)
	cs.mu.known, cs.mu.ends = map[string]Clone{}, map[string]*ending{}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), recordSuffix); ok {
			err = errors.Join(err, cs.restore(name, folder))
		}
	}
	return err
}

const recordSuffix = ".json"

func (cs *clones) restore(name string, folder func(string) (string, error)) error {
	path, err := folder(name)
	if err != nil { // the workspace is gone
		return os.Remove(cs.file(name))
	}
	raw, err := os.ReadFile(cs.file(name))
	if err != nil {
		return err
	}
	var c Clone
	if err := json.Unmarshal(raw, &c); err != nil {
		return fmt.Errorf("%s: %w", cs.file(name), err)
	}
	cs.mu.known[name] = c
	if c.State != Cloning {
		return nil
	}
	c.State, c.Error = Failed, errStopped.Error()
	return errors.Join(empty(path), cs.keep(name, c))
}

func (cs *clones) file(name string) string { return filepath.Join(cs.dir, name+recordSuffix) }

// keep writes down what is known of a clone.
func (cs *clones) keep(name string, c Clone) error {
	raw, err := json.Marshal(c)
	if err == nil {
		err = replace(cs.file(name), raw)
	}
	if err != nil {
		return fmt.Errorf("write down the state of a clone: %w", err)
	}
	cs.mu.Lock()
	defer cs.mu.Unlock()
	cs.mu.known[name] = c
	return nil
}

// replace writes a file so that it has either what it had or what it is to have.
func replace(file string, raw []byte) error {
	next, err := os.OpenFile(file+".next", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = next.Write(raw)
	if err = errors.Join(err, next.Sync(), next.Close()); err != nil {
		return err
	}
	return os.Rename(file+".next", file)
}

// close ends the clones that run, as failed.
func (cs *clones) close() {
	cs.mu.Lock()
	cs.mu.closed = true
	for _, e := range cs.mu.ends {
		e.cancel(errStopped)
	}
	cs.mu.Unlock()
	cs.running.Wait()
}

// CheckClone reports what is wrong with the options of a clone.
func (g *Git) CheckClone(o CloneOptions) error {
	if g.path == "" {
		return ErrNoGit
	}
	_, err := o.check(g.localClones)
	return err
}

// Clone begins to clone into a workspace, and returns at once. CloneOf tells how far it is. A workspace whose
// clone has failed can be cloned again. folder makes or finds the workspace's folder, which must be empty; it is
// called when the workspace is known as one that is being cloned, so that nobody ever takes it for ready.
func (g *Git) Clone(name string, o CloneOptions, folder func() (path string, err error)) error {
	if g.path == "" {
		return ErrNoGit
	}
	if !local(name) || strings.ContainsAny(name, `/\`) { // it becomes a file's name
		return fmt.Errorf("%q: %w", name, ErrPath)
	}
	ready, err := o.check(g.localClones)
	if err != nil {
		return err
	}
	cs := &g.clones
	ctx, cancel := context.WithCancelCause(context.Background())
	e := &ending{cancel, make(chan struct{})}
	before, err := cs.begin(name, e)
	if err != nil {
		cancel(nil)
		return err
	}
	c := Clone{State: Cloning, URL: ready.url, Branch: o.Branch, Progress: Progress{Phase: phaseWaiting}}
	repo, err := cs.prepare(name, c, folder)
	if err != nil {
		err = errors.Join(err, cs.undo(name, before))
		cs.finish(name, e)
		cancel(nil)
		return err
	}
	g.changed()
	go func() {
		defer cancel(nil)
		defer cs.finish(name, e)
		cs.run(ctx, repo, ready, c)
	}()
	return nil
}

// prepare writes down that a clone begins, and sees to its folder.
func (cs *clones) prepare(name string, c Clone, folder func() (string, error)) (Repo, error) {
	if err := cs.keep(name, c); err != nil {
		return Repo{}, err
	}
	path, err := folder()
	if err != nil {
		return Repo{}, err
	}
	left, err := os.ReadDir(path)
	if err == nil && len(left) > 0 {
		err = ErrNotEmpty
	}
	return Repo{Name: name, Path: path}, err
}

// undo makes what is known of a clone what it was before.
func (cs *clones) undo(name string, before Clone) error {
	if before.State == "" {
		return cs.forget(name)
	}
	return cs.keep(name, before)
}

// begin takes the name for a clone, and returns what was known of one before.
func (cs *clones) begin(name string, e *ending) (before Clone, err error) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	switch {
	case cs.mu.closed:
		return Clone{}, errStopped
	case cs.mu.ends[name] != nil:
		return Clone{}, ErrCloning
	}
	cs.mu.ends[name] = e
	cs.running.Add(1)
	return cs.mu.known[name], nil
}

func (cs *clones) finish(name string, e *ending) {
	cs.mu.Lock()
	delete(cs.mu.ends, name)
	cs.mu.Unlock()
	close(e.over)
	cs.running.Done()
	cs.git.changed()
}

// run clones, and writes down what became of it.
func (cs *clones) run(ctx context.Context, repo Repo, o checked, c Clone) {
	err := cs.inTurn(ctx, func() error {
		return cs.git.download(ctx, repo, o, func(p Progress) { cs.progress(repo.Name, p) })
	})
	if c.State = Cloned; err != nil {
		c.State, c.Error = Failed, inWords(err)
	}
	c.Progress = Progress{}
	if kept := cs.keep(repo.Name, c); kept != nil {
		c.State, c.Error = Failed, inWords(kept)
		cs.mu.Lock()
		defer cs.mu.Unlock()
		cs.mu.known[repo.Name] = c
	}
}

func (cs *clones) inTurn(ctx context.Context, do func() error) error {
	select {
	case cs.line <- struct{}{}:
		defer func() { <-cs.line }()
		return do()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// progress takes note of how far a clone is, and tells when that has changed.
func (cs *clones) progress(name string, p Progress) {
	cs.mu.Lock()
	c, known := cs.mu.known[name]
	changed := known && c.Progress != p
	if changed {
		c.Progress = p
		cs.mu.known[name] = c
	}
	cs.mu.Unlock()
	if changed {
		cs.git.changed()
	}
}

// CloneOf is what is known of a workspace that was cloned.
func (g *Git) CloneOf(name string) (Clone, bool) {
	g.clones.mu.Lock()
	defer g.clones.mu.Unlock()
	c, ok := g.clones.mu.known[name]
	return c, ok
}

// Ready reports whether a workspace can be worked in: ErrCloning, or ErrNotReady.
func (g *Git) Ready(name string) error {
	c, _ := g.CloneOf(name)
	switch c.State {
	case Cloning:
		return ErrCloning
	case Failed:
		return fmt.Errorf("%w (%s)", ErrNotReady, c.Error)
	}
	return nil
}

// Forget ends the clone of a workspace, if it runs, and returns when nothing of it is left but its folder and
// what was written there.
func (g *Git) Forget(ctx context.Context, name string) error {
	cs := &g.clones
	cs.mu.Lock()
	e := cs.mu.ends[name]
	cs.mu.Unlock()
	if e != nil {
		e.cancel(errUnwanted)
		select {
		case <-e.over:
		case <-ctx.Done():
			return fmt.Errorf("wait for the clone to end: %w", ctx.Err())
		}
	}
	return cs.forget(name)
}

func (cs *clones) forget(name string) error {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	delete(cs.mu.known, name)
	if err := os.Remove(cs.file(name)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("forget the clone: %w", err)
	}
	return nil
}
