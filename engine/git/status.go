package git

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
)

// State is what became of a file, in the index or in the folder.
type State string

// The states of a file.
const (
	Unmodified State = "unmodified"
	Modified   State = "modified"
	Added      State = "added"
	Deleted    State = "deleted"
	Renamed    State = "renamed"
	Untracked  State = "untracked"
	Conflicted State = "conflicted"
	Ignored    State = "ignored"
)

// Status is how a repository and its folder differ from the last commit.
type Status struct {
	Repository bool   // false: the workspace is no repository, and all else is empty
	Branch     string // "" when no branch is checked out
	Head       string // the commit, "" before the first
	Upstream   string // "" for none
	Ahead      int    // commits that the upstream has not
	Behind     int    // commits that only the upstream has
	Files      []FileStatus
	Truncated  bool // more than MaxStatusFiles differ
}

// FileStatus is one file that differs.
type FileStatus struct {
	Path     string
	OldPath  string // of a renamed one
	Index    State  // against the last commit
	Worktree State  // the folder against the index

	submodule bool // in the index
}

// MaxStatusFiles is how many files a Status lists.
const MaxStatusFiles = 5000

// Status looks at what differs. Ignored files are left out.
func (g *Git) Status(ctx context.Context, repo Repo) (Status, error) {
	at, err := g.find(ctx, repo)
	if errors.Is(err, ErrNoRepository) {
		return Status{}, nil
	}
	if err != nil {
		return Status{}, err
	}
	return g.status(ctx, repo, at, "--untracked-files=all", "--ignored=no")
}

func (g *Git) status(ctx context.Context, repo Repo, at location, args ...string) (s Status, err error) {
	err = g.differences(ctx, repo, at, &s, g.withoutParts(s.add), args...)
	s.Repository = err == nil
	return s, err
}

// withoutParts leaves out what is being written.
func (g *Git) withoutParts(take func(FileStatus) error) func(FileStatus) error {
	return func(f FileStatus) error {
		if g.isPart(f) {
			return nil
		}
		return take(f)
	}
}

func (g *Git) isPart(f FileStatus) bool {
	return (f.Worktree == Untracked || f.Worktree == Ignored) && g.inPart(f.Path)
}

func (g *Git) inPart(path string) bool {
	return g.partPrefix != "" && strings.Contains("/"+path, "/"+g.partPrefix)
}

// add takes in a file while there is room.
func (s *Status) add(f FileStatus) error {
	if len(s.Files) == MaxStatusFiles {
		s.Truncated = true
		return errEnough
	}
	s.Files = append(s.Files, f)
	return nil
}

// differences hands over what differs, one file after the other. Those that git tracks come first, then the
// new ones, then the ignored ones, each kind in the order of the bytes of their names. The rest is put into s.
func (g *Git) differences(ctx context.Context, repo Repo, at location, s *Status, take func(FileStatus) error, args ...string) error {
	c := call{repo: repo, at: at, what: "status", kind: look}
	// Of a submodule only its commit is compared: to look into it is to run git there.
	c.args = append([]string{"status", "--porcelain=v2", "--branch", "-z", "--find-renames", "--ignore-submodules=dirty"}, args...)
	c.read = func(r *bufio.Reader) error { return s.parse(r, take) }
	return g.run(ctx, c)
}

// parse reads the output of "git status --porcelain=v2 --branch -z".
func (s *Status) parse(r *bufio.Reader, take func(FileStatus) error) error {
	for {
		record, err := readRecord(r)
		if err != nil {
			return ended(err)
		}
		if head, ok := strings.CutPrefix(record, "# "); ok {
			s.parseHead(head)
			continue
		}
		f, renamed := parseFile(record)
		if renamed {
			if f.OldPath, err = readRecord(r); err != nil {
				return ended(err)
			}
		}
		if f.Path == "" {
			continue // of a later version of the format
		}
		if err := take(f); err != nil {
			return err
		}
	}
}

// maxRecord bounds a record that is read, in bytes. No system has paths as long; the rest is left out.
const maxRecord = 8 << 10

// readRecord reads up to a NUL.
func readRecord(r *bufio.Reader) (string, error) {
	b, err := r.ReadSlice(0)
	b = bytes.TrimSuffix(b, []byte{0})
	record := string(b[:min(len(b), maxRecord)])
	for errors.Is(err, bufio.ErrBufferFull) {
		_, err = r.ReadSlice(0)
	}
	return record, err
}

