package git

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestStatus(t *testing.T) {
	r := newRig(t)
	if s, err := r.Status(r.ctx, r.repo); err != nil || s.Repository {
		t.Fatalf("an empty folder: %+v, %v", s, err)
	}
	r.do(r.Init(r.ctx, r.repo))
	s, err := r.Status(r.ctx, r.repo)
	if err != nil || !s.Repository || s.Branch != "main" || s.Head != "" || len(s.Files) != 0 {
		t.Fatalf("after init: %+v, %v", s, err)
	}
	r.committed(map[string]string{"same": "1", "mod": "1", "del": "1", "old": "a\nb\nc\nd\n", "staged": "1", ".gitignore": "*.log\n"})
	r.write("mod", "2")
	r.do(os.Remove(filepath.Join(r.repo.Path, "del")))
	r.git("mv", "old", "new name")
	r.write("staged", "2")
	r.git("add", "staged")
	r.write("staged", "3")
	r.write("added", "")
	r.git("add", "added")
	r.write("sub/untracked ü", "")
	r.write("x.log", "")
	r.wantStatus("unmodified modified mod", "unmodified deleted del", "renamed unmodified new name < old", "modified modified staged",
		"added unmodified added", "unmodified untracked sub/untracked ü")
}

func TestStatusOfABranchWithAnUpstream(t *testing.T) {
	r := newRig(t)
	r.committed(map[string]string{"a": "1"})
	head := strings.TrimSpace(r.git("rev-parse", "HEAD"))
	r.git("branch", "up")
	r.git("commit", "-q", "--allow-empty", "-m", "ahead")
	r.git("commit", "-q", "--allow-empty", "-m", "ahead")
	r.git("checkout", "-q", "up")
	r.git("commit", "-q", "--allow-empty", "-m", "behind")
	r.git("checkout", "-q", "main")
	r.git("branch", "-q", "--set-upstream-to=up")
	s, err := r.Status(r.ctx, r.repo)
	r.do(err)
	if s.Branch != "main" || s.Upstream != "up" || s.Ahead != 2 || s.Behind != 1 {
		t.Errorf("%+v", s)
	}
	r.git("checkout", "-q", head)
	if s, err = r.Status(r.ctx, r.repo); err != nil || s.Branch != "" || s.Head != head {
		t.Errorf("with no branch: %+v, %v", s, err)
	}
}

func TestStatusIsBounded(t *testing.T) {
	r := newRig(t)
	r.git("init", "-q")
	for i := range MaxStatusFiles + 1 {
		r.write(filepath.Join("many", strings.Repeat("x", 1+i%7), strings.Repeat("y", 1+i/100), string(rune('a'+i%10))+strings.Repeat("z", i/10%10)+"-"+strings.Repeat("w", i%100/10)), "")
	}
	s, err := r.Status(r.ctx, r.repo)
	r.do(err)
	out := strings.Count(r.git("ls-files", "-o", "-z"), "\x00")
	if out > MaxStatusFiles && (!s.Truncated || len(s.Files) != MaxStatusFiles) || out <= MaxStatusFiles && (s.Truncated || len(s.Files) != out) {
		t.Errorf("git lists %d, we %d, truncated %v", out, len(s.Files), s.Truncated)
	}
}

// A workspace in a folder that is itself in a repository is none of that repository.
func TestTheRepositoryAroundIsNotTheWorkspaces(t *testing.T) {
	r := newRig(t)
	outer := filepath.Dir(filepath.Dir(r.repo.Path))
	gitIn(t, outer, "init", "-q")
	r.write("a", "1")
	if s, err := r.Status(r.ctx, r.repo); err != nil || s.Repository {
		t.Errorf("%+v, %v", s, err)
	}
	r.do(r.Init(r.ctx, r.repo))
	r.wantStatus("unmodified untracked a")
	r.do(os.RemoveAll(filepath.Join(r.repo.Path, ".git", "HEAD"))) // git would go on upwards
	if s, err := r.Status(r.ctx, r.repo); err == nil {
		t.Errorf("a damaged repository: %+v", s)
	}
}

func TestMarks(t *testing.T) {
	r := newRig(t)
	if m, err := r.Marks(r.ctx, r.repo, ""); err != nil || m.Branch != "" || m.Of("a") != "" {
		t.Errorf("no repository: %+v, %v", m, err)
	}
	r.committed(map[string]string{"same": "1", "deep/er/mod": "1", "deep/same": "1", ".gitignore": "*.log\nout/\n", "deep/del": "1"})
	r.write("deep/er/mod", "2")
	r.write("new/one", "")
	r.write("out/big", "")
	r.write("out/in/deep", "")
	r.write("x.log", "")
	r.write("deep/y.log", "")
	r.write("deep/new", "")
	r.do(os.Remove(filepath.Join(r.repo.Path, "deep", "del")))
	for folder, want := range map[string]map[string]State{
		"":        {"same": "", "deep": Modified, "new": Untracked, "out": Ignored, "x.log": Ignored, ".gitignore": ""},
		"deep":    {"er": Modified, "same": "", "y.log": Ignored, "new": Untracked, "del": Deleted},
		"deep/er": {"mod": Modified},
		"new":     {"one": Untracked},
		"out":     {"big": Ignored},
		"out/in":  {"deep": Ignored},
	} {
		m, err := r.Marks(r.ctx, r.repo, folder)
		r.do(err)
		if m.Branch != "main" {
			t.Errorf("branch %q", m.Branch)
		}
		for name, state := range want {
			if got := m.Of(name); got != state {
				t.Errorf("%s in %q: %q, want %q", name, folder, got, state)
			}
		}
	}
	if _, err := r.Marks(r.ctx, r.repo, "../x"); err == nil {
		t.Error("a folder outside was looked at")
	}
}
