package workspace

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"
)

func TestWriteAndRead(t *testing.T) {
	r := newRig(t)
	w, err := r.write("src/deep/a.go", "package a", Condition{})
	r.ok(err)
	if !w.Created || w.Size != 9 || w.Path != "src/deep/a.go" {
		t.Errorf("written: %+v", w)
	}
	content, f := r.read("src/deep/a.go")
	if content != "package a" || f.ETag != w.ETag || f.Size != 9 || !f.Modified.Equal(w.Modified) {
		t.Errorf("read %q, %+v; written %+v", content, f, w)
	}
	again, err := r.write("src/deep/a.go", "package b", Condition{Match: `"other", ` + w.ETag})
	r.ok(err)
	if again.Created || again.ETag == w.ETag {
		t.Errorf("written again: %+v", again)
	}
	r.noParts()
}

func TestPermissionsAreKept(t *testing.T) {
	r := newRig(t)
	r.put("run.sh", "#!/bin/sh")
	r.ok(os.Chmod(r.at("run.sh"), 0o751))
	_, err := r.write("run.sh", "#!/bin/bash", Condition{})
	r.ok(err)
	if info, err := os.Stat(r.at("run.sh")); err != nil || info.Mode().Perm() != 0o751 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestConditions(t *testing.T) {
	r := newRig(t)
	r.put("a", "1")
	_, f := r.read("a")
	for _, c := range []struct {
		what string
		path string
		Condition
		met bool
	}{
		{"its ETag", "a", Condition{Match: f.ETag}, true},
		{"another", "a", Condition{Match: `"x"`}, false},
		{"a weak one", "a", Condition{Match: "W/" + f.ETag}, false},
		{"any", "a", Condition{Match: "*"}, true},
		{"none", "a", Condition{Absent: true}, false},
		{"none, and there is none", "b", Condition{Absent: true}, true},
		{"any, and there is none", "c", Condition{Match: "*"}, false},
		{"one, and there is none", "d", Condition{Match: f.ETag}, false},
	} {
		_, now, err := r.current(c.path)
		r.ok(err)
		_, err = r.write(c.path, "1", c.Condition)
		var changed *ChangedError
		switch {
		case c.met && err != nil:
			t.Errorf("%s: %v", c.what, err)
		case !c.met && (!errors.As(err, &changed) || changed.ETag != now):
			t.Errorf("%s: %v, ETag now %s", c.what, err, now)
		}
		if c.path == "a" {
			r.put("a", "1")
			_, g := r.read("a")
			f.ETag = g.ETag
		}
	}
	if err := r.Delete("a", Condition{Match: `"x"`}); err == nil {
		t.Error("deleted in spite of its condition")
	}
	r.ok(r.Delete("a", Condition{Match: f.ETag}))
	r.noParts()
}

// TestOfManyWritersOneWins is what If-Match is for.
func TestOfManyWritersOneWins(t *testing.T) {
	r := newRig(t)
	r.put("real/a", "start")
	r.link("real", "link")
	for round := range 20 {
		_, f := r.read("real/a")
		var won atomic.Int32
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				name := []string{"real/a", "link/a"}[i%2]
				_, err := r.write(name, fmt.Sprint("round ", round, " writer ", i), Condition{Match: f.ETag})
				var changed *ChangedError
				switch {
				case err == nil:
					won.Add(1)
				case !errors.As(err, &changed):
					t.Error(err)
				}
			})
		}
		all.Wait()
		if won.Load() != 1 {
			t.Fatalf("%d writers won", won.Load())
		}
	}
	for round := range 20 {
		name := fmt.Sprint("new", round)
		var won atomic.Int32
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				if _, err := r.write(name, "x", Condition{Absent: true}); err == nil {
					won.Add(1)
				}
			})
		}
		all.Wait()
		if won.Load() != 1 {
			t.Fatalf("%d writers have made it", won.Load())
		}
	}
	r.noParts()
}

// TestAChangeInTheSameTickIsNoticed writes behind the server's back, to the same size, as soon as the server
// has told an ETag.
func TestAChangeInTheSameTickIsNoticed(t *testing.T) {
	r := newRig(t)
	for i := range 100 {
		w, err := r.write("a", "server's ", Condition{})
		r.ok(err)
		overwrite(t, r.at("a"), "agent's  ")
		if _, err := r.write("a", "server's!", Condition{Match: w.ETag}); err == nil {
			t.Fatalf("round %d: an agent's change after a write was lost", i)
		}
		_, f := r.read("a")
		overwrite(t, r.at("a"), "agent's 2")
		if _, err := r.write("a", "server's!", Condition{Match: f.ETag}); err == nil {
			t.Fatalf("round %d: an agent's change after a read was lost", i)
		}
	}
}

