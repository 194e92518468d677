package git

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// ErrRef says that there is no such ref, or that there cannot be.
var ErrRef = errors.New("there is no such branch, tag or commit")

// ErrNoFile says that there is no such file at a ref.
var ErrNoFile = errors.New("there is no such file at this ref")

// maxRef is longer than any name that is a ref.
const maxRef = 512

// checkRef refuses what cannot be a ref and could be something else to git.
func checkRef(ref string) error {
	bad := strings.ContainsFunc(ref, func(r rune) bool { return r <= ' ' || r == 0x7f || strings.ContainsRune(`:?*[\`, r) })
	if ref == "" || len(ref) > maxRef || ref[0] == '-' || ref[0] == '^' || bad || strings.Contains(ref, "..") {
		return fmt.Errorf("%s: %w", clean(ref), ErrRef)
	}
	return nil
}

// tree is the object name of the files at a ref. Before the first commit, HEAD has none.
func (g *Git) tree(ctx context.Context, repo Repo, at location, ref string) (string, error) {
	c := call{repo: repo, at: at, what: "look-up of a ref", kind: look}
	c.args = []string{"rev-parse", "--verify", "--quiet", "--end-of-options", ref + "^{tree}"}
	out, err := g.output(ctx, c)
	if err == nil {
		return hash(out)
	}
	var f *Failure
	if !errors.As(err, &f) || f.Code < 0 {
		return "", err
	}
	if ref != "HEAD" {
		return "", fmt.Errorf("%s: %w", ref, ErrRef)
	}
	c.args = []string{"hash-object", "-t", "tree", os.DevNull}
	if out, err = g.output(ctx, c); err != nil {
		return "", err
	}
	return hash(out)
}

// hash is the last line of what git said, which is an object's name.
func hash(out []byte) (string, error) {
	lines := strings.Fields(string(out))
	if len(lines) == 0 || strings.Trim(lines[len(lines)-1], "0123456789abcdef") != "" {
		return "", fmt.Errorf("git said %q for the name of an object", clean(string(out)))
	}
	return lines[len(lines)-1], nil
}

// Refs are the names that commits have.
type Refs struct {
	Head      string // the branch that is checked out, or else the commit; "" before the first commit of no branch
	Branches  []string
	Remotes   []string // branches of remotes as last fetched, such as origin/main
	Tags      []string
	Truncated bool // there are more than MaxRefs of a kind
}

// MaxRefs is how many names of a kind are listed.
const MaxRefs = 1000

// Refs lists branches and tags, by name.
func (g *Git) Refs(ctx context.Context, repo Repo) (Refs, error) {
	at, err := g.find(ctx, repo)
	if err != nil {
		return Refs{}, err
	}
	r := Refs{Branches: []string{}, Remotes: []string{}, Tags: []string{}}
	c := call{repo: repo, at: at, what: "list of refs", kind: look}
	c.args = []string{"for-each-ref", "--format=%(refname)", "refs/heads", "refs/remotes", "refs/tags"}
	c.read = r.parse
	if err := g.run(ctx, c); err != nil {
		return Refs{}, err
	}
	r.Head, err = g.head(ctx, repo, at)
	return r, err
}

// parse reads one ref a line.
func (r *Refs) parse(in *bufio.Reader) error {
	p := patchParser{r: in}
	for {
		line, err := p.readLine()
		if err != nil {
			return ended(err)
		}
		r.add(string(line))
	}
}

func (r *Refs) add(ref string) {
	lists := map[string]*[]string{"refs/heads/": &r.Branches, "refs/remotes/": &r.Remotes, "refs/tags/": &r.Tags}
	for prefix, list := range lists {
		name, ok := strings.CutPrefix(ref, prefix)
		switch {
		case !ok || strings.HasSuffix(name, "/HEAD") && list == &r.Remotes:
		case len(*list) == MaxRefs:
			r.Truncated = true
		default:
			*list = append(*list, name)
		}
	}
}

// head is the branch that is checked out, or else the commit.
func (g *Git) head(ctx context.Context, repo Repo, at location) (string, error) {
	c := call{repo: repo, at: at, what: "look-up of HEAD", kind: look, args: []string{"symbolic-ref", "--quiet", "--short", "HEAD"}}
	out, err := g.output(ctx, c)
	var f *Failure
	if errors.As(err, &f) && f.Code == 1 { // it is a commit
		c.args = []string{"rev-parse", "--verify", "--quiet", "HEAD"}
		out, err = g.output(ctx, c)
	}
	return strings.TrimSpace(string(out)), err
}

// Show hands over a file as it is at a ref, or in the index (BaseIndex), as a stream that may be of any length.
// The error is ErrNoFile as long as nothing was handed over.
func (g *Git) Show(ctx context.Context, repo Repo, ref, path string, take func(io.Reader) error) error {
	if err := errors.Join(checkRef(ref), checkPaths([]string{path}, false)); err != nil {
		return err
	}
	at, err := g.find(ctx, repo)
	if err != nil {
		return err
	}
	object := ref + ":" + path
	if ref == BaseIndex {
		object = ":0:" + path
	}
	c := call{repo: repo, at: at, what: "show", kind: look, args: []string{"cat-file", "blob", object}}
	begun := false
	c.read = func(r *bufio.Reader) error {
		if _, err := r.Peek(1); err != nil {
			return nil // an empty file, or none
		}
		begun = true
		return take(r)
	}
	err = g.run(ctx, c)
	var f *Failure
	if errors.As(err, &f) && f.Code == 128 && !begun {
		return fmt.Errorf("%s at %s: %w", path, ref, ErrNoFile)
	}
	if err == nil && !begun {
		return take(strings.NewReader(""))
	}
	return err
}

// Init makes the workspace a repository without commits.
func (g *Git) Init(ctx context.Context, repo Repo) error {
	done, err := g.alone(ctx, repo.Path)
	if err != nil {
		return err
	}
	defer done()
	switch _, err := locate(repo); {
	case err == nil:
		return ErrRepository
	case !errors.Is(err, ErrNoRepository):
		return err
	}
	return g.run(ctx, call{repo: repo, what: "init", kind: change, args: []string{"init", "--quiet", "--template="}})
}

// ErrRepository says that there is nothing to be made.
var ErrRepository = errors.New("the workspace is a git repository already")

// Branch is the branch that is checked out in a folder, "" for none. It reads one small file and runs no git.
func Branch(folder string) string {
	dir, err := locate(Repo{Path: folder})
	if err != nil {
		return ""
	}
	head, err := readSmall(filepath.Join(dir, "HEAD"))
	if err != nil {
		return ""
	}
	branch, _ := strings.CutPrefix(head, "ref: refs/heads/")
	if branch == head {
		return ""
	}
	return clean(branch)
}
