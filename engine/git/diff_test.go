package git

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func TestDiff(t *testing.T) {
	r := newRig(t)
	r.committed(map[string]string{
		"mod": "a\nb\nc\n", "del": "x\n", "old": "q\nw\ne\nr\nt\ny\n", "bin": "\x00\x01", "mode": "m\n", "same": "s\n", "end": "one\ntwo",
	})
	r.write("mod", "a\nB\nc\n")
	r.do(os.Remove(filepath.Join(r.repo.Path, "del")))
	r.git("mv", "old", "renamed")
	r.write("bin", "\x00\x02")
	r.write("end", "one\nTWO")
	r.do(os.Chmod(filepath.Join(r.repo.Path, "mode"), 0o700))
	r.write("new", "1\n2")
	r.write("empty", "")
	r.write("sub/newbin", "\x00")
	r.do(os.Symlink("/etc/passwd", filepath.Join(r.repo.Path, "link")))
	got := r.diff(DiffOptions{Context: 3})
	want := map[string]FileDiff{
		"mod": {Status: Modified, OldMode: "100644", NewMode: "100644", Added: 1, Removed: 1,
			Hunks: []Hunk{{"@@ -1,3 +1,3 @@", 1, 3, 1, 3, []string{" a", "-b", "+B", " c"}}}},
		"del":     {Status: Deleted, OldMode: "100644", Removed: 1, Hunks: []Hunk{{"@@ -1 +0,0 @@", 1, 1, 0, 0, []string{"-x"}}}},
		"renamed": {OldPath: "old", Status: Renamed, OldMode: "100644", NewMode: "100644"},
		"bin":     {Status: Modified, OldMode: "100644", NewMode: "100644", Binary: true},
		"mode":    {Status: Modified, OldMode: "100644", NewMode: "100755"},
		"end": {Status: Modified, OldMode: "100644", NewMode: "100644", Added: 1, Removed: 1,
			Hunks: []Hunk{{"@@ -1,2 +1,2 @@", 1, 2, 1, 2, []string{" one", "-two", noNewline, "+TWO", noNewline}}}},
		"new": {Status: Added, NewMode: "100644", Added: 2,
			Hunks: []Hunk{{"@@ -0,0 +1,2 @@", 0, 0, 1, 2, []string{"+1", "+2", noNewline}}}},
		"empty":      {Status: Added, NewMode: "100644"},
		"sub/newbin": {Status: Added, NewMode: "100644", Binary: true},
		"link": {Status: Added, NewMode: "120000", Added: 1,
			Hunks: []Hunk{{"@@ -0,0 +1,1 @@", 0, 0, 1, 1, []string{"+/etc/passwd", noNewline}}}},
	}
	for path, w := range want {
		w.Path = path
		if g := got[path]; g == nil || fmt.Sprintf("%+v", *g) != fmt.Sprintf("%+v", w) {
			t.Errorf("%s:\n%+v\nwant\n%+v", path, g, w)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d files, want %d", len(got), len(want))
	}
	if only := r.diff(DiffOptions{Path: "sub"}); len(only) != 1 || only["sub/newbin"] == nil {
		t.Errorf("of one folder: %v", only)
	}
}

func TestDiffBases(t *testing.T) {
	r := newRig(t)
	r.git("init", "-q")
	r.write("a", "1\n")
	r.git("add", "a")
	if d := r.diff(DiffOptions{Base: "HEAD"}); d["a"] == nil || d["a"].Added != 1 {
		t.Errorf("before the first commit: %v", d)
	}
	r.git("commit", "-q", "-m", "one")
	r.git("tag", "v1")
	r.write("a", "2\n")
	r.git("add", "a")
	r.write("a", "3\n")
	r.write("b", "new\n")
	for base, want := range map[string]string{
		BaseIndex: "a -2 +3", BaseStaged: "a -1 +2", "HEAD": "a -1 +3 b +new", "v1": "a -1 +3 b +new", "": "a -1 +3 b +new", "v1^{tree}": "a -1 +3 b +new",
	} {
		var said []string
		_, err := r.Diff(r.ctx, r.repo, DiffOptions{Base: base}, func(f *FileDiff) error {
			said = append(said, f.Path)
			for _, h := range f.Hunks {
				said = append(said, h.Lines...)
			}
			return nil
		})
		if got := strings.Join(said, " "); err != nil || got != want {
			t.Errorf("base %q: %q, want %q (%v)", base, got, want, err)
		}
	}
	for _, base := range []string{"nowhere", "--output=/tmp/x", "-p", "HEAD:a", "a..b", "^HEAD", "x y", "HEAD\n", strings.Repeat("x", 1000)} {
		if _, err := r.Diff(r.ctx, r.repo, DiffOptions{Base: base}, nil); !errors.Is(err, ErrRef) {
			t.Errorf("base %q: %v", base, err)
		}
	}
	for _, path := range []string{"../x", "/etc", "a/../../b", ".git/config", "a/.GIT/x", ".git./x"} {
		if _, err := r.Diff(r.ctx, r.repo, DiffOptions{Path: path}, nil); !errors.Is(err, ErrPath) {
			t.Errorf("path %q: %v", path, err)
		}
	}
	if _, err := r.Diff(r.ctx, r.repo, DiffOptions{Context: -1}, nil); !errors.Is(err, ErrContext) {
		t.Errorf("%v", err)
	}
}

func TestDiffOfAConflict(t *testing.T) {
	r := newRig(t)
	r.committed(map[string]string{"a": "1\n2\n", "z": "z\n"})
	r.git("checkout", "-q", "-b", "other")
	r.write("a", "1\n3\n")
	r.git("commit", "-qam", "x")
	r.git("checkout", "-q", "main")
	r.write("a", "1\n4\n")
	r.git("commit", "-qam", "y")
	if _, err := tryGit(r.repo.Path, "merge", "other"); err == nil {
		t.Fatal("there is no conflict")
	}
	r.write("z", "Z\n")
	r.wantStatus("conflicted conflicted a", "unmodified modified z")
	for _, base := range []string{BaseIndex, "HEAD"} {
		d := r.diff(DiffOptions{Base: base, Context: 1})
		if d["a"] == nil || len(d["a"].Hunks) != 1 || d["z"] == nil || d["z"].Added != 1 {
			t.Errorf("against %s: %+v %+v", base, d["a"], d["z"])
		}
	}
	if d := r.diff(DiffOptions{Base: BaseIndex}); d["a"].Status != Conflicted {
		t.Errorf("%+v", d["a"])
	}
	if d := r.diff(DiffOptions{Base: BaseStaged}); d["a"] == nil || d["a"].Status != Conflicted {
		t.Errorf("staged: %+v", d["a"])
	}
	for _, o := range []CommitOptions{{Message: "m"}, {Message: "m", All: true}, {Message: "m", All: true, Amend: true}} {
		if _, err := r.Commit(r.ctx, r.repo, o); !errors.Is(err, ErrConflict) || !strings.HasPrefix(err.Error(), "a is in conflict") {
			t.Errorf("a conflict was committed with %+v: %v", o, err)
		}
		r.wantStatus("conflicted conflicted a", "unmodified modified z")
	}
	r.write("a", "1\n5\n")
	r.do(r.Stage(r.ctx, r.repo, Selection{Paths: []string{"a"}}))
	if _, err := r.Commit(r.ctx, r.repo, CommitOptions{Message: "merged"}); err != nil {
		t.Error(err)
	}
	if parents := r.git("log", "-1", "--format=%P"); len(strings.Fields(parents)) != 2 {
		t.Errorf("parents of the merge: %s", parents)
	}
}

func TestDiffIsBounded(t *testing.T) {
	r := newRig(t)
	r.committed(map[string]string{"long": "x\n", "wide": "x\n", "huge": "x\n", "latin": "x\n"})
	r.write("long", strings.Repeat("l\n", maxFileLines+500))
	r.write("wide", strings.Repeat("w", 200<<10)+"\n"+strings.Repeat("v", maxLine)+"\n")
	r.write("huge", strings.Repeat(strings.Repeat("h", 1000)+"\n", maxFileBytes/1000+100))
	r.write("latin", "caf\xe9\n")
	r.write("newlong", strings.Repeat("n\n", maxFileLines+500))
	d := r.diff(DiffOptions{})
	if f := d["long"]; f.Added != maxFileLines+500 || !f.Truncated || len(f.Hunks[0].Lines) != maxFileLines {
		t.Errorf("long: %d added, truncated %v, %d lines", f.Added, f.Truncated, len(f.Hunks[0].Lines))
	}
	if f := d["newlong"]; f.Added != maxFileLines+500 || !f.Truncated || len(f.Hunks[0].Lines) != maxFileLines {
		t.Errorf("new and long: %d added, truncated %v, %d lines", f.Added, f.Truncated, len(f.Hunks[0].Lines))
	}
	if f := d["wide"]; f.Added != 2 || f.Removed != 1 || !f.Truncated || len(f.Hunks[0].Lines[1]) != maxLine {
		t.Errorf("wide: %+v", f.Added)
	}
	if f := d["huge"]; !f.Truncated || f.size() > maxFileBytes {
		t.Errorf("huge: truncated %v, %d bytes", f.Truncated, f.size())
	}
	if f := d["latin"]; !f.Lossy || f.Hunks[0].Lines[1] != "+caf�" {
		t.Errorf("latin: %+v", f)
	}
	for i := range MaxDiffFiles + 10 {
		r.write(fmt.Sprintf("many/%04d", i), "m\n")
	}
	for _, stage := range []bool{false, true} { // of new files, and of those that git lists
		if stage {
			r.git("add", "-A")
		}
		n := 0
		truncated, err := r.Diff(r.ctx, r.repo, DiffOptions{}, func(*FileDiff) error { n++; return nil })
		if err != nil || !truncated || n != MaxDiffFiles {
			t.Errorf("staged %v: %d files, truncated %v, %v", stage, n, truncated, err)
		}
	}
	stop := errors.New("the reader hung up")
	if _, err := r.Diff(r.ctx, r.repo, DiffOptions{}, func(*FileDiff) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("%v", err)
	}
}

// hostileNames are names that are something else to a shell, to git, or to a parser of lines.
func hostileNames() []string {
	names := []string{
		"-rf", "--output=x", "a b", " lead", "trail ", `quo"te`, "'", "ü", "日本", "emoji 🙂", "$(touch x)", "`id`", "a;b", "*", "[a]", "?", ":(top)x",
		":!a", "#x", "@", "HEAD", "a..b", "~", "%s", "dir/-x", "dir/sub dir/ü", "a => b", "p q/c", "b/b/a",
	}
	if runtime.GOOS == "linux" {
		names = append(names, "new\nline", "tab\t", "\\back", "ctrl\x01", "del\x7f", "bad\xff utf8", "diff --git a/x b/x", "x\n@@ -1 +1 @@\n-y", "\x1b[31m")
	}
	return names
}

func TestHostileNames(t *testing.T) {
	r := newRig(t)
	files := map[string]string{"base": ""}
	for i, name := range hostileNames() {
		if i%2 == 0 {
			files[name] = "1\n2\n"
		}
	}
	r.committed(files)
	for _, name := range hostileNames() {
		r.write(name, "1\nchanged "+fmt.Sprintf("%q", name)+"\n")
	}
	d := r.diff(DiffOptions{Context: 1})
	if len(d) != len(hostileNames()) {
		t.Errorf("%d files, want %d", len(d), len(hostileNames()))
	}
	for i, name := range hostileNames() {
		f := d[name]
		if f == nil || len(f.Hunks) != 1 || !slices.Contains(f.Hunks[0].Lines, "+changed "+fmt.Sprintf("%q", name)) {
			t.Errorf("%q: %+v", name, f)
			continue
		}
		one := Selection{Paths: []string{name}}
		r.do(r.Stage(r.ctx, r.repo, one))
		if staged := r.git("diff", "--cached", "--name-only", "-z"); staged != name+"\x00" {
			t.Errorf("%q was asked for, and staged was %q", name, staged)
		}
		r.do(r.Unstage(r.ctx, r.repo, one))
		if i%4 != 0 { // every other one of those that are committed stays for the next
			continue
		}
		if err := r.Show(r.ctx, r.repo, "HEAD", name, wantText(t, name, "1\n2\n")); err != nil {
			t.Errorf("show %q: %v", name, err)
		}
		r.do(r.Discard(r.ctx, r.repo, one))
		if got := r.read(name); got != "1\n2\n" {
			t.Errorf("%q is %q after it was discarded", name, got)
		}
	}
	left, err := r.Status(r.ctx, r.repo)
	r.do(err)
	if want := len(hostileNames()) - (len(hostileNames())+3)/4; len(left.Files) != want {
		t.Errorf("%d files differ at the end, want %d", len(left.Files), want)
	}
}
