package git

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func wantText(t *testing.T, name, want string) func(io.Reader) error {
	return func(r io.Reader) error {
		raw, err := io.ReadAll(r)
		if string(raw) != want {
			t.Errorf("%s: %q, want %q", name, raw, want)
		}
		return err
	}
}

func TestStageUnstageDiscardPaths(t *testing.T) {
	r := newRig(t)
	r.git("init", "-q")
	r.write("first", "1")
	r.do(r.Stage(r.ctx, r.repo, Selection{Paths: []string{"first"}}))
	r.wantStatus("added unmodified first")
	r.do(r.Unstage(r.ctx, r.repo, Selection{Paths: []string{"first"}})) // before the first commit
	r.wantStatus("unmodified untracked first")
	r.committed(map[string]string{"a": "1", "dir/b": "1", "dir/del": "1", "old": "q\nw\ne\nr\nt\n", ".gitignore": "*.log\n"})
	r.write("a", "2")
	r.write("dir/b", "2")
	r.do(os.Remove(filepath.Join(r.repo.Path, "dir", "del")))
	r.write("dir/new/n", "something else")
	r.write("dir/x.log", "kept")
	r.do(r.Stage(r.ctx, r.repo, Selection{Paths: []string{"dir"}}))
	r.wantStatus("unmodified modified a", "modified unmodified dir/b", "deleted unmodified dir/del", "added unmodified dir/new/n")
	r.do(r.Unstage(r.ctx, r.repo, Selection{Paths: []string{"dir"}}))
	r.do(r.Discard(r.ctx, r.repo, Selection{Paths: []string{"dir"}}))
	r.wantStatus("unmodified modified a")
	if _, err := os.Lstat(filepath.Join(r.repo.Path, "dir", "new")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder of a discarded file is left: %v", err)
	}
	if r.read("dir/b") != "1" || r.read("dir/x.log") != "kept" || r.read("a") != "2" {
		t.Error("discarding a folder changed what was not to be changed")
	}
	r.git("mv", "old", "renamed")
	r.do(r.Unstage(r.ctx, r.repo, Selection{Paths: []string{"renamed"}}))
	r.wantStatus("unmodified modified a", "unmodified deleted old", "unmodified untracked renamed")
	r.do(r.Discard(r.ctx, r.repo, Selection{Paths: []string{"."}}))
	r.wantStatus()
}

func TestUnstageAFolderTakesRenamesWhole(t *testing.T) {
	r := newRig(t)
	r.committed(map[string]string{"x": "q\nw\ne\nr\nt\n", "d/y": "1", "e/z": "a\ns\nd\nf\n"})
	r.git("mv", "x", "d/x")
	r.git("mv", "e/z", "e/w")
	r.do(r.Unstage(r.ctx, r.repo, Selection{Paths: []string{"d/"}}))
	r.wantStatus("unmodified deleted x", "unmodified untracked d/x", "renamed unmodified e/w < e/z")
	r.do(r.Unstage(r.ctx, r.repo, Selection{Paths: []string{"."}}))
	r.wantStatus("unmodified deleted x", "unmodified untracked d/x", "unmodified deleted e/z", "unmodified untracked e/w")
}

func TestDiscardKeepsWhatIsStaged(t *testing.T) {
	r := newRig(t)
	r.committed(map[string]string{"a": "1"})
	r.write("a", "2")
	r.write("n", "staged")
	r.do(r.Stage(r.ctx, r.repo, Selection{Paths: []string{"."}}))
	r.write("a", "3")
	r.write("n", "more")
	r.do(r.Discard(r.ctx, r.repo, Selection{Paths: []string{"a", "n"}}))
	if r.read("a") != "2" || r.read("n") != "staged" {
		t.Errorf("a is %q, n is %q", r.read("a"), r.read("n"))
	}
	r.wantStatus("modified unmodified a", "added unmodified n")
}

func TestDiscardSparesRepositoriesWithin(t *testing.T) {
	r := newRig(t)
	r.committed(nil)
	r.write("inner/a", "1")
	gitIn(t, filepath.Join(r.repo.Path, "inner"), "init", "-q")
	r.write("loose", "1")
	if err := r.Discard(r.ctx, r.repo, Selection{Paths: []string{"."}}); !errors.Is(err, ErrNested) {
		t.Errorf("%v", err)
	}
	if r.read("inner/a") != "1" || r.read("loose") != "1" {
		t.Error("files are gone")
	}
}

