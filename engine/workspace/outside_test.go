package workspace

import (
	"bytes"
	"errors"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// everything tries all that can be done with a path, and reports whether the secret came out.
func (r *rig) everything(p string) {
	r.t.Helper()
	if f, err := r.Open(p); err == nil {
		b := make([]byte, 100)
		n, _ := f.ReadAt(b, 0)
		f.Close()
		if bytes.Contains(b[:n], []byte(secret)) {
			r.t.Errorf("Open(%q) has read the secret", p)
		}
	}
	if l, err := r.List(within(r.t), p); err == nil {
		for _, e := range l.Entries {
			if e.Name == onlyOutside {
				r.t.Errorf("List(%q) has listed the outside", p)
			}
		}
	}
	_, _ = r.write(p, "overwritten", Condition{})
	_, _ = r.write(path.Join(p, "secret"), "overwritten", Condition{})
	_ = r.MakeFolder(p)
	_ = r.MakeFolder(p + "/made")
	_ = r.Move(p, "moved", true)
	_ = r.Move("moved", p, true)
	r.put("mine", "mine")
	_ = r.Move("mine", p, true)
	r.put("mine", "mine")
	_ = r.Move("mine", path.Join(p, "secret"), true)
	_ = r.Delete(path.Join(p, "secret"), Condition{})
	_ = r.Delete(p, Condition{})
}

var wicked = []string{
	"", "/", "..", "../", "../..", "../outside", "../../outside/secret", "a/../../outside/secret", "./..", "a/..", "a/./b", "a//b", "/etc/passwd",
	"a/", "//etc/passwd", "..\\outside\\secret", "a\\..\\..\\outside", "C:\\x", "c:/x", "\x00", "a\x00b", "a/\x00/../..", "\xff", "a/\xff/b", "%2e%2e/outside/secret",
	"..%2foutside", "．．/outside", "‥/outside", strings.Repeat("../", 100) + "etc/passwd", strings.Repeat("a/", 3000), strings.Repeat("a/", 1500) + "a", strings.Repeat("a", 300), strings.Repeat("a", 5000),
	".coder1-part-x", "a/.coder1-part-x/b", "../.parts", "../shop/../../outside/secret", "~", "~root", "$HOME", "con", "nul",
}

func TestNoNameLeadsOutside(t *testing.T) {
	for _, p := range wicked {
		r := newRig(t)
		r.everything(p)
		r.safe()
	}
}

func TestNoLinkLeadsOutside(t *testing.T) {
	for name, target := range map[string]string{
		"to a folder":       "../../outside",
		"to a file":         "../../outside/secret",
		"absolute":          "ABSOLUTE",
		"absolute, a file":  "ABSOLUTE/secret",
		"to the root":       "/",
		"to something new":  "../../outside/new",
		"by way of a link":  "hop/../../../outside",
		"to another":        "../other",
		"to itself":         "link",
		"to the notes":      "../.parts",
		"up and down again": "../../outside/../outside",
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			_, err := r.set.Create("other")
			r.ok(err)
			r.link("a/b", "hop")
			r.ok(os.MkdirAll(r.at("a/b"), 0o700))
			target := strings.ReplaceAll(target, "ABSOLUTE", r.outside)
			for _, p := range []string{"link", "link/secret", "link/x/y", "link/../secret", "deep/link", "deep/link/secret"} {
				for _, at := range []string{"link", "deep/link"} {
					_ = os.RemoveAll(r.at(at))
				}
				r.link(target, "link")
				r.link("../"+target, "deep/link")
				r.everything(p)
			}
			r.safe()
			if entries, err := os.ReadDir(filepath.Join(r.dir, "other")); err != nil || len(entries) > 0 {
				t.Errorf("in the other workspace there are %v, %v", entries, err)
			}
		})
	}
}

func TestLinksThatLeadOutsideSaySo(t *testing.T) {
	r := newRig(t)
	r.link("../../outside/secret", "link")
	r.link(r.outside, "folder")
	_, err := r.Open("link")
	r.fails(err, ErrOutside, "Open")
	_, err = r.write("link", "x", Condition{})
	r.fails(err, ErrOutside, "Write")
	_, err = r.List(within(t), "folder")
	r.fails(err, ErrOutside, "List")
	_, err = r.write("folder/new", "x", Condition{})
	r.fails(err, ErrOutside, "Write in a folder")
	r.fails(r.Move("link", "folder/x", false), ErrOutside, "Move")
	r.ok(r.Delete("link", Condition{})) // the link itself is ours
	r.safe()
}

