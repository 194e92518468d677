package git

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// After every step of a random history, what we say is what git says, and our diffs are patches that lead from
// one side to the other.
func TestRandomHistories(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	if s := os.Getenv("CODER1_SEED"); s != "" {
		seed, _ = strconv.ParseUint(s, 10, 64)
	}
	t.Logf("CODER1_SEED=%d repeats this", seed)
	h := &history{rig: newRig(t), Rand: rand.New(rand.NewPCG(seed, 1))}
	h.committed(map[string]string{"a": h.text(), "b": h.text(), "d/c": h.text(), "no end": "1\n2\n3"})
	for range 15 {
		said := h.step()
		h.compareStatus(said)
		for _, base := range []string{"HEAD", BaseIndex, BaseStaged} {
			h.compareDiff(said, base)
		}
		h.rebuild(said)
		if t.Failed() {
			return
		}
	}
}

type history struct {
	*rig
	*rand.Rand
	commits int
}

func (h *history) text() string {
	var b strings.Builder
	for range h.IntN(40) {
		fmt.Fprintf(&b, "%s\n", strings.Repeat(string(rune('a'+h.IntN(5))), h.IntN(4)))
	}
	if h.IntN(4) == 0 {
		b.WriteString("no newline")
	}
	return b.String()
}

func (h *history) file() string {
	return []string{"a", "b", "d/c", "d/e f", "no end", "ü", "-x", "d/\"q\""}[h.IntN(8)]
}

// step does something, and says what.
func (h *history) step() string {
	name := h.file()
	path := filepath.Join(h.repo.Path, name)
	_, missing := os.Lstat(path)
	one := Selection{Paths: []string{name}}
	switch n := h.IntN(12); {
	case n < 4 || missing != nil && n < 8:
		h.write(name, h.text())
		return "write " + name
	case n == 4:
		text := strings.Split(h.read(name), "\n")
		text[h.IntN(len(text))] = "edited"
		h.write(name, strings.Join(text, "\n"))
		return "edit " + name
	case n == 5:
		h.do(os.Remove(path))
		return "remove " + name
	case n == 6:
		to := h.file()
		h.do(os.MkdirAll(filepath.Dir(filepath.Join(h.repo.Path, to)), 0o700))
		h.do(os.Rename(path, filepath.Join(h.repo.Path, to)))
		return "rename " + name + " to " + to
	case n == 7:
		h.do(os.Chmod(path, []os.FileMode{0o600, 0o700}[h.IntN(2)]))
		return "chmod " + name
	case n == 8:
		_ = h.Stage(h.ctx, h.repo, one) // there may be nothing
		return "stage " + name
	case n == 9:
		_ = h.Unstage(h.ctx, h.repo, one)
		return "unstage " + name
	case n == 10:
		_ = h.Discard(h.ctx, h.repo, one)
		return "discard " + name
	}
	h.commits++
	_, err := h.Commit(h.ctx, h.repo, CommitOptions{Message: fmt.Sprint("commit ", h.commits), All: h.IntN(2) == 0})
	return fmt.Sprint("commit: ", err)
}

func (h *history) compareStatus(said string) {
	h.t.Helper()
	var want []string
	records := strings.Split(h.git("status", "--porcelain=v1", "-z", "--untracked-files=all"), "\x00")
	words := map[byte]State{' ': Unmodified, 'M': Modified, 'A': Added, 'D': Deleted, 'R': Renamed, 'T': Modified}
	for i := 0; i < len(records)-1; i++ {
		xy, path := records[i][:2], records[i][3:]
		line := fmt.Sprint(words[xy[0]], " ", words[xy[1]], " ", path)
		if xy == "??" {
			line = "unmodified untracked " + path
		}
		if xy[0] == 'R' || xy[1] == 'R' {
			i++
			line += " < " + records[i]
		}
		want = append(want, line)
	}
	slices.Sort(want)
	if got := h.status(); !slices.Equal(got, want) {
		h.t.Errorf("after %s the status is\n%q\nand git says\n%q", said, got, want)
	}
}