// ended is nil at the end of the output.
func ended(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

func (s *Status) parseHead(head string) {
	key, value, _ := strings.Cut(head, " ")
	switch {
	case key == "branch.oid" && value != "(initial)":
		s.Head = value
	case key == "branch.head" && value != "(detached)":
		s.Branch = value
	case key == "branch.upstream":
		s.Upstream = value
	case key == "branch.ab":
		ahead, behind, _ := strings.Cut(value, " ")
		s.Ahead, s.Behind = number(ahead), -number(behind)
	}
}

func number(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}

// parseFile reads a record:
//
//	1 XY sub mH mI mW hH hI path
//	2 XY sub mH mI mW hH hI score path NUL old path
//	u XY sub m1 m2 m3 mW h1 h2 h3 path
//	? path
//	! path
func parseFile(record string) (f FileStatus, renamed bool) {
	kind, rest, _ := strings.Cut(record, " ")
	fields := map[string]int{"1": 7, "2": 8, "u": 9}[kind]
	switch {
	case kind == "?":
		return FileStatus{Path: rest, Index: Unmodified, Worktree: Untracked}, false
	case kind == "!":
		return FileStatus{Path: rest, Index: Unmodified, Worktree: Ignored}, false
	case fields == 0:
		return FileStatus{}, false
	}
	parts := strings.SplitN(rest, " ", fields+1)
	if len(parts) <= fields || len(parts[0]) != 2 {
		return FileStatus{}, kind == "2"
	}
	f.Path, f.submodule = parts[fields], parts[3] == "160000"
	if kind == "u" {
		f.Index, f.Worktree = Conflicted, Conflicted
		return f, false
	}
	f.Index, f.Worktree = stateOf(parts[0][0]), stateOf(parts[0][1])
	return f, kind == "2"
}

func stateOf(letter byte) State {
	switch letter {
	case '.':
		return Unmodified
	case 'A', 'C':
		return Added
	case 'D':
		return Deleted
	case 'R':
		return Renamed
	case 'U':
		return Conflicted
	}
	return Modified // M, and T: another type of file
}

// Marks say what became of what is in one folder, to be shown beside it.
type Marks struct {
	Branch string // or the commit's first letters; "" when the workspace is no repository
	all    State  // of everything in the folder, when the folder itself is untracked or ignored
	names  map[string]State
}

// Of says what became of the entry of a name: "" for nothing. A folder with changes below it is modified.
func (m Marks) Of(name string) State {
	if m.all != "" {
		return m.all
	}
	return m.names[name]
}

// Marks looks at one folder of a workspace, "" for the workspace itself.
func (g *Git) Marks(ctx context.Context, repo Repo, folder string) (Marks, error) {
	if err := checkPaths([]string{folder}, true); err != nil {
		return Marks{}, err
	}
	at, err := g.find(ctx, repo)
	if errors.Is(err, ErrNoRepository) {
		return Marks{}, nil
	}
	if err != nil {
		return Marks{}, err
	}
	args := []string{"--untracked-files=normal", "--ignored=traditional"}
	if folder != "" {
		args = append(args, "--", folder)
	}
	s, err := g.status(ctx, repo, at, args...)
	return s.marks(folder), err
}

func (s *Status) marks(folder string) Marks {
	m := Marks{Branch: s.Branch, names: map[string]State{}}
	if m.Branch == "" {
		m.Branch = s.Head[:min(len(s.Head), 8)]
	}
	if folder != "" {
		folder += "/"
	}
	for _, f := range s.Files {
		rest, below := strings.CutPrefix(f.Path, folder)
		switch {
		case below && rest != "":
			m.mark(rest, f.shown())
		case strings.HasSuffix(f.Path, "/") && strings.HasPrefix(folder, f.Path): // a folder that holds this one
			m.all = f.shown()
		}
	}
	return m
}

// mark takes in one path below the folder.
func (m *Marks) mark(path string, state State) {
	name, deeper, isFolder := strings.Cut(path, "/")
	if isFolder && deeper != "" {
		if state == Ignored {
			return
		}
		state = Modified
	}
	if known := m.names[name]; slices.Index(weight, state) > slices.Index(weight, known) {
		m.names[name] = state
	}
}

// weight is which of two states of the same name is shown: the later.
var weight = []State{"", Unmodified, Ignored, Untracked, Added, Deleted, Renamed, Modified, Conflicted}

// shown is the one word for a file: what is not staged yet, or else what is.
func (f FileStatus) shown() State {
	switch {
	case f.Index == Renamed || f.Index == Added && f.Worktree != Deleted:
		return f.Index
	case f.Worktree != Unmodified:
		return f.Worktree
	}
	return f.Index
}
