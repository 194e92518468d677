package git

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// The bases of a diff that are no refs.
const (
	BaseIndex  = "index"  // the folder against the index
	BaseStaged = "staged" // the index against the last commit
)

// DiffOptions say what is compared.
type DiffOptions struct {
	// Base is a ref: the folder, untracked files included, is compared with that; or BaseIndex, or BaseStaged.
	// Empty: HEAD.
	Base    string
	Path    string // one file or folder only; empty: all
	Context int    // lines around each change
}

// FileDiff is what changed in one file.
type FileDiff struct {
	Path    string
	OldPath string // of a renamed one
	Status  State
	OldMode string // such as 100644; "" where there was no file. 120000 is a link, 160000 a submodule
	NewMode string
	Added   int // lines
	Removed int
	Binary  bool
	// Truncated: lines are left out, or cut. What is shown is no patch that can be applied.
	Truncated bool
	// Lossy: there are bytes that are no UTF-8, shown as U+FFFD. It is no patch that can be applied either.
	Lossy bool
	// Hunks of a file of another type than before are all lines that were, and all that are: they go together.
	Hunks []Hunk
}

// Hunk is a run of changed lines. Lines begin with ' ', '+' or '-'; a last line without a newline is followed by
// "\ No newline at end of file", as in every unified diff.
type Hunk struct {
	Header                                 string // the whole "@@ … @@ …" line
	OldStart, OldLines, NewStart, NewLines int
	Lines                                  []string
}

// Bounds of a diff. What is beyond is counted and left out.
const (
	MaxDiffFiles = 500
	maxFileLines = 2000      // of one file, all hunks together
	maxFileBytes = 512 << 10 // of one file
	maxLine      = 4 << 10   // bytes
	maxDiffBytes = 16 << 20  // of all files
	maxContext   = 10_000
)

// ErrContext says that a number of context lines cannot be.
var ErrContext = fmt.Errorf("context is a number of lines from 0 to %d", maxContext)

// Diff compares, and hands over one file after the other, which it does not keep. truncated reports that there
// are more.
func (g *Git) Diff(ctx context.Context, repo Repo, o DiffOptions, emit func(*FileDiff) error) (truncated bool, err error) {
	if err := o.check(); err != nil {
		return false, err
	}
	at, err := g.find(ctx, repo)
	if err != nil {
		return false, err
	}
	args, untracked, err := g.compare(ctx, repo, at, o)
	if err != nil {
		return false, err
	}
	budget := &budget{emit: emit}
	c := call{repo: repo, at: at, what: "diff", kind: look, args: args}
	c.read = func(r *bufio.Reader) error { return parseDiff(r, budget.take) }
	if err := g.run(ctx, c); err != nil {
		return false, err
	}
	if untracked && !budget.over {
		err = g.untracked(ctx, repo, at, o.Path, budget.take)
	}
	return budget.over, err
}

func (o *DiffOptions) check() error {
	if o.Base == "" {
		o.Base = "HEAD"
	}
	if o.Context < 0 || o.Context > maxContext {
		return ErrContext
	}
	return errors.Join(checkRef(o.Base), checkPaths([]string{o.Path}, true))
}

// compare is the command for what is to be compared, and whether untracked files are to be added.
func (g *Git) compare(ctx context.Context, repo Repo, at location, o DiffOptions) (args []string, untracked bool, err error) {
	args = []string{
		"diff", "--raw", "-z", "--patch", "--no-color", "--no-ext-diff", "--no-textconv", "--find-renames", "-l400",
		"--ignore-submodules=dirty", "--submodule=short", "--src-prefix=a/", "--dst-prefix=b/", "--no-relative",
		"--diff-algorithm=myers", "--inter-hunk-context=0", "--output-indicator-new=+", "--output-indicator-old=-",
		"--output-indicator-context= ", "-O" + os.DevNull, "-U" + strconv.Itoa(o.Context),
	}
	switch o.Base {
	case BaseIndex:
		args = append(args, "--ours") // what is in conflict is compared with our side
	case BaseStaged:
		args = append(args, "--cached")
	default:
		tree, err := g.tree(ctx, repo, at, o.Base)
		if err != nil {
			return nil, false, err
		}
		args, untracked = append(args, tree), true
	}
	args = append(args, "--")
	if o.Path != "" {
		args = append(args, o.Path)
	}
	return args, untracked, nil
}

// budget counts what is handed over, and ends it when it is enough.
type budget struct {
	emit  func(*FileDiff) error
	files int
	bytes int
	over  bool
}

func (b *budget) take(f *FileDiff) error {
	if b.files == MaxDiffFiles {
		b.over = true
		return errEnough
	}
	b.files++
	size := f.size()
	if b.bytes += size; b.bytes > maxDiffBytes && size > 0 {
		b.bytes -= size
		f.Hunks, f.Truncated = nil, true
	}
	return b.emit(f)
}

func (f *FileDiff) size() (n int) {
	for _, h := range f.Hunks {
		for _, l := range h.Lines {
			n += len(l)
		}
	}
	return n
}

// add takes in a line of the last hunk.
func (f *FileDiff) add(line []byte, cut bool) {
	f.count(line)
	if len(line) > maxLine {
		line, cut = line[:maxLine], true
	}
	text := string(line)
	valid := strings.ToValidUTF8(text, "�")
	f.Truncated = f.Truncated || cut
	f.Lossy = f.Lossy || valid != text && !cut
	h := &f.Hunks[len(f.Hunks)-1]
	h.Lines = append(h.Lines, valid)
}

func (f *FileDiff) count(line []byte) {
	switch line[0] {
	case '+':
		f.Added++
	case '-':
		f.Removed++
	}
}
