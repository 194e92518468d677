package git

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// CommitOptions say what to commit and how.
type CommitOptions struct {
	Message string
	All     bool // stage all that differs first, new files too. They stay staged when the commit fails
	Amend   bool // replace the last commit; without a message keep its own
}

// Committed is a commit that was made.
type Committed struct {
	Commit  string // its name
	Summary string // the first line of its message
	Note    string // in words, what its maker should know; "" for nothing
}

// Errors about commits.
var (
	ErrMessage = fmt.Errorf("message is empty or longer than %d bytes; say in a line or more what the commit does", maxMessage)
	ErrNothing = errors.New("nothing is staged, so there is nothing to commit")
)

const maxMessage = 64 << 10

// Who commits when nobody is configured.
const (
	coder1Name  = "Coder1"
	coder1Email = "coder1@localhost"
)

// Commit commits what is staged. The repository's hooks run, as they would for anybody who commits; when one
// refuses, its words are in the error.
func (g *Git) Commit(ctx context.Context, repo Repo, o CommitOptions) (Committed, error) {
	if strings.TrimSpace(o.Message) == "" && !o.Amend || len(o.Message) > maxMessage || strings.ContainsRune(o.Message, 0) {
		return Committed{}, ErrMessage
	}
	done, err := g.alone(ctx, repo.Path)
	if err != nil {
		return Committed{}, err
	}
	defer done()
	at, err := g.find(ctx, repo)
	if err != nil {
		return Committed{}, err
	}
	if err := g.checkSettled(ctx, repo, at); err != nil {
		return Committed{}, err
	}
	if o.All {
		if err := g.add(ctx, repo, at, []string{"."}); err != nil {
			return Committed{}, err
		}
	}
	if err := g.checkStaged(ctx, repo, at, o); err != nil {
		return Committed{}, err
	}
	identity, note, err := g.identity(ctx, repo, at)
	if err != nil {
		return Committed{}, err
	}
	if err := g.commit(ctx, repo, at, o, identity); err != nil {
		return Committed{}, err
	}
	made, err := g.last(ctx, repo, at)
	made.Note = note
	return made, err
}

func (g *Git) commit(ctx context.Context, repo Repo, at location, o CommitOptions, identity []string) error {
	c := call{repo: repo, at: at, what: "commit", kind: commit}
	c.args = slices.Concat(identity, []string{"commit", "--quiet"})
	if o.Amend {
		c.args = append(c.args, "--amend")
	}
	if strings.TrimSpace(o.Message) == "" {
		c.args = append(c.args, "--no-edit")
	} else {
		c.args, c.stdin = append(c.args, "--file=-"), []byte(o.Message)
	}
	return g.run(ctx, c)
}

// checkSettled reports a file that is in conflict. To stage it would settle it, with whatever is in it.
func (g *Git) checkSettled(ctx context.Context, repo Repo, at location) error {
	c := call{repo: repo, at: at, what: "list of conflicts", kind: look, args: []string{"ls-files", "--unmerged", "-z"}}
	c.read = func(r *bufio.Reader) error {
		record, err := readRecord(r)
		if err != nil {
			return ended(err)
		}
		_, path, _ := strings.Cut(record, "\t")
		return fmt.Errorf("%s is in conflict; settle it and stage it first: %w", path, ErrConflict)
	}
	return g.run(ctx, c)
}

// ErrConflict says that a merge is not settled.
var ErrConflict = errors.New("a merge is not settled")

// checkStaged reports whether there is something to commit. A merge may be without changes, and so may be what
// amends a commit.
func (g *Git) checkStaged(ctx context.Context, repo Repo, at location, o CommitOptions) error {
	if o.Amend || merging(at) {
		return nil
	}
	now, err := g.status(ctx, repo, at, "--untracked-files=no")
	if err != nil {
		return err
	}
	for _, f := range now.Files {
		if f.Index != Unmodified {
			return nil
		}
	}
	return ErrNothing
}

// identity is who commits: whoever is configured, or else Coder1.
func (g *Git) identity(ctx context.Context, repo Repo, at location) (settings []string, note string, err error) {
	c := call{repo: repo, at: at, what: "config", kind: look}
	c.args = []string{"config", "--includes", "-z", "--name-only", "--get-regexp", `^(user|author|committer)\.(name|email)$`}
	out, err := g.output(ctx, c)
	var f *Failure
	if err != nil && (!errors.As(err, &f) || f.Code != 1) {
		return nil, "", err
	}
	known := map[string]bool{}
	for name := range bytes.SplitSeq(out, []byte{0}) {
		known[string(name)] = true
	}
	has := func(part string) bool {
		return known["user."+part] || known["author."+part] && known["committer."+part]
	}
	if !has("name") {
		settings = append(settings, "-c", "user.name="+coder1Name)
	}
	if !has("email") {
		settings = append(settings, "-c", "user.email="+coder1Email)
	}
	if settings != nil {
		note = fmt.Sprintf("git knows no name or address of yours, so the commit is by %s <%s>; set user.name and user.email in the workspace",
			coder1Name, coder1Email)
	}
	return settings, note, nil
}

// last is the commit that HEAD is.
func (g *Git) last(ctx context.Context, repo Repo, at location) (Committed, error) {
	c := call{repo: repo, at: at, what: "look at the commit", kind: look}
	c.args = []string{"log", "-1", "--no-color", "--no-show-signature", "--no-notes", "--no-patch", "--encoding=UTF-8", "--format=%H%x00%s"}
	out, err := g.output(ctx, c)
	name, summary, _ := strings.Cut(strings.TrimSuffix(string(out), "\n"), "\x00")
	return Committed{Commit: name, Summary: clean(summary)}, err
}