// overwrite changes a file where it is.
func overwrite(t *testing.T, path, content string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err == nil {
		_, err = f.WriteString(content)
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestAFileThatChangesAllTheTimeHasNoETagThatHolds(t *testing.T) {
	r := newRig(t)
	r.put("log", "")
	// A time in the future never settles, as that of a file which is written all the time does not.
	future := time.Now().Add(time.Hour)
	r.ok(os.Chtimes(r.at("log"), future, future))
	_, f := r.read("log")
	if _, err := r.write("log", "mine", Condition{Match: f.ETag}); err == nil {
		t.Error("an ETag of a changing file was taken for good")
	}
}

func TestWhatFailsLeavesEverythingAsItWas(t *testing.T) {
	r := newRig(t)
	r.put("a", "old")
	broken := errors.New("the line broke")
	for _, p := range []string{"a", "b", "new/folder/c"} {
		body := io.MultiReader(strings.NewReader("half of it"), iotest.ErrReader(broken))
		if _, err := r.Write(p, body, -1, Condition{}); !errors.Is(err, broken) {
			t.Errorf("%s: %v", p, err)
		}
	}
	r.has("a", "old")
	if l, err := r.List(within(t), "."); err != nil || len(l.Entries) != 1 {
		t.Errorf("there are %v, %v", l, err)
	}
	r.noParts()
}

func TestFullDisk(t *testing.T) {
	r := newRig(t)
	r.put("a", "old")
	room := int64(reserve + 10<<20)
	r.set.free = func(string) (int64, error) { return room, nil }
	_, err := r.Write("a", strings.NewReader("x"), 20<<20, Condition{})
	r.fails(err, ErrFull, "a size that does not fit")
	// Of unknown size: the disk fills while it comes.
	filling := io.TeeReader(io.LimitReader(zeros{}, 50<<20), eat{&room})
	_, err = r.Write("a", filling, -1, Condition{})
	r.fails(err, ErrFull, "a disk that fills")
	r.has("a", "old")
	r.noParts()
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { return len(b), nil }

// eat takes what is written from what is free.
type eat struct{ room *int64 }

func (e eat) Write(b []byte) (int, error) {
	*e.room -= int64(len(b))
	return len(b), nil
}

func TestLeftoversOfACrashAreRemoved(t *testing.T) {
	r := newRig(t)
	r.put("src/a", "old")
	// What a crash leaves: a part, its note, a spooled archive; and a note that somebody has tampered with.
	part, err := r.newPart("src")
	r.ok(err)
	r.put(part.path, "half of it")
	folder, err := r.newPart(".")
	r.ok(err)
	r.put(folder.path+"/1", "unpacked")
	notes := filepath.Join(r.dir, notesFolder)
	r.ok(os.WriteFile(filepath.Join(notes, "X.zip"), []byte("PK"), 0o600))
	for i, text := range []string{"shop/src/a", "shop/../../outside/secret", "../outside/" + PartPrefix, "", "shop", "shop/" + PartPrefix + "/../src/a", strings.Repeat("x", 10_000)} {
		r.ok(os.WriteFile(filepath.Join(notes, fmt.Sprint(PartPrefix, i)), []byte(text), 0o600))
	}
	r.reopen()
	r.has("src/a", "old")
	r.safe()
	if all, err := r.set.List(); err != nil || len(all) != 1 {
		t.Errorf("workspaces: %v, %v", all, err)
	}
}

func TestAPartWithoutANoteIsRemovedWhenItIsSeen(t *testing.T) {
	r := newRig(t)
	r.put("src/"+PartPrefix+"lost", "half of it")
	r.put(PartPrefix+"lost", "half of it")
	live, err := r.newPart(".")
	r.ok(err)
	r.put(live.path, "being written")
	l, err := r.List(within(t), ".")
	r.ok(err)
	if len(l.Entries) != 1 {
		t.Errorf("listed: %v", l.Entries)
	}
	_, _, err = r.Paths(within(t), "", 10)
	r.ok(err)
	r.has(live.path, "being written")
	live.discard()
	r.noParts()
}

func TestWhatIsNoFileIsNotWrittenOver(t *testing.T) {
	r := newRig(t)
	r.ok(os.Mkdir(r.at("folder"), 0o700))
	r.put("file", "x")
	_, err := r.write("folder", "x", Condition{})
	r.fails(err, ErrIsFolder, "a folder")
	_, err = r.write("file/a", "x", Condition{})
	r.fails(err, ErrNotFolder, "below a file")
	_, err = r.Open("folder")
	r.fails(err, ErrIsFolder, "reading a folder")
	_, err = r.Open("none")
	r.fails(err, ErrNoFile, "reading nothing")
	_, err = r.List(within(t), "file")
	r.fails(err, ErrNotFolder, "listing a file")
	r.noParts()
}

func TestMoves(t *testing.T) {
	r := newRig(t)
	r.put("a", "a")
	r.put("b", "b")
	r.put("folder/c", "c")
	r.fails(r.Move("a", "b", false), ErrFileExists, "onto a file")
	r.fails(r.Move("a", "folder", true), ErrFileExists, "onto a folder")
	r.fails(r.Move("folder", "a", true), ErrFileExists, "a folder onto a file")
	r.fails(r.Move("none", "x/y", false), ErrNoFile, "nothing")
	r.fails(r.Move("folder", "folder/in/it", false), ErrInto, "into itself")
	r.fails(r.Move(".", "x", false), ErrPath, "all")
	r.fails(r.Move("a", "b/c", false), ErrNotFolder, "below a file")
	r.ok(r.Move("a", "new/deep/a", false))
	r.has("new/deep/a", "a")
	r.ok(r.Move("new/deep/a", "b", true))
	r.has("b", "a")
	r.ok(r.Move("folder", "other", false))
	r.has("other/c", "c")
	r.ok(r.Move("b", "b", true))
	r.has("b", "a")
	r.ok(os.Link(r.at("b"), r.at("link")))
	r.fails(r.Move("link", "b", false), ErrFileExists, "a hard link onto its like")
	r.ok(r.Move("link", "b", true))
	r.has("b", "a")
	r.fails(r.Move("link", "c", false), ErrNoFile, "a hard link that was moved")
	if _, err := os.Stat(r.at("x")); err == nil {
		t.Error("a folder was made for nothing")
	}
	r.fails(r.MakeFolder("b"), ErrFileExists, "a folder where a file is")
	r.fails(r.MakeFolder("other"), ErrFileExists, "a folder that is there")
	r.ok(r.MakeFolder("p/q/r"))
	r.ok(r.Delete("p", Condition{}))
	r.fails(r.Delete("p", Condition{}), ErrNoFile, "deleting what is gone")
	r.fails(r.Delete(".", Condition{}), ErrPath, "deleting all")
	r.noParts()
}

// TestAFolderThatIsMovedDuringAnUpload is told as such, and leaves nothing.
func TestAFolderThatIsMovedDuringAnUpload(t *testing.T) {
	r := newRig(t)
	r.put("a/x", "x")
	half, rest := io.Pipe()
	failed := make(chan error)
	go func() {
		_, err := r.Write("a/new", half, -1, Condition{})
		failed <- err
	}()
	_, err := rest.Write([]byte("half of it"))
	r.ok(err)
	r.ok(r.Move("a", "b", false))
	r.ok(rest.Close())
	r.fails(<-failed, ErrMoved, "the upload")
	r.ok(r.walkAll())
	r.noParts()
}

func BenchmarkUpload(b *testing.B) {
	const size = 256 << 20
	r := newRig(b)
	b.Run("Write", func(b *testing.B) {
		b.SetBytes(size)
		for b.Loop() {
			if _, err := r.Write("big", io.LimitReader(zeros{}, size), size, Condition{}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("plain", func(b *testing.B) { // what a plain copy with fsync does on this disk
		b.SetBytes(size)
		for b.Loop() {
			f, err := os.Create(r.at("plain"))
			if err == nil {
				_, err = io.CopyBuffer(onlyWriter{f}, io.LimitReader(zeros{}, size), make([]byte, copySize))
				err = errors.Join(err, f.Sync(), f.Close())
			}
			if err != nil {
				b.Fatal(err)
			}
		}
	})
}

type onlyWriter struct{ io.Writer }
