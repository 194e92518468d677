package git

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"coder1/engine/process"
)

// What a look costs beside the same command run plainly: the rest is our launcher, and the look for filters.
func BenchmarkStatus(b *testing.B) {
	needGit(b)
	dir := b.TempDir()
	gitIn(b, dir, "init", "-q")
	for i := range 500 {
		file, old := filepath.Join(dir, fmt.Sprint("file", i)), time.Now().Add(-time.Hour) // git reads those of this moment again and again
		if err := errors.Join(os.WriteFile(file, []byte("x\n"), 0o600), os.Chtimes(file, old, old)); err != nil {
			b.Fatal(err)
		}
	}
	gitIn(b, dir, "add", "-A")
	gitIn(b, dir, "commit", "-qm", "one")
	s, err := process.NewSupervisor(process.Options{ID: fmt.Sprint("git-bench-", os.Getpid())})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	g, err := New(Options{Supervisor: s, Clones: filepath.Join(b.TempDir(), "clones")}, nil)
	if err != nil {
		b.Fatal(err)
	}
	defer g.Close()
	b.Run("ours", func(b *testing.B) {
		for b.Loop() {
			if _, err := g.Status(b.Context(), Repo{Name: "bench", Path: dir}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("plain", func(b *testing.B) {
		for b.Loop() {
			cmd := exec.Command("git", "--no-optional-locks", "status", "--porcelain=v2", "--branch", "-z", "--untracked-files=all")
			cmd.Dir = dir
			if out, err := cmd.CombinedOutput(); err != nil {
				b.Fatalf("%v: %s", err, out)
			}
		}
	})
}
