package workspace

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fsnotify/fsnotify"
)

// fakeSystem tells what a test has it tell.
type fakeSystem struct {
	told    chan fsnotify.Event
	trouble chan struct{}
	watched map[string]bool
	full    int // so many folders, and no more
}

func newFakeSystem() *fakeSystem {
	return &fakeSystem{told: make(chan fsnotify.Event), trouble: make(chan struct{}, 1), watched: map[string]bool{}, full: 1 << 20}
}

func (s *fakeSystem) open() (notifier, error) { return s, nil }

func (s *fakeSystem) add(folder string) error {
	if len(s.watched) >= s.full {
		return errors.New("no more")
	}
	s.watched[folder] = true
	return nil
}
func (s *fakeSystem) remove(folder string)          { delete(s.watched, folder) }
func (s *fakeSystem) events() <-chan fsnotify.Event { return s.told }
func (s *fakeSystem) lost() <-chan struct{}         { return s.trouble }
func (s *fakeSystem) close()                        {}

// fakeWatch is a workspace that is watched in a bubble of synctest, where time is its own.
type fakeWatch struct {
	*rig
	system  *fakeSystem
	watcher *Watcher
	lookout *lookout
}

func (r *rig) fakeWatch(system *fakeSystem) *fakeWatch {
	w := &fakeWatch{rig: r, system: system, watcher: r.set.Watch()}
	w.watcher.mu.followed["shop"] = &pending{}
	files, err := r.set.Files("shop")
	r.ok(err)
	w.lookout = newLookout(files, &budget{}, system.open, w.watcher)
	return w
}

func (w *fakeWatch) tell(op fsnotify.Op, p string) {
	w.system.told <- fsnotify.Event{Name: w.at(p), Op: op}
	synctest.Wait()
}

// next waits until something is told, and says after how long.
func (w *fakeWatch) next() (Changes, time.Duration) {
	w.t.Helper()
	begin := time.Now()
	select {
	case <-w.watcher.C:
	case <-time.After(deadMan):
		w.t.Fatal("nothing is told")
	}
	all := w.watcher.Take()
	if len(all) != 1 {
		w.t.Fatalf("told: %+v", all)
	}
	return all[0], time.Since(begin)
}

// begins waits for the first resync.
func (w *fakeWatch) begins() {
	w.t.Helper()
	if c, _ := w.next(); !c.Resync {
		w.t.Fatalf("the first is %+v", c)
	}
}

func words(c Changes) string {
	var list []string
	for _, one := range c.Changes {
		list = append(list, fmt.Sprint(one.Kind, " ", one.Path))
	}
	if c.Resync {
		list = append(list, "resync")
	}
	return strings.Join(list, ", ")
}

func TestChangesAreGathered(t *testing.T) {
	r := newRig(t)
	r.put("src/a", "")
	r.put("src/b", "")
	synctest.Test(t, func(t *testing.T) {
		w := r.fakeWatch(newFakeSystem())
		defer w.lookout.stop()
		w.begins()
		w.tell(fsnotify.Create, "src/a")
		time.Sleep(40 * time.Millisecond)
		w.tell(fsnotify.Write, "src/a")
		w.tell(fsnotify.Chmod, "src/c")
		w.tell(fsnotify.Remove, "src/b")
		w.tell(fsnotify.Create, "src/b")
		w.tell(fsnotify.Create, "gone")
		w.tell(fsnotify.Rename, "gone")
		w.tell(fsnotify.Write, PartPrefix+"x")
		c, after := w.next()
		if words(c) != "removed gone, created src/a, changed src/b" || after != gather-40*time.Millisecond {
			t.Errorf("%s after %v", words(c), after)
		}
		w.tell(fsnotify.Write, "src/a")
		if c, after := w.next(); words(c) != "changed src/a" || after != gather {
			t.Errorf("%s after %v", words(c), after)
		}
	})
}

func TestTooManyChangesAreAResync(t *testing.T) {
	r := newRig(t)
	synctest.Test(t, func(t *testing.T) {
		w := r.fakeWatch(newFakeSystem())
		defer w.lookout.stop()
		w.begins()
		for i := range maxChanges + 1 {
			w.tell(fsnotify.Write, fmt.Sprint(i))
		}
		if c, _ := w.next(); words(c) != "resync" {
			t.Errorf("%.100s", words(c))
		}
		// And so are few, when they are not taken and become many.
		for round := range 4 {
			for i := range maxChanges / 3 {
				w.tell(fsnotify.Write, fmt.Sprint(round, "-", i))
			}
			time.Sleep(2 * gather)
		}
		if c, _ := w.next(); words(c) != "resync" {
			t.Errorf("%.100s", words(c))
		}
	})
}

