package git

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// trap is a repository whose settings name programs wherever git would run one. Each leaves a file.
func (r *rig) trap() (sprung func() []string) {
	r.t.Helper()
	if runtime.GOOS == "windows" {
		r.t.Skip("the traps are shell scripts")
	}
	dir := r.t.TempDir()
	script := func(name string) string {
		path := filepath.Join(dir, name+".sh")
		r.do(os.WriteFile(path, []byte("#!/bin/sh\ntouch '"+filepath.Join(dir, name+".sprung")+"'\ncat\n"), 0o700))
		return path
	}
	r.committed(map[string]string{"a.txt": "1\n", "b.txt": "1\n", "c.bin": "\x00", ".gitattributes": "*.txt filter=evil diff=evil merge=evil\n*.bin diff=evil\n"})
	r.git("tag", "-a", "-m", "x", "v1")
	for name, value := range map[string]string{
		"core.fsmonitor": script("fsmonitor"), "core.pager": script("pager"), "core.editor": script("editor"), "core.askPass": script("askpass"),
		"core.sshCommand": script("ssh"), "core.gitProxy": script("proxy"), "core.alternateRefsCommand": script("alternates"),
		"core.hooksPath": filepath.Join(r.repo.Path, ".git", "hooks"),
		"diff.external":  script("external"), "diff.evil.command": script("command"), "diff.evil.textconv": script("textconv"),
		"diff.evil.cachetextconv": "true", "filter.evil.clean": script("clean"), "filter.evil.smudge": script("smudge"),
		"filter.evil.process": script("process"), "filter.evil.required": "true", "merge.evil.driver": script("driver"),
		"credential.helper": script("credential"), "gpg.program": script("gpg"), "log.showSignature": "true", "commit.gpgSign": "true",
		"alias.status": "!" + script("alias"), "pager.diff": script("pagerdiff"), "interactive.diffFilter": script("difffilter"),
		"status.submoduleSummary": "true", "diff.submodule": "log", "gc.auto": "1", "uploadpack.packObjectsHook": script("pack"),
		"protocol.allow": "always", "remote.origin.url": "ext::" + script("ext"), "remote.origin.promisor": "true",
		"extensions.partialClone": "origin", "url." + "ext::" + script("insteadof") + " .insteadOf": "https://",
		"sequence.editor": script("sequence"), "help.autocorrect": "immediate",
	} {
		r.git("config", name, value)
	}
	r.git("config", "core.repositoryformatversion", "1")
	for _, hook := range []string{
		"post-index-change", "pre-commit", "post-checkout", "reference-transaction", "fsmonitor-watchman", "prepare-commit-msg", "commit-msg",
		"post-commit", "pre-auto-gc", "post-rewrite", "applypatch-msg", "update", "post-update", "pre-push",
	} {
		path := filepath.Join(r.repo.Path, ".git", "hooks", hook)
		r.do(os.MkdirAll(filepath.Dir(path), 0o700))
		r.do(os.Rename(script(hook), path))
	}
	// What was committed is written anew, and so is looked into; and a promised object is missing.
	r.write("a.txt", "1\n")
	r.write("b.txt", "2\n")
	r.write("c.bin", "\x00\x01")
	r.write("new.txt", "n\n")
	return func() []string {
		all, err := filepath.Glob(filepath.Join(dir, "*.sprung"))
		r.do(err)
		for i := range all {
			all[i] = strings.TrimSuffix(filepath.Base(all[i]), ".sprung")
			r.do(os.Remove(filepath.Join(dir, all[i]+".sprung")))
		}
		return all
	}
}

func TestToLookRunsNoProgramOfTheRepositorys(t *testing.T) {
	r := newRig(t)
	sprung := r.trap()
	looks := map[string]func() error{
		"status": func() error { _, err := r.Status(r.ctx, r.repo); return err },
		"marks":  func() error { _, err := r.Marks(r.ctx, r.repo, ""); return err },
		"refs":   func() error { _, err := r.Refs(r.ctx, r.repo); return err },
		"show": func() error {
			return r.Show(r.ctx, r.repo, "v1", "a.txt", func(in io.Reader) error { _, err := io.Copy(io.Discard, in); return err })
		},
	}
	for _, base := range []string{"HEAD", "v1", BaseIndex, BaseStaged} {
		looks["diff "+base] = func() error {
			_, err := r.Diff(r.ctx, r.repo, DiffOptions{Base: base, Context: 3}, func(*FileDiff) error { return nil })
			return err
		}
	}
	for name, look := range looks {
		if err := look(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if ran := sprung(); len(ran) > 0 {
			t.Errorf("%s ran %v", name, ran)
		}
	}
	for _, f := range []string{"b.txt", "c.bin", "new.txt"} {
		if r.diff(DiffOptions{})[f] == nil {
			t.Errorf("%s is missing from the diff", f)
		}
	}
	// The traps are good: they spring when git is run as a developer does.
	lenient := []string{"-c", "filter.evil.process=", "-c", "filter.evil.required=false", "diff"}
	for _, args := range [][]string{{"status"}, lenient, append(lenient, "--no-ext-diff")} {
		_, _ = tryGit(r.repo.Path, args...)
	}
	ran := sprung()
	for _, name := range []string{"fsmonitor", "process", "command", "textconv"} {
		if !slices.Contains(ran, name) {
			t.Errorf("git, run by a developer, did not run %s, but %v", name, ran)
		}
	}
	// What a person asks for runs filters, as that person expects, and no hooks but those of a commit.
	filters := "clean process smudge"
	for name, do := range map[string]func() error{
		"stage":   func() error { return r.Stage(r.ctx, r.repo, Selection{Paths: []string{"new.txt"}}) },
		"unstage": func() error { return r.Unstage(r.ctx, r.repo, Selection{Paths: []string{"new.txt"}}) },
		"discard": func() error { return r.Discard(r.ctx, r.repo, Selection{Paths: []string{"c.bin"}}) },
	} {
		_ = do() // the process filter is none: git says so
		for _, ran := range sprung() {
			if !strings.Contains(filters, ran) {
				t.Errorf("%s ran %s", name, ran)
			}
		}
	}
}

// A filter that appears between our look at the settings and git's is not known, and git must not run it.
func TestTheKernelHoldsAGitThatLooksToIt(t *testing.T) {
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" && runtime.GOARCH != "arm64" {
		t.Skip("no such filter of system calls here")
	}
	r := newRig(t)
	sprung := r.trap()
	at, err := r.find(r.ctx, r.repo)
	r.do(err)
	at.unfiltered = nil
	if _, err := r.Git.status(r.ctx, r.repo, at, "--untracked-files=all"); err == nil {
		t.Error("a filter that is required and cannot run went unnoticed")
	}
	if ran := sprung(); len(ran) > 0 {
		t.Errorf("it ran %v", ran)
	}
}

