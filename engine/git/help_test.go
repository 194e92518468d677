package git

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"coder1/engine/process"
)

// TestMain lets this program be the guard and the launcher of the supervisors under test.
func TestMain(m *testing.M) {
	if process.GuardMain() {
		return
	}
	// Neither the developer's own settings nor the machine's may matter.
	home, err := os.MkdirTemp("", "git-test-home")
	if err != nil {
		panic(err)
	}
	for name, value := range map[string]string{"HOME": home, "XDG_CONFIG_HOME": home, "GIT_CONFIG_NOSYSTEM": "1"} {
		_ = os.Setenv(name, value)
	}
	warmUp()
	code := m.Run()
	_ = os.RemoveAll(home)
	os.Exit(code)
}

// warmUp makes the runtime open what it then keeps open: its goroutine for signals, its descriptors for pipes.
func warmUp() {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt)
	signal.Stop(c)
	r, w, err := os.Pipe()
	if err == nil {
		_ = errors.Join(r.Close(), w.Close())
	}
}

// deadMan is how long a test waits for what must happen; none depends on how soon it does.
const deadMan = 5 * time.Minute

type rig struct {
	*Git
	t      *testing.T
	ctx    context.Context
	repo   Repo
	events chan struct{} // something has changed
}

// newRig makes a Git, and an empty folder for a workspace.
func newRig(t *testing.T, changes ...func(*Options)) *rig {
	t.Helper()
	needGit(t)
	noLeaks(t)
	ctx, cancel := context.WithTimeout(t.Context(), deadMan)
	t.Cleanup(cancel)
	r := &rig{t: t, ctx: ctx, events: make(chan struct{}, 1)}
	dir := t.TempDir()
	r.repo = Repo{Name: "shop", Path: filepath.Join(dir, "workspaces", "shop")}
	r.do(os.MkdirAll(r.repo.Path, 0o700))
	r.open(dir, changes...)
	return r
}

// open makes the Git, as a start of the server does.
func (r *rig) open(dir string, changes ...func(*Options)) {
	r.t.Helper()
	s, err := process.NewSupervisor(process.Options{ID: fmt.Sprintf("git-test-%d-%s", os.Getpid(), strings.ReplaceAll(r.t.Name(), "/", "-"))})
	r.do(err)
	o := Options{Supervisor: s, Clones: filepath.Join(dir, "clones"), LocalClones: true, PartPrefix: ".part-", Changed: func() {
		select {
		case r.events <- struct{}{}:
		default:
		}
	}}
	for _, change := range changes {
		change(&o)
	}
	r.Git, err = New(o, func(name string) (string, error) {
		path := filepath.Join(dir, "workspaces", name)
		_, err := os.Stat(path)
		return path, err
	})
	r.do(err)
	opened := r.Git
	r.t.Cleanup(func() {
		opened.Close()
		r.do(s.Close())
	})
}

func needGit(t testing.TB) {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Fatal("these tests need git")
	}
}