func TestLostEventsAreAResync(t *testing.T) {
	r := newRig(t)
	synctest.Test(t, func(t *testing.T) {
		w := r.fakeWatch(newFakeSystem())
		defer w.lookout.stop()
		w.begins()
		r.put("new/deep/a", "")
		w.system.trouble <- struct{}{}
		c, after := w.next()
		if words(c) != "resync" || after > rescan {
			t.Errorf("%s after %v", words(c), after)
		}
		if !w.system.watched[w.at("new/deep")] {
			t.Error("what was missed is not watched")
		}
		// Not more than once a second, however much is lost.
		for range 5 {
			begin := w.lookout.looked
			w.system.trouble <- struct{}{}
			w.next()
			if pause := w.lookout.looked.Sub(begin); pause < rescan {
				t.Errorf("everything was looked at after %v", pause)
			}
		}
	})
}

func TestWhatCannotBeWatchedIsLookedAtAllTheTime(t *testing.T) {
	r := newRig(t)
	for i := range 10 {
		r.put(fmt.Sprint(i, "/a"), "")
	}
	synctest.Test(t, func(t *testing.T) {
		system := newFakeSystem()
		system.full = 5
		w := r.fakeWatch(system)
		defer w.lookout.stop()
		w.begins()
		for range 3 {
			if c, after := w.next(); words(c) != "resync" || after > blindly+gather {
				t.Errorf("%s after %v", words(c), after)
			}
		}
		if w.lookout.budget.used != 5 {
			t.Errorf("%d folders are paid for", w.lookout.budget.used)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		w := &fakeWatch{rig: r, watcher: r.set.Watch()}
		w.watcher.mu.followed["shop"] = &pending{}
		files, err := r.set.Files("shop")
		r.ok(err)
		w.lookout = newLookout(files, &budget{}, func() (notifier, error) { return nil, errors.New("none left") }, w.watcher)
		defer w.lookout.stop()
		w.begins()
		if c, _ := w.next(); words(c) != "resync" {
			t.Errorf("%s", words(c))
		}
	})
}

func TestTheBudgetIsKept(t *testing.T) {
	r := newRig(t)
	for i := range 5 {
		r.put(fmt.Sprint(i, "/a"), "")
	}
	synctest.Test(t, func(t *testing.T) {
		b := &budget{used: maxWatchedAll - 3}
		system := newFakeSystem()
		w := &fakeWatch{rig: r, system: system, watcher: r.set.Watch()}
		w.watcher.mu.followed["shop"] = &pending{}
		files, err := r.set.Files("shop")
		r.ok(err)
		w.lookout = newLookout(files, b, system.open, w.watcher)
		w.begins()
		if len(system.watched) != 3 || b.used != maxWatchedAll {
			t.Errorf("%d folders are watched, %d in all", len(system.watched), b.used)
		}
		w.lookout.stop()
		if b.used != maxWatchedAll-3 {
			t.Errorf("%d folders are still paid for", b.used-maxWatchedAll+3)
		}
	})
}

func TestWhatIsWatched(t *testing.T) {
	r := newRig(t)
	for _, p := range []string{"src/deep/a", "node_modules/x/a", "src/node_modules/x", "build/a", "kept/build/a", ".git/objects/aa/bb", ".git/refs/heads/main", ".git/logs/HEAD", "sub/.git/HEAD", "sub/a"} {
		r.put(p, "")
	}
	r.put(".gitignore", "/build\n")
	r.link("../../outside", "link")
	synctest.Test(t, func(t *testing.T) {
		w := r.fakeWatch(newFakeSystem())
		defer w.lookout.stop()
		w.begins()
		var watched []string
		for p := range w.system.watched {
			rel, _ := filepath.Rel(w.Path, p)
			watched = append(watched, rel)
		}
		slices.Sort(watched)
		want := []string{".", ".git", ".git/refs", ".git/refs/heads", "kept", "kept/build", "src", "src/deep", "sub"}
		if !slices.Equal(watched, want) {
			t.Errorf("watched are %q", watched)
		}
		for _, p := range []string{".git/index.lock", ".git/HEAD.lock", ".git/COMMIT_EDITMSG", ".git/index", ".git/HEAD", ".git/refs/heads/main.lock", ".git/refs/heads/main", ".git/packed-refs"} {
			w.tell(fsnotify.Write, p)
		}
		if c, _ := w.next(); words(c) != "changed .git/HEAD, changed .git/index, changed .git/packed-refs, changed .git/refs/heads/main" {
			t.Errorf("of git is told: %s", words(c))
		}
		// The rules change.
		r.put(".gitignore", "/src\n")
		w.tell(fsnotify.Write, ".gitignore")
		c, _ := w.next()
		if !c.Resync || w.system.watched[w.at("src")] || !w.system.watched[w.at("build")] {
			t.Errorf("after the rules have changed: %s, watched %q", words(c), slices.Sorted(maps.Keys(w.system.watched)))
		}
	})
}

// TestWatch watches for real.
func TestWatch(t *testing.T) {
	r := newRig(t)
	r.put("src/a", "1")
	w := r.set.Watch()
	defer w.Close()
	r.ok(w.Follow("shop"))
	r.ok(w.Follow("shop"))
	if c := await(t, w, func(c Changes) bool { return c.Resync }); c.Workspace != "shop" {
		t.Errorf("%+v", c)
	}
	r.put("src/a", "2")
	await(t, w, telling("changed src/a"))
	_, err := r.write("src/a", "3", Condition{})
	r.ok(err)
	await(t, w, telling("created src/a"))
	// Folders that come with something in them, by making and by moving, and go.
	r.put("new/deep/er/b", "")
	await(t, w, telling("created new", "created new/deep/er/b"))
	r.put("new/deep/er/c", "")
	await(t, w, telling("created new/deep/er/c"))
	r.ok(r.Move("new/deep", "moved", false))
	await(t, w, telling("removed new/deep", "created moved/er/c"))
	r.put("moved/er/c", "x")
	await(t, w, telling("changed moved/er/c"))
	r.ok(os.RemoveAll(r.at("moved")))
	await(t, w, telling("removed moved"))
	// The workspace goes, and comes again.
	r.ok(r.set.Delete("shop"))
	await(t, w, func(c Changes) bool { return c.Resync })
	_, err = r.set.Create("shop")
	r.ok(err)
	r.put("again", "")
	await(t, w, func(c Changes) bool { return c.Resync })
	r.put("again", "x")
	await(t, w, telling("changed again"))
}

// telling waits for some changes, among others.
func telling(all ...string) func(Changes) bool {
	seen := map[string]bool{}
	return func(c Changes) bool {
		for _, one := range c.Changes {
			seen[fmt.Sprint(one.Kind, " ", one.Path)] = true
		}
		return !slices.ContainsFunc(all, func(s string) bool { return !seen[s] })
	}
}

func await(t *testing.T, w *Watcher, done func(Changes) bool) Changes {
	t.Helper()
	dead := time.After(deadMan)
	var seen []string
	for {
		select {
		case <-w.C:
		case <-dead:
			t.Fatalf("it is not told; what is: %q", seen)
		}
		for _, c := range w.Take() {
			seen = append(seen, words(c))
			if done(c) {
				return c
			}
		}
	}
}

func TestAWatcherFollowsOnlySoMuch(t *testing.T) {
	r := newRig(t)
	w := r.set.Watch()
	defer w.Close()
	for i := range maxFollowed + 1 {
		name := fmt.Sprint("w", i)
		_, err := r.set.Create(name)
		r.ok(err)
		if err := w.Follow(name); (i >= maxFollowed) != errors.Is(err, ErrFollowed) {
			t.Errorf("number %d: %v", i+1, err)
		}
	}
	w.Unfollow("w0")
	r.ok(w.Follow("shop"))
	w.Unfollow("w1")
	r.fails(w.Follow("none"), ErrNotFound, "what is not there")
	r.fails(w.Follow("../x"), ErrNotFound, "what cannot be")
}

// TestNothingIsLeftOfAWatch counts goroutines and open files.
func TestNothingIsLeftOfAWatch(t *testing.T) {
	r := newRig(t)
	r.put("a/b/c", "")
	use := func() {
		for range 5 {
			var all []*Watcher
			for range 3 {
				w := r.set.Watch()
				r.ok(w.Follow("shop"))
				all = append(all, w)
			}
			await(t, all[0], func(c Changes) bool { return c.Resync })
			for _, w := range all {
				w.Close()
				w.Close()
			}
		}
	}
	before := runtime.NumGoroutine()
	use()
	files := openFiles()
	use()
	if now := goroutines(before); now > before {
		buf := make([]byte, 1<<20)
		t.Errorf("%d goroutines, before %d\n%s", now, before, buf[:runtime.Stack(buf, true)])
	}
	if now := openFiles(); now > files {
		t.Errorf("%d open files, before %d", now, files)
	}
	if used := r.set.watching.budget.used; used != 0 || len(r.set.watching.lookouts) != 0 {
		t.Errorf("%d folders are still paid for by %d lookouts", used, len(r.set.watching.lookouts))
	}
}

// goroutines is how many there are, once no more than so many are left or it takes too long.
func goroutines(most int) int {
	for begin := time.Now(); runtime.NumGoroutine() > most && time.Since(begin) < deadMan; {
		runtime.Gosched()
	}
	return runtime.NumGoroutine()
}

// openFiles is how many there are; 0 where that is not known.
func openFiles() int {
	entries, _ := os.ReadDir("/proc/self/fd")
	return len(entries)
}