func (h *history) compareDiff(said, base string) {
	h.t.Helper()
	args := []string{"diff", "--numstat", "-z", "--no-renames"}
	switch base {
	case BaseStaged:
		args = append(args, "--cached")
	case BaseIndex:
	default:
		args = append(args, base)
	}
	want := map[string]string{}
	for _, record := range strings.Split(h.git(args...), "\x00") {
		if parts := strings.SplitN(record, "\t", 3); len(parts) == 3 {
			want[parts[2]] = parts[0] + " " + parts[1]
		}
	}
	for path, f := range h.diff(DiffOptions{Base: base, Context: h.IntN(4)}) {
		got := fmt.Sprint(f.Added, " ", f.Removed)
		if f.Status == Renamed || f.Status == Added && base == "HEAD" && want[path] == "" { // git does not list what is new
			delete(want, path)
			delete(want, f.OldPath)
			continue
		}
		if want[path] != got {
			h.t.Errorf("after %s, against %s, %s is %s, and git says %q", said, base, path, got, want[path])
		}
		delete(want, path)
	}
	if len(want) > 0 {
		h.t.Errorf("after %s, against %s, these are missing: %v", said, base, want)
	}
}

// rebuild applies our diff against HEAD to HEAD, and compares what comes of it with the folder.
func (h *history) rebuild(said string) {
	h.t.Helper()
	clean := filepath.Join(h.t.TempDir(), "clean")
	gitIn(h.t, h.repo.Path, "worktree", "add", "-q", "--detach", clean, "HEAD")
	defer gitIn(h.t, h.repo.Path, "worktree", "remove", "--force", clean)
	var patch strings.Builder
	for _, f := range h.diff(DiffOptions{Context: 3}) {
		patch.WriteString(f.whole())
	}
	if patch.Len() > 0 {
		file := filepath.Join(h.t.TempDir(), "patch")
		h.do(os.WriteFile(file, []byte(patch.String()), 0o600))
		gitIn(h.t, clean, "apply", "--whitespace=nowarn", file)
	}
	want, got := files(h.t, h.repo.Path), files(h.t, clean)
	for path := range want {
		if want[path] != got[path] {
			h.t.Errorf("after %s, %s was rebuilt as %q, and is %q", said, path, got[path], want[path])
		}
		delete(got, path)
	}
	if len(got) > 0 {
		h.t.Errorf("after %s, these were rebuilt and are not there: %v", said, got)
	}
}

// whole is a file's diff as a complete patch.
func (f *FileDiff) whole() string {
	var b strings.Builder
	fmt.Fprintf(&b, "diff --git %s\n", f.header())
	switch {
	case f.Status == Added:
		fmt.Fprintf(&b, "new file mode %s\n", f.NewMode)
	case f.Status == Deleted:
		fmt.Fprintf(&b, "deleted file mode %s\n", f.OldMode)
	case f.OldMode != f.NewMode:
		fmt.Fprintf(&b, "old mode %s\nnew mode %s\n", f.OldMode, f.NewMode)
	}
	if f.Status == Renamed {
		fmt.Fprintf(&b, "similarity index 50%%\nrename from %s\nrename to %s\n", quote(f.OldPath), quote(f.Path))
	}
	if len(f.Hunks) == 0 {
		return b.String()
	}
	_, body, _ := strings.Cut(f.patch(), "\n--- ")
	return b.String() + "--- " + body
}

// files is what is in a folder, with whether it may be run.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(dir, path)
		if d.Name() == ".git" {
			if d.IsDir() {
				return filepath.SkipDir
			}
			return nil
		}
		if d.IsDir() {
			return nil
		}
		raw, err := os.ReadFile(path)
		info, infoErr := d.Info()
		if err == nil && infoErr == nil {
			all[rel] = fmt.Sprint(info.Mode()&0o100 != 0, " ", string(raw))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