func TestTheRepositoryIsInTheWorkspace(t *testing.T) {
	r := newRig(t)
	other := filepath.Join(filepath.Dir(r.repo.Path), "other")
	r.do(os.MkdirAll(other, 0o700))
	r.do(os.WriteFile(filepath.Join(other, "secret"), []byte("s"), 0o600))
	gitIn(t, other, "init", "-q")
	gitIn(t, other, "add", "-A")
	gitIn(t, other, "commit", "-qm", "x")
	dotGit := filepath.Join(r.repo.Path, ".git")
	for name, make := range map[string]func() error{
		"a link":              func() error { return os.Symlink(filepath.Join(other, ".git"), dotGit) },
		"a pointer":           func() error { return os.WriteFile(dotGit, []byte("gitdir: ../other/.git\n"), 0o600) },
		"an absolute pointer": func() error { return os.WriteFile(dotGit, []byte("gitdir: "+other+"/.git\n"), 0o600) },
		"a link of a pointer": func() error {
			return errors.Join(os.Symlink(other, r.repo.Path+"/l"), os.WriteFile(dotGit, []byte("gitdir: l/.git"), 0o600))
		},
		"a common folder outside": func() error {
			return errors.Join(os.Mkdir(dotGit, 0o700), os.WriteFile(dotGit+"/commondir", []byte("../../other/.git"), 0o600))
		},
	} {
		r.do(os.RemoveAll(dotGit))
		r.do(make())
		if s, err := r.Status(r.ctx, r.repo); err == nil {
			t.Errorf("%s leads to %+v", name, s)
		}
		if err := r.Show(r.ctx, r.repo, "HEAD", "secret", func(io.Reader) error { return nil }); err == nil {
			t.Errorf("%s shows the secret", name)
		}
	}
	// Settings cannot lead elsewhere either.
	r.do(os.RemoveAll(dotGit))
	r.committed(map[string]string{"a": "1"})
	r.git("config", "core.worktree", other)
	r.wantStatus()
	r.do(r.Discard(r.ctx, r.repo, Selection{Paths: []string{"."}}))
	if _, err := os.Stat(filepath.Join(other, "secret")); err != nil {
		t.Error(err)
	}
	// What lies within is followed: a worktree has its repository elsewhere.
	r.do(os.Rename(dotGit, filepath.Join(r.repo.Path, "real")))
	r.do(os.WriteFile(dotGit, []byte("gitdir: real\n"), 0o600))
	if s, err := r.Status(r.ctx, r.repo); err != nil || !s.Repository {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestACommitRunsHooks(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the hooks are shell scripts")
	}
	r := newRig(t)
	r.committed(map[string]string{"a": "1"})
	hook := func(name, script string) {
		r.write(".git/hooks/"+name, "#!/bin/sh\n"+script)
		r.do(os.Chmod(filepath.Join(r.repo.Path, ".git", "hooks", name), 0o700))
	}
	hook("pre-commit", "echo 'a.go:1: no good'; echo second >&2; exit 1\n")
	r.write("a", "2")
	_, err := r.Commit(r.ctx, r.repo, CommitOptions{Message: "m", All: true})
	var f *Failure
	if !errors.As(err, &f) || f.Text != "a.go:1: no good\nsecond" {
		t.Errorf("refused by a hook: %v", err)
	}
	// A hook is in nobody's way: it sees neither our settings for paths nor a folder it has not asked for.
	hook("pre-commit", "git add '*' && echo ${GIT_LITERAL_PATHSPECS-none} ${GIT_WORK_TREE-none} $(cat /proc/self/oom_score_adj 2>/dev/null || echo 1000) > .git/seen\n")
	if _, err := r.Commit(r.ctx, r.repo, CommitOptions{Message: "m", All: true}); err != nil {
		t.Error(err)
	}
	if seen := r.read(".git/seen"); seen != "none none 1000\n" {
		t.Errorf("the hook saw %q", seen)
	}
}
