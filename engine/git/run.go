package git

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"coder1/engine/process"
)

// call is one git command.
type call struct {
	repo  Repo
	what  string   // the command's name for people, such as "status"
	args  []string // of the command; hardening is added
	stdin []byte
	kind  kind
	at    location // the repository; the zero location: git is not told of one
	env   []string // more variables
	magic bool     // paths may have magic; else they are taken as they are, which not every command can
	// read takes in what the command says, and may return errEnough to end it. Nil: nobody wants to know.
	read func(*bufio.Reader) error
	// progress is shown the end of what the command says about itself, again and again while it runs.
	progress func(stderr string)
}

// kind is what a command may do.
type kind int

const (
	// look only reads. It runs no other program: see sealed.
	look kind = iota
	// change writes to the repository or the folder. Filters run, hooks do not.
	change
	// commit runs hooks, too, and may take its time and much memory.
	commit
	// fetch speaks to another machine, and may take its time and much memory.
	fetch
)

// errEnough ends a command whose answer is known, or is longer than anybody wants.
var errEnough = errors.New("enough")

// Times that commands may take. The longest honest ones on a slow disk: status of 100,000 files 5 s; a commit
// runs the repository's hooks, which may be its tests.
const (
	lookPatience   = 30 * time.Second
	changePatience = 2 * time.Minute
	commitPatience = 15 * time.Minute
	fetchPatience  = 2 * time.Hour
)

func (k kind) patience() time.Duration {
	return [...]time.Duration{lookPatience, changePatience, commitPatience, fetchPatience}[k]
}

func (k kind) heavy() bool { return k == commit || k == fetch }

// How commands that change something rank beside the server, as agents' commands do: the kernel takes them
// first when memory is out, and they leave it the CPU. One that looks is waited for by a person, and short.
const (
	oomScore = 1000
	niceWork = 15
)

// stopGrace is how long a command that is not wanted any more may take to put its locks away.
const stopGrace = 3 * time.Second

// progressPause is how often progress is looked at.
const progressPause = 250 * time.Millisecond

// run runs a command to its end. The error is a *Failure when git itself says no.
func (g *Git) run(ctx context.Context, c call) error {
	if g.path == "" {
		return ErrNoGit
	}
	name := "git " + c.what + " of " + c.repo.Name
	ctx, cancel := context.WithTimeoutCause(ctx, c.kind.patience(),
		&Failure{What: name, Text: fmt.Sprintf("it took longer than %s", c.kind.patience())})
	defer cancel()
	if c.kind == look {
		select {
		case g.looks <- struct{}{}:
			defer func() { <-g.looks }()
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	owner, j := g.enter(name)
	defer g.leaveBooks(owner)
	if c.kind.heavy() {
		defer g.ended(owner)
		if err := g.leave(ctx, owner, name); err != nil {
			return err
		}
	}
	p, err := g.supervisor.Start(g.spec(c, owner))
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	j.started(p)
	err = c.accompany(ctx, p)
	switch {
	case j.verdict() != "":
		return &Failure{What: name, Text: j.verdict()}
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil:
		g.forgetFilters(c.at)
	}
	return err
}

// spec says how to start a command.
func (g *Git) spec(c call, owner string) process.Spec {
	s := process.Spec{
		Path: g.path, Args: append(c.settings(), c.args...), Dir: c.repo.Path, Env: process.Environ(c.variables()...),
		Owner: owner, OOMScoreAdj: oomScore, Nice: niceWork,
	}
	if c.kind == look {
		s.Nice, s.Alone = 0, true
	}
	return s
}

// accompany feeds a process and takes in what it says, until all of it is gone.
func (c call) accompany(ctx context.Context, p *process.Process) error {
	stopped := context.AfterFunc(ctx, func() { p.Stop(stopGrace) })
	defer stopped()
	fed := make(chan struct{})
	go func() {
		defer close(fed)
		_, _ = p.Stdin().Write(c.stdin) // one that does not read on says itself what is wrong
		_ = p.Stdin().Close()
	}()
	if c.progress != nil {
		shown := make(chan struct{})
		go func() { defer close(shown); c.watch(p) }()
		defer func() { <-shown }()
	}
	err := c.takeIn(p)
	if err != nil {
		p.Kill()
	}
	_, _ = io.Copy(io.Discard, p.Stdout())
	<-p.Done()
	<-fed
	switch {
	case errors.Is(err, errEnough):
		return nil
	case err != nil:
		return err
	case p.Exit().Code != 0:
		return c.failure(p)
	}
	return nil
}

// readBuffer is what is in hand of a command's output, and the longest name or line that is read whole.
const readBuffer = 64 << 10

func (c call) takeIn(p *process.Process) error {
	if c.read == nil {
		return nil
	}
	return c.read(bufio.NewReaderSize(p.Stdout(), readBuffer))
}

func (c call) watch(p *process.Process) {
	tick := time.NewTicker(progressPause)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			c.progress(p.Stderr())
		case <-p.Done():
			return
		}
	}
}

// output runs a command that says little, and returns that.
func (g *Git) output(ctx context.Context, c call) ([]byte, error) {
	var out bytes.Buffer
	c.read = func(r *bufio.Reader) error {
		_, err := io.Copy(&out, io.LimitReader(r, maxRecord))
		return err
	}
	err := g.run(ctx, c)
	return out.Bytes(), err
}
