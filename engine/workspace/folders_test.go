package workspace

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// project makes a folder of the user's own, outside the set.
func (r *rig) project(name string) string {
	r.t.Helper()
	dir, err := filepath.EvalSymlinks(r.t.TempDir())
	r.ok(err)
	dir = filepath.Join(dir, name)
	r.ok(os.Mkdir(dir, 0o700))
	r.ok(os.WriteFile(filepath.Join(dir, "main.go"), []byte("package main\n"), 0o600))
	return dir
}

// open opens a folder, and checks what it is called.
func (r *rig) open(name, path, called string, isNew bool) Workspace {
	r.t.Helper()
	w, fresh, err := r.set.OpenFolder(name, path, filepath.Dir(r.dir))
	r.ok(err)
	if w.Name != called || fresh != isNew || !w.Opened {
		r.t.Errorf("%s is %+v (new: %v); want %s (new: %v)", path, w, fresh, called, isNew)
	}
	return w
}

func TestAFolderIsAWorkspaceInPlace(t *testing.T) {
	r := newRig(t)
	dir := r.project("bread")
	w := r.open("", dir, "bread", true)
	if w.Path != dir {
		t.Errorf("its path is %s", w.Path)
	}
	f, err := r.set.Files("bread")
	r.ok(err)
	defer f.Close()
	if _, err := f.Write("a/b.txt", strings.NewReader("new"), 3, Condition{}); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(filepath.Join(dir, "a", "b.txt")); err != nil || string(b) != "new" {
		t.Errorf("in the folder there is %q, %v", b, err)
	}
	r.ok(os.Symlink(r.outside, filepath.Join(dir, "way")))
	_, err = f.Open("way/secret")
	r.fails(err, ErrOutside, "by a link out of the folder")
	_, err = r.set.Create("bread")
	r.fails(err, ErrExists, "another workspace of its name")

	// The same folder is the same workspace, however it is written; another of that name gets a number.
	link := filepath.Join(r.outside, "..", "alias")
	r.ok(os.Symlink(dir, link))
	r.open("other", link, "bread", false)
	r.open("", r.project("bread"), "bread-2", true)
	r.open("SHOP", r.project("x"), "SHOP", true) // on this system it is another name than shop
	r.open("", r.project("été à la mer"), "t----la-mer", true)

	// It is there after a new start; closing it leaves the folder as it is.
	r.reopen()
	if all, err := r.set.List(); err != nil || len(all) != 5 {
		t.Errorf("after a new start there are %v, %v", all, err)
	}
	r.ok(r.set.Delete("bread"))
	_, err = r.set.Get("bread")
	r.fails(err, ErrNotFound, "what was closed")
	if _, err := os.Stat(filepath.Join(dir, "main.go")); err != nil {
		t.Errorf("closing the folder took its files: %v", err)
	}
	r.open("", dir, "bread", true)
	r.safe()
}

func TestAFolderThatIsGoneIsToldAndCanBeClosed(t *testing.T) {
	r := newRig(t)
	dir := r.project("bread")
	r.open("", dir, "bread", true)
	r.ok(os.Rename(dir, dir+"-moved"))
	gone := func(why string) {
		t.Helper()
		_, err := r.set.Get("bread")
		r.fails(err, ErrGone, "its folder")
		_, files := r.set.Files("bread")
		r.fails(files, ErrGone, "its files")
		if err == nil || !strings.Contains(err.Error(), dir) || !strings.Contains(err.Error(), why) {
			t.Errorf("it says %v; want %q", err, why)
		}
		if all, err := r.set.List(); err != nil || len(all) != 2 || all[0].Name != "bread" || all[0].Gone == nil {
			t.Errorf("the list is %+v, %v", all, err)
		}
	}
	gone("is not there")
	r.ok(os.WriteFile(dir, nil, 0o600))
	gone("is no folder any more")
	r.ok(os.Remove(dir))
	r.ok(os.Symlink(r.outside, dir))
	gone("leads to " + filepath.Join(filepath.Dir(r.dir), "outside"))
	r.ok(os.Remove(dir))
	r.reopen()
	gone("is not there")
	r.ok(os.Rename(dir+"-moved", dir))
	if _, err := r.set.Get("bread"); err != nil {
		t.Errorf("back in its place: %v", err)
	}
	r.ok(os.Rename(dir, dir+"-moved"))
	r.ok(r.set.Delete("bread"))
	_, err := r.set.Get("bread")
	r.fails(err, ErrNotFound, "what was closed")
}

