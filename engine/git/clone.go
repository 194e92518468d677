package git

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// CloneOptions say what to clone.
type CloneOptions struct {
	URL    string // may hold a user and a token, which are used once and kept nowhere
	Branch string // or tag; "" for the remote's own choice
	Depth  int    // how many commits of history; 0 for all
}

// ErrDepth says that a depth cannot be.
var ErrDepth = errors.New("depth is a number of commits from 1 to 1000000, or 0 for all")

// checked is a clone whose options are in order.
type checked struct {
	CloneOptions
	address
}

func (o CloneOptions) check(local bool) (checked, error) {
	a, err := parseAddress(o.URL, local)
	if err != nil {
		return checked{}, err
	}
	if o.Branch != "" {
		err = checkRef(o.Branch)
	}
	if o.Depth < 0 || o.Depth > 1_000_000 {
		err = errors.Join(err, ErrDepth)
	}
	return checked{o, a}, err
}

// download clones into a folder that is empty, and leaves it empty when that fails.
func (g *Git) download(ctx context.Context, repo Repo, o checked, tell func(Progress)) error {
	c := call{repo: repo, what: "clone", kind: fetch, env: append(o.variables(),
		"GIT_ALLOW_PROTOCOL="+g.protocols(),
		// What ssh would ask for nobody can answer. A host that was never seen is trusted, as by most who clone.
		"GIT_SSH_COMMAND=ssh -o BatchMode=yes -o StrictHostKeyChecking=accept-new",
	)}
	c.args = []string{"clone", "--progress", "--template=", "--origin=origin", "--no-recurse-submodules"}
	if o.Branch != "" {
		c.args = append(c.args, "--branch="+o.Branch)
	}
	if o.Depth > 0 {
		c.args = append(c.args, "--depth="+strconv.Itoa(o.Depth))
	}
	c.args = append(c.args, "--", o.url, ".")
	p := Progress{Phase: phaseConnecting}
	c.progress = func(stderr string) {
		if said, ok := parseProgress(stderr); ok {
			p = said
		}
		tell(p)
	}
	err := g.run(ctx, c)
	if err != nil {
		err = errors.Join(err, empty(repo.Path))
	}
	return err
}

func (g *Git) protocols() string {
	if g.localClones {
		return "https:ssh:git:file"
	}
	return "https:ssh:git"
}

// empty removes all that is in a folder. What still writes into it is given a moment to end.
func empty(folder string) error {
	var err error
	for range 5 {
		if err = removeAll(folder); err == nil {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return fmt.Errorf("remove what was cloned: %w", err)
}

func removeAll(folder string) error {
	root, err := os.OpenRoot(folder)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	top, err := root.Open(".")
	if err != nil {
		return err
	}
	names, err := top.Readdirnames(-1)
	if err := errors.Join(err, top.Close()); err != nil {
		return err
	}
	var errs []error
	for _, n := range names {
		errs = append(errs, root.RemoveAll(n))
	}
	return errors.Join(errs...)
}

// inWords is the reason of a failure for people.
func inWords(err error) string {
	var f *Failure
	switch {
	case errors.As(err, &f):
		return f.Text
	case errors.Is(err, errStopped):
		return errStopped.Error()
	}
	first, _, _ := strings.Cut(err.Error(), "\n")
	return clean(first)
}