// A loop leads nowhere, which is not outside.
func TestLinksInACircleSaySo(t *testing.T) {
	r := newRig(t)
	r.link("b", "a")
	r.link("a", "b")
	_, err := r.Open("a")
	r.fails(err, ErrLoop, "Open")
	_, err = r.write("b", "x", Condition{})
	r.fails(err, ErrLoop, "Write")
	_, err = r.List(within(t), "a")
	r.fails(err, ErrLoop, "List")
	r.ok(r.Move("a", "c", false))
	r.ok(r.Delete("b", Condition{}))
}

func TestLinksInsideAreFollowed(t *testing.T) {
	r := newRig(t)
	r.put("real/a.txt", "one")
	r.link("real", "folder")
	r.link("../real/a.txt", "links/a")
	r.link("b.txt", "real/dangling")
	if s, _ := r.read("folder/a.txt"); s != "one" {
		t.Errorf("read %q", s)
	}
	_, err := r.write("links/a", "two", Condition{})
	r.ok(err)
	r.has("real/a.txt", "two")
	_, err = r.write("folder/dangling", "made", Condition{})
	r.ok(err)
	r.has("real/b.txt", "made")
	if info, err := os.Lstat(r.at("links/a")); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Error("the link was replaced instead of its target")
	}
	_, f := r.read("links/a")
	if _, err := r.write("real/a.txt", "three", Condition{Match: f.ETag}); err != nil {
		t.Errorf("two names of a file have different ETags: %v", err)
	}
	r.ok(r.Delete("links/a", Condition{}))
	r.has("real/a.txt", "three")
	r.noParts()
}

// TestNoRaceLeadsOutside swaps a folder for a link to the outside, and back, while everything goes on in it.
func TestNoRaceLeadsOutside(t *testing.T) {
	r := newRig(t)
	r.ok(os.MkdirAll(r.at("a/b"), 0o700))
	r.put("spare/b/secret", "inside")
	r.link("../../outside", "lure")
	stop := make(chan struct{})
	var swapping sync.WaitGroup
	swapping.Go(func() {
		for {
			for _, name := range []string{"lure", "spare"} {
				// a becomes the one or the other: both names are always there, or for a moment neither is.
				_ = os.Rename(r.at("a"), r.at("aside"))
				_ = os.Rename(r.at(name), r.at("a"))
				_ = os.MkdirAll(r.at("spare/b"), 0o700)
				_ = os.Rename(r.at("a"), r.at(name))
				_ = os.Rename(r.at("aside"), r.at("a"))
				select {
				case <-stop:
					return
				default:
					runtime.Gosched()
				}
			}
		}
	})
	watcher := r.set.Watch()
	r.ok(watcher.Follow("shop"))
	var users sync.WaitGroup
	for range 3 {
		users.Go(func() {
			for range 12 {
				r.everything("a")
				r.everything("a/b")
				if _, err := r.Search(within(t), Query{Text: secret, Limit: 10}, nil, func(m Match) error {
					t.Errorf("the search has found %+v", m)
					return nil
				}); err != nil {
					t.Error(err)
				}
				if paths, _, err := r.Paths(within(t), onlyOutside, 100); err != nil || len(paths) > 0 {
					t.Errorf("outside there are %q, %v", paths, err)
				}
			}
		})
	}
	users.Wait()
	close(stop)
	swapping.Wait()
	watcher.Close()
	// A part whose folder was moved away while it was written is removed when it is seen, its note at the next
	// start.
	_ = r.walkAll()
	r.reopen()
	r.safe()
}

// walkAll lists every folder.
func (r *rig) walkAll() error {
	var in func(p string) error
	in = func(p string) error {
		l, err := r.List(within(r.t), p)
		for _, e := range l.Entries {
			if e.Kind == KindFolder {
				err = errors.Join(err, in(e.Path))
			}
		}
		return err
	}
	return in(".")
}

func FuzzPaths(f *testing.F) {
	for _, p := range wicked {
		f.Add(p, "../../outside")
	}
	f.Add("link", "../../outside/secret")
	f.Add("link/secret", "a/../../../outside")
	f.Fuzz(func(t *testing.T, p, target string) {
		r := newRig(t)
		_ = os.Symlink(strings.ReplaceAll(target, "OUTSIDE", r.outside), r.at("link"))
		r.everything(p)
		r.everything(path.Join("link", p))
		if real, err := r.resolve(path.Join("link", "x")); err == nil && !filepath.IsLocal(real) {
			t.Errorf("resolve: %q", real)
		}
		r.safe()
	})
}
