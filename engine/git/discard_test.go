package git

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// replaced is a repository where a folder lies in a file's place, with an ignored file in it, and a file and a
// link in the places of folders.
func (r *rig) replaced() {
	r.t.Helper()
	r.committed(map[string]string{".gitignore": "*.key\n", "thing": "t\n", "dir/in": "i\n", "far/off/in": "f\n", "plain": "p\n"})
	for _, gone := range []string{"thing", "dir", "far"} {
		r.do(os.RemoveAll(filepath.Join(r.repo.Path, gone)))
	}
	r.write("thing/n", "n")
	r.write("thing/deep/m", "m")
	r.write("dir", "precious")
	r.link("plain", "far")
	r.write("plain", "changed")
	r.write("new", "new")
}

func TestDiscardTakesNothingElse(t *testing.T) {
	r := newRig(t)
	r.replaced()
	r.write("thing/my.key", "K")
	before := files(t, r.repo.Path)
	for _, refused := range []struct {
		paths []string
		says  string
	}{
		{[]string{"dir/in"}, "dir is in the way of dir/in"},
		{[]string{"new", "dir/in"}, "dir is in the way of dir/in"},
		{[]string{"far/off"}, "far is in the way of far/off/in"},
		{[]string{"thing"}, "thing/my.key is in the way of thing"},
		{[]string{"."}, "thing/my.key is in the way of thing"},
	} {
		err := r.Discard(r.ctx, r.repo, Selection{Paths: refused.paths})
		if !errors.Is(err, ErrHeld) || !strings.HasPrefix(err.Error(), refused.says) {
			t.Errorf("%q: %v", refused.paths, err)
		}
		if after := files(t, r.repo.Path); fmt.Sprint(after) != fmt.Sprint(before) {
			t.Fatalf("%q: %v, was %v", refused.paths, after, before)
		}
	}
	r.do(r.Discard(r.ctx, r.repo, Selection{Paths: []string{"dir"}}))
	r.do(r.Discard(r.ctx, r.repo, Selection{Paths: []string{"far", "thing/n"}}))
	if r.read("dir/in") != "i\n" || r.read("far/off/in") != "f\n" || r.read("plain") != "changed" || r.read("new") != "new" {
		t.Error("a folder did not come back, or another file went")
	}
	r.do(os.Remove(filepath.Join(r.repo.Path, "thing", "my.key")))
	r.do(r.Discard(r.ctx, r.repo, Selection{Paths: []string{"thing"}}))
	if r.read("thing") != "t\n" {
		t.Error("a file did not come back where a folder was")
	}
	r.wantStatus("unmodified modified plain", "unmodified untracked new")
}

func TestDiscardAllWhereKindsChanged(t *testing.T) {
	r := newRig(t)
	r.replaced()
	r.do(os.Mkdir(filepath.Join(r.repo.Path, "thing", "empty"), 0o700))
	r.do(r.Discard(r.ctx, r.repo, Selection{Paths: []string{"."}}))
	r.wantStatus()
	if r.read("thing") != "t\n" || r.read("dir/in") != "i\n" || r.read("far/off/in") != "f\n" {
		t.Error("a file did not come back")
	}
}

func TestDiscardSparesARepositoryInAFilesPlace(t *testing.T) {
	r := newRig(t)
	r.committed(map[string]string{"a": "1", "b": "1"})
	r.do(os.Remove(filepath.Join(r.repo.Path, "a")))
	r.write("a/in", "1")
	gitIn(t, filepath.Join(r.repo.Path, "a"), "init", "-q")
	r.write("b", "2")
	for range 2 {
		if err := r.Discard(r.ctx, r.repo, Selection{Paths: []string{"."}}); !errors.Is(err, ErrNested) {
			t.Errorf("%v", err)
		}
		if r.read("a/in") != "1" || r.read("b") != "2" {
			t.Error("files are gone")
		}
		gitIn(t, filepath.Join(r.repo.Path, "a"), "-c", "user.name=a", "-c", "user.email=a", "commit", "-q", "--allow-empty", "-m", "x")
	}
}

func TestDiscardOfAnyNumber(t *testing.T) {
	r := newRig(t)
	r.git("init", "-q")
	for i := range MaxStatusFiles + 2 {
		r.write(fmt.Sprintf("old/%d", i), "1")
	}
	r.git("add", "-A")
	r.git("commit", "-qm", "x")
	for i := range MaxStatusFiles + 2 {
		r.write(fmt.Sprintf("old/%d", i), "")
		r.write(fmt.Sprintf("new/%d", i), "")
	}
	r.do(r.Discard(r.ctx, r.repo, Selection{Paths: []string{"."}}))
	r.wantStatus()
}

// What git can say nothing of is not said to be done.
func TestDiscardOfWhatIsNoChange(t *testing.T) {
	r := newRig(t)
	r.committed(map[string]string{"a": "1", ".gitignore": "*.log\n"})
	r.write("x.log", "x")
	r.write("intended", "i")
	r.write("d/intended", "i")
	r.git("add", "-N", "intended", "d")
	r.do(r.Discard(r.ctx, r.repo, Selection{Paths: []string{"intended", "a"}}))
	r.wantStatus("unmodified added d/intended")
	r.do(r.Discard(r.ctx, r.repo, Selection{Paths: []string{"."}}))
	r.wantStatus()
	r.write("a", "2")
	for _, nowhere := range []string{"nowhere", "a/below", "d"} {
		var f *Failure
		if err := r.Discard(r.ctx, r.repo, Selection{Paths: []string{"a", nowhere}}); !errors.As(err, &f) || f.Text != "there is no file "+nowhere {
			t.Errorf("%s: %v", nowhere, err)
		}
	}
	if r.read("a") != "2" || r.read("x.log") != "x" {
		t.Error("what was refused was done")
	}
}

func TestDiscardOfASubmodule(t *testing.T) {
	r := newRig(t)
	r.committed(map[string]string{"a": "1"})
	sub := filepath.Join(r.repo.Path, "sub")
	r.do(os.Mkdir(sub, 0o700))
	gitIn(t, sub, "init", "-q")
	gitIn(t, sub, "commit", "-q", "--allow-empty", "-m", "x")
	r.git("-c", "advice.addEmbeddedRepo=false", "add", "sub")
	r.git("commit", "-qm", "with a submodule")
	gitIn(t, sub, "commit", "-q", "--allow-empty", "-m", "y")
	r.write("a", "2")
	for _, p := range []string{"sub", "."} {
		if err := r.Discard(r.ctx, r.repo, Selection{Paths: []string{p}}); !errors.Is(err, ErrSubmodule) || !strings.HasPrefix(err.Error(), "sub: ") {
			t.Errorf("%s: %v", p, err)
		}
	}
	r.wantStatus("unmodified modified a", "unmodified modified sub")
}