func TestChangesLeadNowhereElse(t *testing.T) {
	r := newRig(t)
	r.committed(map[string]string{"a": "1\n"})
	outside := filepath.Join(filepath.Dir(r.repo.Path), "secret")
	r.do(os.WriteFile(outside, []byte("1\n"), 0o600))
	r.do(os.Symlink("..", filepath.Join(r.repo.Path, "up")))
	patch := func(path string) string {
		return "diff --git a/" + path + " b/" + path + "\n--- a/" + path + "\n+++ b/" + path + "\n@@ -1 +1 @@\n-2\n+1\n"
	}
	config := r.read(".git/config")
	for name, do := range map[string]func(Selection) error{
		"stage":   func(s Selection) error { return r.Stage(r.ctx, r.repo, s) },
		"unstage": func(s Selection) error { return r.Unstage(r.ctx, r.repo, s) },
		"discard": func(s Selection) error { return r.Discard(r.ctx, r.repo, s) },
	} {
		for _, p := range []string{"../secret", "/etc/passwd", "up/secret", ".git/config", "x/../../secret", "", "a\x00b"} {
			if err := do(Selection{Paths: []string{p}}); err == nil && name == "stage" {
				t.Errorf("%s of %q was done", name, p)
			}
		}
		for _, p := range []string{"../secret", "up/secret", ".git/config", "/etc/hostname"} {
			if err := do(Selection{Patch: patch(p)}); err == nil {
				t.Errorf("%s of a patch of %q was done", name, p)
			}
		}
		for _, s := range []Selection{{}, {Paths: []string{"a"}, Patch: patch("a")}} {
			if err := do(s); !errors.Is(err, ErrSelection) {
				t.Errorf("%s of %+v: %v", name, s, err)
			}
		}
	}
	if raw, err := os.ReadFile(outside); err != nil || string(raw) != "1\n" {
		t.Errorf("a file outside is %q, %v", raw, err)
	}
	if r.read(".git/config") != config {
		t.Error("the configuration was changed")
	}
}

// Each hunk is staged, unstaged and discarded by itself, and what it leaves is what git itself says.
func TestHunks(t *testing.T) {
	r := newRig(t)
	lines := make([]string, 60)
	for i := range lines {
		lines[i] = strings.Repeat(string(rune('a'+i%26)), 1+i/26)
	}
	text := func() string { return strings.Join(lines, "\n") }
	r.committed(map[string]string{"f": text(), "gone": "1\n2\n"})
	before := text()
	lines[5], lines[30] = "five", "thirty\nand more"
	lines[59] = "end"
	r.write("f", text())
	r.do(os.Remove(filepath.Join(r.repo.Path, "gone")))
	r.write("new", "n1\nn2\n")
	f := r.diff(DiffOptions{Base: BaseIndex, Context: 3})["f"]
	if len(f.Hunks) != 3 {
		t.Fatalf("%d hunks", len(f.Hunks))
	}
	for i := range f.Hunks {
		r.do(r.Stage(r.ctx, r.repo, Selection{Patch: f.patch(i)}))
		staged := r.diff(DiffOptions{Base: BaseStaged, Context: 3})["f"]
		if len(staged.Hunks) != 1 || strings.Join(staged.Hunks[0].Lines, "|") != strings.Join(f.Hunks[i].Lines, "|") {
			t.Errorf("hunk %d: staged is %+v", i, staged.Hunks)
		}
		if r.read("f") != text() {
			t.Errorf("hunk %d: the folder changed", i)
		}
		r.do(r.Unstage(r.ctx, r.repo, Selection{Patch: staged.patch()}))
		if r.git("diff", "--cached", "--name-only") != "" {
			t.Errorf("hunk %d is still staged", i)
		}
	}
	r.do(r.Discard(r.ctx, r.repo, Selection{Patch: f.patch(1)}))
	if left := r.diff(DiffOptions{Base: BaseIndex})["f"]; len(left.Hunks) != 2 {
		t.Errorf("%d hunks are left", len(left.Hunks))
	}
	if err := r.Discard(r.ctx, r.repo, Selection{Patch: f.patch(1)}); !errors.Is(err, ErrStale) {
		t.Errorf("a hunk that is gone: %v", err)
	}
	r.do(r.Discard(r.ctx, r.repo, Selection{Patch: f.patch(0, 2)}))
	if r.read("f") != before {
		t.Error("all hunks were discarded, and the file is not what it was")
	}
	all := r.diff(DiffOptions{})
	r.do(r.Stage(r.ctx, r.repo, Selection{Patch: all["new"].patch()}))
	r.do(r.Stage(r.ctx, r.repo, Selection{Patch: all["gone"].patch()}))
	r.wantStatus("added unmodified new", "deleted unmodified gone")
	r.do(r.Unstage(r.ctx, r.repo, Selection{Patch: all["gone"].patch()}))
	r.do(r.Discard(r.ctx, r.repo, Selection{Patch: all["gone"].patch()}))
	if r.read("gone") != "1\n2\n" {
		t.Error("a deleted file did not come back")
	}
	for _, nonsense := range []string{"x", "@@ -1 +1 @@\n-a\n+b\n", "diff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -1,9 +1,9 @@\n a\n"} {
		if err := r.Stage(r.ctx, r.repo, Selection{Patch: nonsense}); err == nil {
			t.Errorf("the patch %q was applied", nonsense)
		}
	}
}

