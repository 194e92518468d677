package workspace

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"
)

// Times of a lookout.
const (
	gather  = 100 * time.Millisecond // from the first change to telling
	rescan  = time.Second            // at least, between looks at everything
	blindly = 5 * time.Second        // between resyncs, while not everything can be watched
)

// lookout watches a workspace for those who follow it. One goroutine does it all but joining and leaving.
type lookout struct {
	name   string
	budget *budget
	open   func() (notifier, error)
	poke   chan struct{} // the workspace was made or deleted
	quit   chan struct{}
	gone   chan struct{}

	mu       sync.Mutex
	watchers map[*Watcher]bool
	watches  bool // what is there is watched: a newcomer can be told so

	// Of the goroutine.
	files   *Files
	system  notifier          // nil when the system has none for us
	folders map[string]*rules // watched folder -> its rules
	partial bool              // there are folders that cannot be watched
	stale   bool              // everything has to be looked at: something was missed, or the rules have changed
	looked  time.Time         // when everything was looked at
	changes pending
	timer   *time.Timer // until the changes are told; nil when there are none
}

// newLookout begins to watch for a first one.
func newLookout(f *Files, b *budget, open func() (notifier, error), first *Watcher) *lookout {
	l := &lookout{name: f.Name, files: f, budget: b, open: open, poke: make(chan struct{}, 1), quit: make(chan struct{}), gone: make(chan struct{}),
		watchers: map[*Watcher]bool{first: true}, folders: map[string]*rules{}}
	go l.run()
	return l
}

func (l *lookout) join(w *Watcher) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.watchers[w] = true
	if l.watches {
		go w.tell(l.name, nil, true) // our caller holds its lock
	}
}

// leave reports that nobody is left.
func (l *lookout) leave(w *Watcher) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.watchers, w)
	return len(l.watchers) == 0
}

// stop ends the watch, and waits until nothing of it is left.
func (l *lookout) stop() {
	close(l.quit)
	<-l.gone
}

func (l *lookout) run() {
	defer close(l.gone)
	defer l.release()
	l.begin()
	resync := time.NewTicker(blindly)
	defer resync.Stop()
	var events <-chan fsnotify.Event
	var lost <-chan struct{}
	if l.system != nil {
		events, lost = l.system.events(), l.system.lost()
	}
	for {
		var due <-chan time.Time
		if l.timer != nil {
			due = l.timer.C
		}
		select {
		case e, open := <-events:
			if !open {
				events = nil
				continue
			}
			l.happened(e)
		case <-lost:
			l.stale = true
			l.resync()
		case <-due:
			l.tell()
		case <-l.poke:
			l.follow()
		case <-resync.C:
			l.follow() // it may have been done behind our back
			if l.partial {
				l.resync()
			}
		case <-l.quit:
			return
		}
	}
}

// begin watches what is there, and says so.
func (l *lookout) begin() {
	system, err := l.open()
	if err != nil {
		l.partial = true
	} else {
		l.system = system
	}
	l.look()
	l.mu.Lock()
	l.watches = true
	l.mu.Unlock()
}

func (l *lookout) release() {
	if l.timer != nil {
		l.timer.Stop()
	}
	if l.system != nil {
		l.system.close()
	}
	l.budget.giveBack(len(l.folders))
	_ = l.files.Close()
}

// look watches everything anew, and tells all to do the same.
func (l *lookout) look() {
	l.forget(".")
	l.stale, l.partial, l.looked = false, l.system == nil, time.Now()
	l.add(".", nil, false)
	l.resync()
}

// follow notices that the workspace was deleted, and perhaps made again. The system does not tell of it as
// long as we have the folder open.
func (l *lookout) follow() {
	ours, err := l.files.root.Stat(".")
	now, nowErr := l.files.set.look(l.name)
	switch {
	case err == nil && nowErr == nil && os.SameFile(ours, now):
		return
	case nowErr != nil && l.folders["."] == nil:
		return // it is known
	case nowErr != nil:
		l.forget(".")
		l.resync()
		return
	}
	if files, err := l.files.set.Files(l.name); err == nil {
		_ = l.files.Close()
		l.files = files
		l.look()
	}
}

// note takes down a change, which is told with others soon.
func (l *lookout) note(p string, kind ChangeKind) {
	l.changes.add(map[string]ChangeKind{p: kind}, false)
	l.wind(gather)
}

// resync has everything looked at again by those who watch.
func (l *lookout) resync() {
	l.changes.add(nil, true)
	l.wind(gather)
}

func (l *lookout) wind(d time.Duration) {
	if l.timer == nil {
		l.timer = time.NewTimer(d)
	}
}

// tell passes the changes on.
func (l *lookout) tell() {
	l.timer = nil
	if l.stale {
		if wait := rescan - time.Since(l.looked); wait > 0 {
			l.wind(wait)
			return
		}
		l.look()
		l.timer.Stop()
		l.timer = nil
	}
	c := l.changes
	l.changes = pending{}
	l.mu.Lock()
	watchers := slices.Collect(maps.Keys(l.watchers))
	l.mu.Unlock()
	for _, w := range watchers {
		w.tell(l.name, c.changes, c.resync)
	}
}

