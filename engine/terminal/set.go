package terminal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"

	"coder1/engine/process"
)

// MaxExited bounds the terminals that are kept after their program has ended; the oldest go first.
const MaxExited = 32

// ErrCommand means that a terminal's command cannot be run.
var ErrCommand = errors.New("the command cannot be run")

// Hooks are told of what happens, from goroutines of the terminals' own and with nothing locked. They may wait.
type Hooks struct {
	Changed func()                          // the list, or something in it
	Watched func(t *Terminal, watched bool) // somebody looks, or nobody does any more
	Exited  func(t *Terminal)               // its program is gone
	Failed  func(what string, err error)    // nobody waits for an answer to it
}

// Spec says what to start.
type Spec struct {
	ID        string // unique for ever
	Number    int    // unique among the terminals that there are
	Workspace string
	Dir       string   // absolute
	Command   []string // empty for the shell
	Shell     string
	Title     string // empty for one made of the command that no other terminal of the workspace has
	Size      Size
	Env       []string // added to the environment, "NAME=value"

	Owner       string // see process.Spec
	Nice        int
	OOMScoreAdj int
	DataLimit   int64

	lines int
	made  string // title when there is no other
}

// Set is all terminals of an engine. Safe for concurrent use.
type Set struct {
	supervisor *process.Supervisor
	dir        string
	hooks      Hooks

	mu struct {
		sync.Mutex
		closed bool
		lines  int
		all    []*Terminal // in the order of their start
		going  sync.WaitGroup
	}
}

// Open makes an empty set that keeps terminals' pasts in a folder, which is emptied: terminals end with the
// server. lines is how many lines a new viewer is given.
func Open(s *process.Supervisor, dir string, lines int, hooks Hooks) (*Set, error) {
	if err := errors.Join(os.RemoveAll(dir), os.MkdirAll(dir, 0o700)); err != nil {
		return nil, fmt.Errorf("empty the folder for terminals' pasts: %w", err)
	}
	set := &Set{supervisor: s, dir: dir, hooks: hooks}
	set.mu.lines = lines
	return set, nil
}

// Start starts a terminal.
func (s *Set) Start(spec Spec) (*Terminal, error) {
	if !spec.Size.Valid() {
		return nil, ErrSize
	}
	if err := checkTitle(spec.Title); err != nil {
		return nil, err
	}
	if err := checkCommand(spec.Command); err != nil {
		return nil, err
	}
	args := login()
	if len(spec.Command) > 0 {
		args = spec.Command[1:]
	} else {
		spec.Command = []string{spec.Shell}
	}
	ours, theirs, err := openConsole(spec.Size)
	if err != nil {
		return nil, err
	}
	p, err := s.supervisor.Start(process.Spec{
		Path: spec.Command[0], Args: args, Dir: spec.Dir, Env: Environ(spec.Shell, spec.Env...), TTY: theirs, Spawn: spawnIn(ours),
		Owner: spec.Owner, Nice: spec.Nice, OOMScoreAdj: spec.OOMScoreAdj, DataLimit: spec.DataLimit,
	})
	if err != nil {
		ours.Close()
		return nil, startError(spec.Command[0], err)
	}
	return s.add(spec, ours, p)
}

// freeTitleLocked is a title as it is, or with the first number from 2 on that tells it from the titles of the
// workspace's other terminals.
func (s *Set) freeTitleLocked(title, workspace string) string {
	taken := map[string]bool{}
	for _, t := range s.mu.all {
		if t.workspace == workspace {
			taken[t.Info().Title] = true
		}
	}
	free := title
	for n := 2; taken[free]; n++ {
		free = fmt.Sprint(title, " ", n)
	}
	return free
}

// checkCommand says what is wrong with a command; an empty one is the shell.
func checkCommand(command []string) error {
	size := 0
	for _, arg := range command {
		size += len(arg)
		if strings.Contains(arg, "\x00") {
			return fmt.Errorf("%w: it has a zero byte in it", ErrCommand)
		}
	}
	switch {
	case len(command) > 0 && command[0] == "":
		return fmt.Errorf("%w: its first word is empty; leave the command out for a shell", ErrCommand)
	case size > maxCommand:
		return fmt.Errorf("%w: it has %d bytes, %d is the most", ErrCommand, size, maxCommand)
	}
	return nil
}

// maxCommand is the most bytes of a command: it is kept for as long as its terminal.
const maxCommand = 8 << 10

