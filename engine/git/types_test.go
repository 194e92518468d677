package git

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func (r *rig) link(target, name string) {
	r.t.Helper()
	path := filepath.Join(r.repo.Path, name)
	_ = os.Remove(path)
	r.do(os.Symlink(target, path))
}

func lines(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintln(&b, i+1)
	}
	return b.String()
}

// A file that became a link, or the other way round, has two patches in what git says.
func TestDiffOfAnotherType(t *testing.T) {
	r := newRig(t)
	r.git("init", "-q")
	r.link("target", "a")
	r.committed(map[string]string{"b": lines(20), "c": lines(20), "z": "z\n"})
	r.do(os.Remove(filepath.Join(r.repo.Path, "a")))
	r.write("a", "x\n")
	r.write("b", strings.Replace(lines(20), "5\n", "FIVE\n", 1))
	r.write("c", lines(20)+"tail\n")
	r.link("c", "z")
	d := r.diff(DiffOptions{Base: BaseIndex})
	for name, want := range map[string]string{
		"a": "-target " + noNewline + " +x", "b": "-5 +FIVE", "c": "+tail", "z": "-z +c " + noNewline,
	} {
		var said []string
		for _, h := range d[name].Hunks {
			said = append(said, h.Lines...)
		}
		if got := strings.Join(said, " "); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if a := d["a"]; a.Status != Modified || a.OldMode != "120000" || a.NewMode != "100644" || a.Added != 1 || a.Removed != 1 || len(a.Hunks) != 2 {
		t.Errorf("%+v", a)
	}
	one := Selection{Patch: d["a"].patch()}
	for _, do := range []func() error{
		func() error { return r.Stage(r.ctx, r.repo, one) },
		func() error { return r.Discard(r.ctx, r.repo, one) },
		func() error { r.git("add", "a"); return r.Unstage(r.ctx, r.repo, one) },
	} {
		if err := do(); !errors.Is(err, ErrType) || !strings.HasPrefix(err.Error(), "a: ") {
			t.Errorf("a link's target as lines of a file: %v", err)
		}
	}
	r.do(r.Unstage(r.ctx, r.repo, Selection{Paths: []string{"a"}}))
	r.do(r.Stage(r.ctx, r.repo, Selection{Patch: d["c"].patch()}))
	if got := r.git("show", ":c"); got != lines(20)+"tail\n" {
		t.Errorf("staged was %q", got)
	}
	// As git has them, both patches go.
	r.do(r.Stage(r.ctx, r.repo, Selection{Patch: r.git("diff", "z")}))
	r.do(r.Stage(r.ctx, r.repo, Selection{Paths: []string{"a"}}))
	if got := r.git("diff", "--name-only"); got != "b\n" {
		t.Errorf("not staged: %q", got)
	}
}

func TestRandomTypes(t *testing.T) {
	r := newRig(t)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	h := &history{rig: r, Rand: rand.New(rand.NewPCG(seed, 1))}
	r.committed(nil)
	names := []string{"a", "b", "c d", "d/e", "d/\"f\"", "g"}
	for range 10 {
		var said []string
		for range 4 {
			name := names[h.IntN(len(names))]
			what := []string{"file", "link", "staged", "committed"}[h.IntN(4)]
			said = append(said, name+" "+what)
			switch what {
			case "file":
				_ = os.Remove(filepath.Join(r.repo.Path, name))
				r.write(name, h.text())
			case "link":
				r.do(os.MkdirAll(filepath.Join(r.repo.Path, "d"), 0o700))
				r.link(strings.ReplaceAll(h.text(), "\n", "l")+"x", name)
			case "staged":
				r.git("add", "-A")
			case "committed":
				r.git("commit", "-qm", "x", "--allow-empty")
			}
		}
		for _, base := range []string{"HEAD", BaseIndex, BaseStaged} {
			h.compareDiff(strings.Join(said, ", "), base)
		}
	}
}