// add watches a folder and those in it, those near the top first. What is in a new folder is reported: it
// may have come before the watch.
func (l *lookout) add(folder string, above *rules, isNew bool) {
	type level struct {
		path  string
		above *rules
	}
	for todo := []level{{folder, above}}; len(todo) > 0; todo = todo[1:] {
		at := todo[0]
		if !l.watch(at.path, at.above) {
			continue
		}
		r := l.folders[at.path]
		entries, more := l.files.names(at.path)
		if more {
			l.resync()
		}
		for _, d := range entries {
			p := joined(at.path, d.Name())
			if isNew && l.matters(p) {
				l.note(p, Created)
			}
			if d.IsDir() && l.watchable(p, r) {
				todo = append(todo, level{p, r})
			}
		}
	}
}

// watch watches a single folder, if it is one and there is room.
func (l *lookout) watch(folder string, above *rules) bool {
	if l.folders[folder] != nil || l.system == nil {
		return false
	}
	inside, err := l.files.root.Lstat(filepath.FromSlash(folder))
	if err != nil || !inside.IsDir() {
		return false
	}
	if len(l.folders) >= maxWatched || !l.budget.take() {
		l.partial = true
		return false
	}
	path := l.path(folder)
	if err := l.system.add(path); err != nil {
		l.budget.giveBack(1)
		l.partial = l.partial || !os.IsNotExist(err)
		return false
	}
	// The name may have led elsewhere meanwhile, by a link in its place or in that of a folder above it.
	if there, err := os.Stat(path); err != nil || !os.SameFile(there, inside) {
		l.system.remove(path)
		l.budget.giveBack(1)
		return false
	}
	l.folders[folder] = l.files.rulesIn(folder, above)
	return true
}

func (l *lookout) path(folder string) string {
	return filepath.Join(l.files.Path, filepath.FromSlash(folder))
}

// forget stops watching a folder and those in it.
func (l *lookout) forget(folder string) {
	if l.folders[folder] == nil { // nor are those in it
		return
	}
	for p := range l.folders {
		if folder == "." || p == folder || strings.HasPrefix(p, folder+"/") {
			delete(l.folders, p)
			l.system.remove(l.path(p))
			l.budget.giveBack(1)
		}
	}
}

// watchable says whether what happens in a folder is of interest: not in those that tools fill.
func (l *lookout) watchable(p string, r *rules) bool {
	name := p[strings.LastIndexByte(p, '/')+1:]
	switch {
	case p == ".git", p == ".git/refs", strings.HasPrefix(p, ".git/refs/"):
		return true
	case name == ".git", name == "node_modules", strings.HasPrefix(p, ".git/"):
		return false
	}
	return !r.ignores(p, true)
}

// matters says whether a change of a path is told: of git's own files only those that say what is checked
// out, staged and where branches are.
func (l *lookout) matters(p string) bool {
	if strings.HasPrefix(p[strings.LastIndexByte(p, '/')+1:], PartPrefix) {
		return false
	}
	inside, isGit := strings.CutPrefix(p, ".git/")
	if !isGit {
		return true
	}
	switch inside {
	case "HEAD", "index", "packed-refs", "MERGE_HEAD", "REBASE_HEAD", "CHERRY_PICK_HEAD":
		return true
	}
	return strings.HasPrefix(inside, "refs/") && !strings.HasSuffix(inside, ".lock")
}

// happened takes in what the system tells.
func (l *lookout) happened(e fsnotify.Event) {
	rel, err := filepath.Rel(l.files.Path, e.Name)
	if err != nil || e.Name == "" {
		return
	}
	p := filepath.ToSlash(rel)
	if p == "." {
		l.follow() // what happens to the folder itself may be its end
		return
	}
	if check(p) != nil {
		return
	}
	switch {
	case e.Has(fsnotify.Remove), e.Has(fsnotify.Rename):
		l.forget(p)
		l.tellOf(p, Removed)
	case e.Has(fsnotify.Create):
		l.forget(p) // another folder of this name
		l.tellOf(p, Created)
		l.appeared(p)
	case e.Has(fsnotify.Write):
		l.tellOf(p, Changed)
	}
}

func (l *lookout) tellOf(p string, kind ChangeKind) {
	if !l.matters(p) {
		return
	}
	l.note(p, kind)
	switch p[strings.LastIndexByte(p, '/')+1:] {
	case ".gitignore", ".ignore":
		l.stale = true
	}
}

// appeared watches what is a new folder.
func (l *lookout) appeared(p string) {
	folder := "."
	if i := strings.LastIndexByte(p, '/'); i >= 0 {
		folder = p[:i]
	}
	r, watched := l.folders[folder]
	if watched && l.watchable(p, r) {
		l.add(p, r, true)
	}
}
