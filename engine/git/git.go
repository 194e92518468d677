// Package git does with git what people do with a workspace: clone it, look at what changed, choose, commit.
//
// It drives the git program, whose memory is then its own, is measured, and can be taken back. Everything
// git says is read as it comes, within bounds.
//
// A repository belongs to whoever works in it, and its configuration can name programs to run. What the
// server does of its own accord, which is to look, runs none of them: see sealed. What a person asks for
// runs what that person would expect: filters such as LFS when files are staged or restored, and hooks when
// something is committed, each below the server in rank, and ended with the command.
package git

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"sync"
	"sync/atomic"

	"coder1/engine/process"
)

// Options say what a Git works with.
type Options struct {
	Supervisor *process.Supervisor
	// Leave returns when a command that may take much memory may begin, an error when it may not. owner is
	// who is charged for it, name is for people. Nil: at once.
	Leave func(ctx context.Context, owner, name string) error
	// Ended is told of the end of every command that Leave was asked for. May be nil.
	Ended func(owner string)
	// Clones is the folder that keeps what is known of clones.
	Clones string
	// Changed is called when the state of a clone has changed. May be nil.
	Changed func()
	// LocalClones lets repositories on this machine be cloned, by an address that begins with file://.
	LocalClones bool
	// PartPrefix begins the names of files and folders that are being written. As long as git does not track
	// them they are not there for anybody. Empty: there are none.
	PartPrefix string
}

// Git runs git commands. Methods may be called from any goroutine.
type Git struct {
	supervisor  *process.Supervisor
	leave       func(ctx context.Context, owner, name string) error
	ended       func(owner string)
	changed     func()
	localClones bool
	partPrefix  string

	path   string // of the program, "" when there is none
	lastID atomic.Int64
	looks  chan struct{} // a place for each command that looks
	clones clones

	mu struct {
		sync.Mutex
		jobs    map[string]*job       // owner -> command that runs or waits for leave
		writers map[string]*place     // folder -> who changes it, and how many want to
		filters map[string]remembered // repository -> the filters that are configured
	}
}

// maxLooks is how many commands look at once; more wait. Each takes 5 to 20 MB for a moment.
const maxLooks = 2

// Repo is a workspace's folder, whether it is a repository or not.
type Repo struct {
	Name string // for people
	Path string // absolute
}

// ErrNoGit says that there is no git to work with.
var ErrNoGit = errors.New("git is not installed on the server")

// New makes a Git. What clones the last run has left unfinished are marked as failed: folder says where the
// workspace of a name is.
func New(o Options, folder func(name string) (string, error)) (*Git, error) {
	g := &Git{
		supervisor: o.Supervisor, leave: o.Leave, ended: o.Ended, changed: o.Changed, localClones: o.LocalClones, partPrefix: o.PartPrefix,
		looks: make(chan struct{}, maxLooks),
	}
	if g.leave == nil {
		g.leave = func(context.Context, string, string) error { return nil }
	}
	if g.ended == nil {
		g.ended = func(string) {}
	}
	if g.changed == nil {
		g.changed = func() {}
	}
	g.mu.jobs, g.mu.writers, g.mu.filters = map[string]*job{}, map[string]*place{}, map[string]remembered{}
	if path, err := exec.LookPath("git"); err == nil {
		g.path = path
	}
	if err := g.clones.open(g, o.Clones, folder); err != nil {
		return nil, fmt.Errorf("read what is known of clones: %w", err)
	}
	return g, nil
}

// Close ends the clones that run, which the next New marks as failed. Other commands end with the supervisor.
func (g *Git) Close() { g.clones.close() }

// job is a command that runs, or waits for leave to.
type job struct {
	name   string
	mu     sync.Mutex
	tree   *process.Process // nil until it runs
	frozen bool
	killed bool
	why    string
}

func (g *Git) enter(name string) (owner string, j *job) {
	owner, j = fmt.Sprint(OwnerPrefix, g.lastID.Add(1)), &job{name: name}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.mu.jobs[owner] = j
	return owner, j
}

// OwnerPrefix begins the name of every owner that is charged for a git command.
const OwnerPrefix = "git/"

func (g *Git) leaveBooks(owner string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.mu.jobs, owner)
}

func (g *Git) job(owner string) *job {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.mu.jobs[owner]
}

// NameOf is what to call an owner among people, such as "git clone of shop", "" when it is none of ours or has
// ended.
func (g *Git) NameOf(owner string) string {
	if j := g.job(owner); j != nil {
		return j.name
	}
	return ""
}

// Freeze makes an owner's command stand still, or go on. It does not wait.
func (g *Git) Freeze(owner string, still bool) {
	if j := g.job(owner); j != nil {
		j.mu.Lock()
		defer j.mu.Unlock()
		j.frozen = still
		j.heed()
	}
}

// Kill ends an owner's command, which fails with the reason. It does not wait.
func (g *Git) Kill(owner, reason string) {
	if j := g.job(owner); j != nil {
		j.kill(reason)
	}
}

func (j *job) kill(reason string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if !j.killed {
		j.killed, j.why = true, reason
	}
	j.heed()
}

// started takes note of the process, and does to it what was asked for before it was there.
func (j *job) started(p *process.Process) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.tree = p
	j.heed()
}

// heed does to the process what is wanted. Called with mu held.
func (j *job) heed() {
	switch {
	case j.tree == nil:
	case j.killed:
		j.tree.Kill()
	case j.frozen:
		j.tree.FreezeNow()
	default:
		j.tree.ThawNow()
	}
}

// verdict is why the command was killed, "" when it was not.
func (j *job) verdict() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.why
}

// place is where those who want to change a folder stand in line.
type place struct {
	turn chan struct{} // holds one
	want int
}

// alone waits until nobody else changes a folder through us: git refuses to do two changes at once.
func (g *Git) alone(ctx context.Context, folder string) (done func(), err error) {
	g.mu.Lock()
	p := g.mu.writers[folder]
	if p == nil {
		p = &place{turn: make(chan struct{}, 1)}
		g.mu.writers[folder] = p
	}
	p.want++
	g.mu.Unlock()
	stepBack := func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		if p.want--; p.want == 0 {
			delete(g.mu.writers, folder)
		}
	}
	select {
	case p.turn <- struct{}{}:
		return func() { <-p.turn; stepBack() }, nil
	case <-ctx.Done():
		stepBack()
		return nil, ctx.Err()
	}
}
