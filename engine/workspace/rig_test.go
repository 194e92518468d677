package workspace

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// deadMan is how long to wait for something that should come soon.
const deadMan = time.Minute

// rig is a workspace named shop, with a folder outside that nothing may reach.
type rig struct {
	*Files
	t       testing.TB
	set     *Set
	dir     string // of the set
	outside string
}

const (
	secret      = "nobody may read or change this"
	onlyOutside = "there is no such name inside"
)

func newRig(t testing.TB) *rig {
	t.Helper()
	base := t.TempDir()
	r := &rig{t: t, dir: filepath.Join(base, "workspaces"), outside: filepath.Join(base, "outside")}
	r.ok(os.Mkdir(r.outside, 0o700))
	r.ok(os.WriteFile(filepath.Join(r.outside, "secret"), []byte(secret), 0o600))
	r.ok(os.WriteFile(filepath.Join(r.outside, onlyOutside), nil, 0o600))
	r.set = r.openSet()
	t.Cleanup(func() { r.ok(r.set.Close()) })
	_, err := r.set.Create("shop")
	r.ok(err)
	r.Files, err = r.set.Files("shop")
	r.ok(err)
	t.Cleanup(func() { _ = r.Close() })
	return r
}

func (r *rig) openSet() *Set {
	r.t.Helper()
	s, err := Open(r.dir)
	r.ok(err)
	return s
}

// reopen starts anew, as after a crash.
func (r *rig) reopen() {
	r.t.Helper()
	r.ok(r.Close())
	r.ok(r.set.Close())
	r.set = r.openSet()
	var err error
	r.Files, err = r.set.Files("shop")
	r.ok(err)
}

func (r *rig) ok(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// at is a path in the file system.
func (r *rig) at(p string) string { return filepath.Join(r.dir, "shop", p) }

// put makes a file behind the server's back, as an agent does.
func (r *rig) put(p, content string) {
	r.t.Helper()
	r.ok(os.MkdirAll(filepath.Dir(r.at(p)), 0o700))
	r.ok(os.WriteFile(r.at(p), []byte(content), 0o600))
}

func (r *rig) link(target, p string) {
	r.t.Helper()
	r.ok(os.MkdirAll(filepath.Dir(r.at(p)), 0o700))
	r.ok(os.Symlink(target, r.at(p)))
}

// has checks what is in a file, past the server.
func (r *rig) has(p, content string) {
	r.t.Helper()
	b, err := os.ReadFile(r.at(p))
	if err != nil || string(b) != content {
		r.t.Errorf("%s has %.100q, %v; want %.100q", p, b, err, content)
	}
}

func (r *rig) write(p, content string, c Condition) (Written, error) {
	return r.Write(p, strings.NewReader(content), int64(len(content)), c)
}

func (r *rig) read(p string) (string, *File) {
	r.t.Helper()
	f, err := r.Open(p)
	r.ok(err)
	defer f.Close()
	b, err := io.ReadAll(f)
	r.ok(err)
	return string(b), f
}

// safe checks that nothing outside was changed, and nothing unfinished is left.
func (r *rig) safe() {
	r.t.Helper()
	if b, err := os.ReadFile(filepath.Join(r.outside, "secret")); err != nil || string(b) != secret {
		r.t.Errorf("the secret outside is %q, %v", b, err)
	}
	if entries, err := os.ReadDir(r.outside); err != nil || len(entries) != 2 {
		r.t.Errorf("outside there are %v, %v", entries, err)
	}
	r.noParts()
}

// noParts checks that nothing unfinished is left anywhere, nor a note of it.
func (r *rig) noParts() {
	r.t.Helper()
	_ = filepath.WalkDir(r.dir, func(p string, d fs.DirEntry, err error) error {
		if err == nil && (strings.HasPrefix(d.Name(), PartPrefix) || strings.HasSuffix(d.Name(), ".zip") && strings.Contains(p, notesFolder)) {
			r.t.Errorf("%s is left", p)
		}
		return nil
	})
	r.set.parts.mu.Lock()
	defer r.set.parts.mu.Unlock()
	if n := len(r.set.parts.live); n > 0 {
		r.t.Errorf("%d parts are taken for being written", n)
	}
	r.set.locks.mu.Lock()
	defer r.set.locks.mu.Unlock()
	if n := len(r.set.locks.all); n > 0 {
		r.t.Errorf("%d locks are held", n)
	}
}

func (r *rig) fails(err, want error, what string) {
	r.t.Helper()
	if !errors.Is(err, want) {
		r.t.Errorf("%s: %v; want: %v", what, err, want)
	}
}

func within(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), deadMan)
	t.Cleanup(cancel)
	return ctx
}