// add takes a terminal whose program runs into the set.
func (s *Set) add(spec Spec, c console, p program) (*Terminal, error) {
	s.mu.Lock()
	spec.lines = s.mu.lines
	spec.made = s.freeTitleLocked(titleOf(spec.Command), spec.Workspace)
	t := newTerminal(spec, c, p, filepath.Join(s.dir, spec.ID), s.hooksOf())
	closed := s.mu.closed
	if !closed {
		s.mu.all = append(s.mu.all, t)
		s.mu.going.Add(1)
	}
	s.mu.Unlock()
	go t.live()
	if closed {
		t.close(ErrClosed)
		<-t.over
		return nil, errors.Join(ErrClosed, t.remove())
	}
	s.hooks.Changed()
	return t, nil
}

// hooksOf are the hooks, and what the set itself has to do.
func (s *Set) hooksOf() Hooks {
	h := s.hooks
	h.Exited = func(t *Terminal) {
		s.hooks.Exited(t)
		s.sweep()
	}
	return h
}

// startError tells a command that cannot be run from a system that cannot run any.
func startError(name string, err error) error {
	for _, mistake := range []error{exec.ErrNotFound, fs.ErrNotExist, fs.ErrPermission, syscall.ENOEXEC, syscall.EISDIR, syscall.ENOTDIR} {
		if errors.Is(err, mistake) {
			if errors.Is(err, exec.ErrNotFound) {
				return fmt.Errorf("%w: %s is not on the server's PATH", ErrCommand, name)
			}
			return fmt.Errorf("%w: %s: %s", ErrCommand, name, plain(err))
		}
	}
	if errors.Is(err, os.ErrClosed) {
		return ErrClosed
	}
	return err
}

// sweep deletes the oldest of the terminals that have exited, beyond MaxExited.
func (s *Set) sweep() {
	var exited []*Terminal
	for _, t := range s.List() {
		if t.ended() {
			exited = append(exited, t)
		}
	}
	for _, t := range exited[:max(0, len(exited)-MaxExited)] {
		_ = s.Delete(t.id) // it may be gone already
	}
}

// List is all terminals in the order of their start.
func (s *Set) List() []*Terminal {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.mu.all)
}

// Get finds a terminal.
func (s *Set) Get(id string) (*Terminal, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.mu.all {
		if t.id == id {
			return t, nil
		}
	}
	return nil, ErrNotFound
}

// Delete takes a terminal off the list and hangs up: its program is killed if it does not end soon. It does not
// wait for that.
func (s *Set) Delete(id string) error {
	t, err := s.Get(id)
	if err != nil {
		return err
	}
	s.mu.Lock()
	n := len(s.mu.all)
	s.mu.all = slices.DeleteFunc(s.mu.all, func(other *Terminal) bool { return other == t })
	gone := len(s.mu.all) == n
	s.mu.Unlock()
	if gone {
		return ErrNotFound
	}
	s.discard(t, ErrDeleted)
	s.hooks.Changed()
	return nil
}

// discard lets go of a terminal that is not on the list any more.
func (s *Set) discard(t *Terminal, why error) {
	t.close(why)
	go func() {
		defer s.mu.going.Done()
		<-t.over
		if err := t.remove(); err != nil {
			s.hooks.Failed("remove a terminal's past", err)
		}
	}()
}

// Trim bounds the lines that new viewers are given; 0 leaves that as it is, and moves what is kept in memory to
// disk. It returns the bytes of memory that were given back.
func (s *Set) Trim(lines int) (freed int64) {
	if lines > 0 {
		s.mu.Lock()
		s.mu.lines = lines
		s.mu.Unlock()
	}
	for _, t := range s.List() {
		freed += t.Trim(lines)
	}
	return freed
}

// Close starts nothing more, lets all viewers go, hangs up everywhere, and returns when all programs are gone
// and the files removed. It may be called twice.
func (s *Set) Close() {
	s.mu.Lock()
	s.mu.closed = true
	all := s.mu.all
	s.mu.all = nil
	s.mu.Unlock()
	for _, t := range all {
		s.discard(t, ErrClosed)
	}
	s.mu.going.Wait()
}

// Detach lets all viewers go, and none come any more.
func (s *Set) Detach() {
	for _, t := range s.List() {
		t.refuse(ErrClosed)
	}
}

// checkTitle says what is wrong with a title; "" is none.
func checkTitle(title string) error {
	if n := len([]rune(title)); n > 200 || strings.ContainsFunc(title, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return ErrTitle
	}
	return nil
}

// ErrTitle means that a title cannot be.
var ErrTitle = errors.New("title must have at most 200 characters, none of them a control character")