func TestCommit(t *testing.T) {
	r := newRig(t)
	if _, err := r.Commit(r.ctx, r.repo, CommitOptions{Message: "m"}); !errors.Is(err, ErrNoRepository) {
		t.Errorf("no repository: %v", err)
	}
	r.do(r.Init(r.ctx, r.repo))
	if err := r.Init(r.ctx, r.repo); !errors.Is(err, ErrRepository) {
		t.Errorf("a second time: %v", err)
	}
	if _, err := r.Commit(r.ctx, r.repo, CommitOptions{Message: "m"}); !errors.Is(err, ErrNothing) {
		t.Errorf("nothing: %v", err)
	}
	r.write("a", "1")
	if _, err := r.Commit(r.ctx, r.repo, CommitOptions{Message: "m"}); !errors.Is(err, ErrNothing) {
		t.Errorf("nothing is staged: %v", err)
	}
	for _, message := range []string{"", " \n", strings.Repeat("x", maxMessage+1), "a\x00b"} {
		if _, err := r.Commit(r.ctx, r.repo, CommitOptions{Message: message, All: true}); !errors.Is(err, ErrMessage) {
			t.Errorf("message of %d bytes: %v", len(message), err)
		}
	}
	made, err := r.Commit(r.ctx, r.repo, CommitOptions{Message: "--amend\n\n# not a comment\nbody ü", All: true})
	r.do(err)
	if made.Summary != "--amend" || made.Note == "" || made.Commit != strings.TrimSpace(r.git("rev-parse", "HEAD")) {
		t.Errorf("%+v", made)
	}
	if got := r.git("log", "-1", "--format=%an <%ae> %B"); got != "Coder1 <coder1@localhost> --amend\n\n# not a comment\nbody ü\n\n" {
		t.Errorf("%q", got)
	}
	r.git("config", "user.name", "Ann")
	r.git("config", "user.email", "ann@example.com")
	r.write("a", "2")
	r.do(r.Stage(r.ctx, r.repo, Selection{Paths: []string{"a"}}))
	made, err = r.Commit(r.ctx, r.repo, CommitOptions{Amend: true})
	if err != nil || made.Summary != "--amend" || made.Note != "" {
		t.Errorf("%+v, %v", made, err)
	}
	made, err = r.Commit(r.ctx, r.repo, CommitOptions{Amend: true, Message: "better"})
	if err != nil || made.Summary != "better" || r.git("rev-list", "--count", "HEAD") != "1\n" {
		t.Errorf("%+v, %v", made, err)
	}
	if got := r.git("log", "-1", "--format=%cn <%ce>"); got != "Ann <ann@example.com>\n" {
		t.Errorf("%q", got)
	}
}

func TestRefsAndShow(t *testing.T) {
	r := newRig(t)
	r.git("init", "-q")
	if refs, err := r.Refs(r.ctx, r.repo); err != nil || refs.Head != "main" || len(refs.Branches) != 0 {
		t.Errorf("before the first commit: %+v, %v", refs, err)
	}
	big := strings.Repeat("0123456789abcdef\n", 20<<16)
	r.committed(map[string]string{"a": "1\n", "empty": "", "dir/big": big})
	r.git("branch", "topic/x")
	r.git("tag", "v1")
	r.git("update-ref", "refs/remotes/origin/main", "HEAD")
	r.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
	r.write("a", "2\n")
	r.git("add", "a")
	refs, err := r.Refs(r.ctx, r.repo)
	r.do(err)
	if refs.Head != "main" || strings.Join(refs.Branches, " ") != "main topic/x" || strings.Join(refs.Tags, " ") != "v1" || strings.Join(refs.Remotes, " ") != "origin/main" {
		t.Errorf("%+v", refs)
	}
	for _, want := range [][3]string{{"v1", "a", "1\n"}, {"HEAD", "empty", ""}, {BaseIndex, "a", "2\n"}, {"topic/x", "dir/big", big}} {
		if err := r.Show(r.ctx, r.repo, want[0], want[1], wantText(t, want[1], want[2])); err != nil {
			t.Errorf("%s at %s: %v", want[1], want[0], err)
		}
	}
	for _, none := range [][2]string{{"v1", "nothing"}, {"v1", "dir"}, {"nowhere", "a"}} {
		if err := r.Show(r.ctx, r.repo, none[0], none[1], wantText(t, "", "")); !errors.Is(err, ErrNoFile) {
			t.Errorf("%s at %s: %v", none[1], none[0], err)
		}
	}
	for _, bad := range [][2]string{{"--help", "a"}, {"v1", "../a"}, {"v1", ""}, {":/x", "a"}} {
		if err := r.Show(r.ctx, r.repo, bad[0], bad[1], wantText(t, "", "")); !errors.Is(err, ErrRef) && !errors.Is(err, ErrPath) {
			t.Errorf("%q at %q: %v", bad[1], bad[0], err)
		}
	}
	hungUp := errors.New("the reader hung up")
	err = r.Show(r.ctx, r.repo, "v1", "dir/big", func(in io.Reader) error {
		_, err := in.Read(make([]byte, 1000))
		return errors.Join(hungUp, err)
	})
	if !errors.Is(err, hungUp) {
		t.Errorf("%v", err)
	}
}