func (r *rig) do(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// git runs the real git in the workspace, as a developer would.
func (r *rig) git(args ...string) string {
	r.t.Helper()
	return gitIn(r.t, r.repo.Path, args...)
}

func gitIn(t testing.TB, dir string, args ...string) string {
	t.Helper()
	out, err := tryGit(dir, args...)
	if err != nil {
		t.Fatalf("git %s: %v: %s", strings.Join(args, " "), err, out)
	}
	return out
}

func tryGit(dir string, args ...string) (string, error) {
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_AUTHOR_NAME=Ann", "GIT_AUTHOR_EMAIL=ann@example.com", "GIT_COMMITTER_NAME=Ann",
		"GIT_COMMITTER_EMAIL=ann@example.com", "GIT_CONFIG_COUNT=2", "GIT_CONFIG_KEY_0=core.quotePath", "GIT_CONFIG_VALUE_0=false",
		"GIT_CONFIG_KEY_1=init.defaultBranch", "GIT_CONFIG_VALUE_1=main")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (r *rig) write(name, text string) {
	r.t.Helper()
	path := filepath.Join(r.repo.Path, name)
	r.do(os.MkdirAll(filepath.Dir(path), 0o700))
	r.do(os.WriteFile(path, []byte(text), 0o600))
}

func (r *rig) read(name string) string {
	r.t.Helper()
	raw, err := os.ReadFile(filepath.Join(r.repo.Path, name))
	r.do(err)
	return string(raw)
}

// committed makes the workspace a repository with files in one commit.
func (r *rig) committed(files map[string]string) {
	r.t.Helper()
	r.git("init", "-q")
	for name, text := range files {
		r.write(name, text)
	}
	r.git("add", "-A")
	r.git("commit", "-q", "--allow-empty", "-m", "one")
}

// status is what differs, as "index worktree path".
func (r *rig) status() []string {
	r.t.Helper()
	s, err := r.Status(r.ctx, r.repo)
	r.do(err)
	var all []string
	for _, f := range s.Files {
		line := fmt.Sprint(f.Index, " ", f.Worktree, " ", f.Path)
		if f.OldPath != "" {
			line += " < " + f.OldPath
		}
		all = append(all, line)
	}
	slices.Sort(all)
	return all
}

func (r *rig) wantStatus(want ...string) {
	r.t.Helper()
	slices.Sort(want)
	if got := r.status(); !slices.Equal(got, want) {
		r.t.Fatalf("status:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func (r *rig) diff(o DiffOptions) map[string]*FileDiff {
	r.t.Helper()
	all := map[string]*FileDiff{}
	_, err := r.Diff(r.ctx, r.repo, o, func(f *FileDiff) error {
		if all[f.Path] != nil {
			r.t.Errorf("%s comes twice", f.Path)
		}
		all[f.Path] = f
		return nil
	})
	r.do(err)
	return all
}

// patch is a file's diff as a patch, with the hunks of the given numbers, or all.
func (f *FileDiff) patch(hunks ...int) string {
	var b strings.Builder
	old, changed := quote("a/"+f.Path), quote("b/"+f.Path)
	if f.OldPath != "" {
		old = quote("a/" + f.OldPath)
	}
	fmt.Fprintf(&b, "diff --git %s\n", f.header())
	switch f.Status {
	case Added:
		fmt.Fprintf(&b, "new file mode %s\n", f.NewMode)
		old = "/dev/null"
	case Deleted:
		fmt.Fprintf(&b, "deleted file mode %s\n", f.OldMode)
		changed = "/dev/null"
	}
	fmt.Fprintf(&b, "--- %s\n+++ %s\n", old, changed)
	for i, h := range f.Hunks {
		if len(hunks) == 0 || slices.Contains(hunks, i) {
			fmt.Fprintf(&b, "%s\n%s\n", h.Header, strings.Join(h.Lines, "\n"))
		}
	}
	return b.String()
}

// await waits until something is so, looking again whenever a clone has changed.
func (r *rig) await(what string, so func() bool) {
	r.t.Helper()
	for !so() {
		select {
		case <-r.events:
		case <-r.ctx.Done():
			r.t.Fatalf("%s: it never came to that", what)
		}
	}
}

// noLeaks fails the test if goroutines or descriptors are left at its end.
func noLeaks(t *testing.T) {
	t.Helper()
	goroutines, files := runtime.NumGoroutine(), openFiles()
	t.Cleanup(func() {
		deadline := time.Now().Add(deadMan)
		for runtime.NumGoroutine() > goroutines || openFiles() > files {
			if time.Now().After(deadline) {
				stacks := make([]byte, 1<<20)
				t.Errorf("%d goroutines and %d files before, %d and %d after:\n%s", goroutines, files, runtime.NumGoroutine(), openFiles(),
					stacks[:runtime.Stack(stacks, true)])
				return
			}
			runtime.Gosched()
			time.Sleep(time.Millisecond) // between two looks at what nobody announces
		}
	})
}

// openFiles is how many descriptors are open, 0 where that cannot be known.
func openFiles() int {
	all, _ := os.ReadDir("/proc/self/fd")
	return len(all)
}