func TestWhichFoldersAreNotOpened(t *testing.T) {
	r := newRig(t)
	data := filepath.Dir(r.dir)
	for path, why := range map[string]string{
		"":                                  "whole path",
		"relative/path":                     "whole path",
		filepath.Join(data, "none"):         "is not there",
		r.dir:                               "Coder1 itself",
		data:                                "Coder1 itself",
		r.at("."):                           "Coder1 itself",
		"/":                                 "Coder1 itself",
		r.project("y") + "/main.go":         "is not a folder",
		"/" + strings.Repeat("long/", 1000): "4096 bytes",
	} {
		_, _, err := r.set.OpenFolder("", path, data)
		r.fails(err, ErrFolder, path)
		if err != nil && !strings.Contains(err.Error(), why) {
			t.Errorf("%.40s: %v; want %q", path, err, why)
		}
	}
	_, _, err := r.set.OpenFolder("a b", r.project("z"), data)
	r.fails(err, ErrName, "a name that cannot be")
	for i := range maxFolders {
		r.open("", r.project("p"), "p"+map[bool]string{true: "", false: "-" + strconv.Itoa(i+1)}[i == 0], true)
	}
	_, _, err = r.set.OpenFolder("", r.project("p"), data)
	r.fails(err, ErrFolder, "one too many")

	r.ok(r.Close())
	r.ok(r.set.Close())
	file := filepath.Join(r.dir, foldersFile)
	r.ok(os.WriteFile(file, []byte("{"), 0o600))
	if _, err := Open(r.dir); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("of a damaged list: %v", err)
	}
	r.ok(os.Remove(file))
	r.set = r.openSet()
}

// A folder that becomes a link, at whatever moment, leads nowhere.
func TestNoRaceLeadsOutOfAFolder(t *testing.T) {
	r := newRig(t)
	dir := r.project("bread")
	r.open("", dir, "bread", true)
	aside, done := dir+".aside", make(chan struct{})
	go func() {
		defer close(done)
		for range 2000 {
			if os.Rename(dir, aside) != nil || os.Symlink(r.outside, dir) != nil || os.Remove(dir) != nil || os.Rename(aside, dir) != nil {
				t.Error("the folder could not be changed for a link")
				return
			}
		}
	}()
	for reached := 0; ; {
		select {
		case <-done:
			if reached == 0 {
				t.Error("the folder was never reached")
			}
			return
		default:
		}
		f, err := r.set.Files("bread")
		if err != nil {
			continue
		}
		reached++
		if file, err := f.Open("secret"); err == nil {
			_ = file.Close()
			t.Fatal("a link led out of the folder")
		}
		r.ok(f.Close())
	}
}

func TestAFolderIsWatched(t *testing.T) {
	r := newRig(t)
	dir := r.project("bread")
	r.open("", dir, "bread", true)
	w := r.set.Watch()
	defer w.Close()
	r.ok(w.Follow("bread"))
	await := func(what string, fits func(Changes) bool) {
		t.Helper()
		for dead := r.t.Context(); ; {
			select {
			case <-w.C:
			case <-dead.Done():
				t.Fatal("waited in vain:", what)
			}
			for _, c := range w.Take() {
				if fits(c) {
					return
				}
			}
		}
	}
	await("it is watched", func(c Changes) bool { return c.Resync })
	r.ok(os.WriteFile(filepath.Join(dir, "new.txt"), nil, 0o600))
	await("a file was made", func(c Changes) bool {
		return len(c.Changes) > 0 && c.Changes[0] == Change{"new.txt", Created}
	})
	r.ok(r.set.Delete("bread"))
	await("it was closed", func(c Changes) bool { return c.Resync })
}
