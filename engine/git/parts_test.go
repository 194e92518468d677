package git

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What is being written beside its place is not there for git, whatever is asked for.
func TestPartsAreNowhere(t *testing.T) {
	r := newRig(t)
	r.committed(map[string]string{"a": "1", "d/b": "1"})
	parts := []string{".part-1", "d/.part-2", "new/.part-3", "d/.part-4/in/deep"}
	for _, p := range parts {
		r.write(p, "half")
	}
	r.wantStatus()
	r.write("d/b", "2")
	r.write("d/not.part-1", "whole")
	for path := range r.diff(DiffOptions{}) {
		if strings.Contains(path, ".part-") && path != "d/not.part-1" {
			t.Errorf("%s is in the diff", path)
		}
	}
	if m, err := r.Marks(r.ctx, r.repo, "d"); err != nil || m.Of(".part-2") != "" || m.Of("b") != Modified {
		t.Errorf("%+v, %v", m, err)
	}
	var f *Failure
	if err := r.Stage(r.ctx, r.repo, Selection{Paths: []string{".part-1"}}); !errors.As(err, &f) || f.Text != noFile {
		t.Errorf("%v", err)
	}
	r.do(r.Stage(r.ctx, r.repo, Selection{Paths: []string{"d", "new"}}))
	r.wantStatus("modified unmodified d/b", "added unmodified d/not.part-1")
	r.write("a", "2")
	_, err := r.Commit(r.ctx, r.repo, CommitOptions{Message: "m", All: true})
	r.do(err)
	if got := r.git("ls-files"); got != "a\nd/b\nd/not.part-1\n" {
		t.Errorf("committed: %q", got)
	}
	r.write("new/n", "new")
	r.do(r.Discard(r.ctx, r.repo, Selection{Paths: []string{".", ".part-1"}}))
	for _, p := range parts {
		if r.read(p) != "half" {
			t.Errorf("%s is %q", p, r.read(p))
		}
	}
	r.wantStatus()
}

func TestAPartInAFilesPlaceStays(t *testing.T) {
	r := newRig(t)
	r.committed(map[string]string{"a": "1"})
	r.do(os.Remove(filepath.Join(r.repo.Path, "a")))
	r.write("a/.part-1", "half")
	err := r.Discard(r.ctx, r.repo, Selection{Paths: []string{"."}})
	if !errors.Is(err, ErrHeld) || strings.Contains(err.Error(), ".part-") || r.read("a/.part-1") != "half" {
		t.Errorf("%v", err)
	}
}

func TestStageSaysWhatItCannot(t *testing.T) {
	r := newRig(t)
	r.committed(map[string]string{".gitignore": "*.log\nout/\n", "a": "1"})
	r.write("a.log", "1")
	r.write("b.log", "1")
	r.write("out/x", "1")
	r.write("new", "1")
	r.write(":(top)/x", "1")
	gitIn(t, r.repo.Path, "init", "-q", "nest/in")
	for text, paths := range map[string][]string{
		"a.log is ignored by .gitignore":         {"a.log", "new"},
		"a.log, b.log are ignored by .gitignore": {"a.log", "b.log"},
		"out is ignored by .gitignore":           {"out", ":(top)"},
		noFile:                                   {"nowhere"},
		"nest/in/ is a repository of its own without a commit; commit in it, delete it, or add it to .gitignore": {"."},
	} {
		var f *Failure
		if err := r.Stage(r.ctx, r.repo, Selection{Paths: paths}); !errors.As(err, &f) || f.Text != text {
			t.Errorf("%q: %v", paths, err)
		}
	}
	r.do(os.RemoveAll(filepath.Join(r.repo.Path, "nest")))
	r.do(os.WriteFile(filepath.Join(r.repo.Path, ".git", "info", "exclude"), []byte("/a.log\n"), 0o600))
	r.do(r.Stage(r.ctx, r.repo, Selection{Paths: []string{".", ":(top)"}}))
	r.wantStatus("added unmodified :(top)/x", "added unmodified new")
}

func TestStageOfAnyNumber(t *testing.T) {
	r := newRig(t)
	r.committed(map[string]string{"z": "1"})
	for i := range MaxStatusFiles + 2 {
		r.write(fmt.Sprintf("new/%d", i), "")
	}
	r.write("z", "2")
	r.do(r.Stage(r.ctx, r.repo, Selection{Paths: []string{"."}}))
	if left := r.git("status", "--short", "--untracked-files=all", "--", "new/1", "new/5001", "z"); left != "A  new/1\nA  new/5001\nM  z\n" {
		t.Errorf("%q", left)
	}
}
