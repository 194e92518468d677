// Package terminal runs programs in pseudo-terminals that outlive whoever looks at them.
//
// What a program says goes into the terminal's record: the newest bytes in memory, older ones in a file of
// bounded size. Any number of viewers read the record, each at its own pace, and every byte has an offset, so
// that one who was away goes on where he stopped.
//
// Nothing in between grows. A viewer has at most Window bytes on the way that it has not drawn. The program is
// read no faster than the fastest viewer draws, and never so far that a byte would leave the record which an
// attached viewer has not drawn: then the program waits, as at a real terminal. A viewer that stands still
// while it holds others up is let go after stallPatience. With nobody attached the program runs on, and what
// the record cannot hold is gone.
//
//	set.go      all terminals of an engine: start, find, delete
//	terminal.go one of them, from its start to its end
//	viewer.go   somebody who looks at it
//	record.go   what it has said; lines.go where its lines begin; runes.go where runes do
//	shell.go    which shell, in which environment
//	console_*.go the system's pseudo-terminals
package terminal

import (
	"cmp"
	"errors"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"coder1/engine/process"
)

// Bounds of a terminal.
const (
	readSize = 4 << 10 // the most that Linux hands out of a pseudo-terminal at once
	// ahead is how far the program may be ahead of the fastest viewer: enough to keep him busy, and little
	// enough for an interrupt to show at once.
	ahead = 1 << 20
	// stallPatience is how long a viewer may stand still while others wait for it.
	stallPatience = 30 * time.Second
	// hangUpGrace is how long a program may take to end when its terminal is deleted.
	hangUpGrace = 3 * time.Second
	// drainPatience bounds the wait for what others still hold open when all of the program is gone.
	drainPatience = time.Second
	// closedPause is how often a program that has closed its terminal is asked whether it opened it again.
	closedPause = 250 * time.Millisecond
)

// Size is a terminal's, in characters.
type Size struct{ Cols, Rows int }

// MaxSize is the largest number of columns and of rows.
const MaxSize = 1000

// Valid reports whether a terminal can have the size.
func (s Size) Valid() bool {
	return s.Cols >= 1 && s.Cols <= MaxSize && s.Rows >= 1 && s.Rows <= MaxSize
}

// Exit says how a terminal's program ended.
type Exit struct {
	Code   int    // −1 when a signal ended it
	Signal string // such as "KILL", "" for none
	Reason string // in words, when it was somebody's decision
}

// Info is a picture of a terminal.
type Info struct {
	ID        string
	Number    int // for people
	Workspace string
	Title     string
	Command   []string
	Size      Size
	Created   time.Time
	Exit      *Exit // nil while the program runs
	Offset    int64 // bytes said so far
	First     int64 // offset of the oldest byte that is kept
	Viewers   int
}

// Errors that callers tell apart.
var (
	ErrNotFound = errors.New("there is no such terminal; it may have been deleted")
	ErrExited   = errors.New("the terminal's program has ended")
	ErrSize     = errors.New("cols and rows must be between 1 and 1000")
	ErrSignal   = errors.New("signal must be INT, TERM, HUP, QUIT, KILL, TSTP or CONT")
	ErrNothing  = errors.New("nothing runs in the terminal's foreground")
	ErrForeign  = errors.New("what runs in the terminal's foreground belongs to another user")
	ErrDeleted  = errors.New("the terminal was deleted")
	ErrClosed   = errors.New("the server is shutting down")
	// ErrSlow means that a viewer stood still while others waited for it. It may come back with its offset.
	ErrSlow = errors.New("too slow, come back with your offset")
)

// program is the tree of a terminal: a process.Process, or a test's.
type program interface {
	Done() <-chan struct{}
	Exit() process.Exit
	Stop(grace time.Duration)
	Kill()
	KillRest() bool
	FreezeNow()
	ThawNow()
	SignalGroup(group int, sig syscall.Signal) error
}

// Terminal is a program in a pseudo-terminal, and what it has said. Methods may be called from any goroutine.
type Terminal struct {
	// Given at construction, constant.
	id        string
	number    int
	workspace string
	command   []string
	made      string // title of one that was given none
	created   time.Time
	console   console
	program   program
	hooks     Hooks
	over      chan struct{} // closed when the program is gone and all that it said is in the record

	disk sync.Mutex // held while the record's file is written; taken before mu

	// telling is held while Hooks.Watched is called, so that calls are in order. Taken before mu.
	telling sync.Mutex
	watched bool // as told; guarded by telling

	// mu is never held while something waits for a disk, a program or a viewer.
	mu struct {
		sync.Mutex
		title   string
		size    Size
		record  record
		viewers []*Viewer
		express []*Viewer     // to be told at once
		said    time.Time     // when the program last said something
		gone    error         // why nobody can attach any more
		reason  string        // why the program is being ended
		exit    *Exit         // how it ended
		waiting int           // who waits for room in the record
		room    chan struct{} // closed and replaced when there may be some
		lossy   bool          // it was said that the past could not be kept
	}
}

func newTerminal(spec Spec, c console, p program, file string, hooks Hooks) *Terminal {
	t := &Terminal{
		id: spec.ID, number: spec.Number, workspace: spec.Workspace, command: spec.Command, made: spec.made, created: time.Now(),
		console: c, program: p, hooks: hooks, over: make(chan struct{}),
	}
	t.mu.title, t.mu.size, t.mu.room = cmp.Or(strings.TrimSpace(spec.Title), spec.made), spec.Size, make(chan struct{})
	t.mu.record = record{path: file, room: fileSize}
	t.mu.record.lines.keep = spec.lines
	return t
}

// ID names the terminal for ever.
func (t *Terminal) ID() string { return t.id }

// Number names the terminal for people.
func (t *Terminal) Number() int { return t.number }

// Over is closed when the program is gone and all that it said is in the record.
func (t *Terminal) Over() <-chan struct{} { return t.over }

// Info takes a picture.
func (t *Terminal) Info() Info {
	t.mu.Lock()
	defer t.mu.Unlock()
	return Info{
		ID: t.id, Number: t.number, Workspace: t.workspace, Title: t.mu.title, Command: t.command, Size: t.mu.size,
		Created: t.created, Exit: t.mu.exit, Offset: t.mu.record.end(), First: t.mu.record.first, Viewers: len(t.mu.viewers),
	}
}

// Rename gives the terminal another title; an empty one is what it had when it was started without one.
func (t *Terminal) Rename(title string) error {
	if err := checkTitle(title); err != nil {
		return err
	}
	t.mu.Lock()
	t.mu.title = cmp.Or(strings.TrimSpace(title), t.made)
	t.mu.Unlock()
	t.hooks.Changed()
	return nil
}

// live accompanies the program to its end.
func (t *Terminal) live() {
	go func() {
		<-t.program.Done()
		_ = t.console.SetReadDeadline(time.Now()) // whoever waits for more looks up
		t.mu.Lock()
		t.makeRoomLocked() // what is left of its output needs no brake
		t.mu.Unlock()
	}()
	t.pump()
	t.finish()
}

// pump takes in what the program says until it can say nothing more. When it is gone, what it said last is still
// to be read; and somebody else may have the terminal open, who is not waited for.
func (t *Terminal) pump() {
	buf := make([]byte, readSize)
	for {
		gone, until := t.ended(), time.Now().Add(drainPatience)
		if gone {
			_ = t.console.SetReadDeadline(until)
		}
		n, err := t.console.Read(buf)
		t.take(buf[:n])
		switch {
		case err == nil:
		case gone && (!errors.Is(err, os.ErrDeadlineExceeded) || !time.Now().Before(until)):
			return
		case !gone: // nobody has it open, which may change as long as the program lives
			select {
			case <-t.program.Done():
			case <-time.After(closedPause):
			}
		}
	}
}

func (t *Terminal) ended() bool {
	select {
	case <-t.program.Done():
		return true
	default:
		return false
	}
}

// finish closes the books on the program.
func (t *Terminal) finish() {
	exit := exitOf(t.program.Exit())
	t.mu.Lock()
	exit.Reason = t.mu.reason
	t.mu.Unlock()
	if exit.Reason != "" {
		t.remark(exit.Reason)
	}
	_ = t.console.Close()
	t.mu.Lock()
	t.mu.exit = &exit
	t.wakeLocked()
	much := cap(t.mu.record.tail) > readSize
	t.mu.Unlock()
	close(t.over)
	if much {
		_ = t.spill(0) // what has exited is read rarely; if this fails, it is still in memory
	}
	t.hooks.Exited(t)
	t.hooks.Changed()
}

func exitOf(e process.Exit) Exit {
	if e.Signal == 0 {
		return Exit{Code: e.Code}
	}
	return Exit{Code: -1, Signal: signalName(e.Signal)}
}

// remark adds a line of ours to what the program said.
func (t *Terminal) remark(text string) {
	t.take([]byte("\r\n\x1b[0;33m[" + text + "]\x1b[0m\r\n"))
}

// take adds to the record, which waits as the package comment says.
func (t *Terminal) take(b []byte) {
	if len(b) == 0 {
		return
	}
	for {
		verdict, room := t.tryTake(b)
		switch verdict {
		case taken:
			t.expressly()
			return
		case full:
			if t.spill(tailSize/2) == nil {
				continue
			}
		}
		t.awaitRoom(room)
	}
}

// What became of an attempt to add to the record.
type verdict int

const (
	taken verdict = iota
	full          // memory is; some of it can go to the file
	held          // somebody has to draw first
)

func (t *Terminal) tryTake(b []byte) (verdict, <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := &t.mu.record
	switch {
	case t.pacedLocked(len(b)):
		return held, t.mu.room
	case len(r.tail)+len(b) <= tailSize:
		t.addLocked(b)
		return taken, nil
	case r.spilled+tailSize/2-r.room > t.slowestLocked():
		return held, t.mu.room
	default:
		return full, t.mu.room
	}
}

// addLocked adds to the record, and has the viewers told.
func (t *Terminal) addLocked(b []byte) {
	r, now := &t.mu.record, time.Now()
	calm := now.Sub(t.mu.said) >= burst
	t.mu.said = now
	for _, v := range t.mu.viewers {
		if v.drawn == r.end() {
			v.moved = now
		}
		if calm && v.express != nil && v.sent == r.end() && v.sent+int64(len(b))-v.drawn <= little {
			t.mu.express = append(t.mu.express, v)
		} else {
			v.wake()
		}
	}
	r.add(b)
}

// What is said expressly: after a pause, and to viewers that have drawn all but little. It goes out from the
// goroutine that reads the program, which saves the way to another one: a keystroke's echo, for example.
const (
	burst  = time.Millisecond
	little = 8 << 10
)

// expressly tells viewers at once what was just said, if that is called for.
func (t *Terminal) expressly() {
	t.mu.Lock()
	all := t.mu.express
	t.mu.express = nil
	t.mu.Unlock()
	for _, v := range all {
		if !v.express() {
			v.wake()
		}
	}
}

// pacedLocked reports whether the program is far enough ahead of whoever draws fastest. One whose own input
// waits for the program cannot be waited for: what he has drawn is told behind it.
func (t *Terminal) pacedLocked(more int) bool {
	if len(t.mu.viewers) == 0 || t.ended() {
		return false
	}
	var fastest int64
	for _, v := range t.mu.viewers {
		if v.typing {
			return false
		}
		fastest = max(fastest, v.drawn)
	}
	return t.mu.record.end()+int64(more)-fastest > ahead
}

// slowestLocked is how far all viewers have drawn; the record's end when there are none.
func (t *Terminal) slowestLocked() int64 {
	slowest := t.mu.record.end()
	for _, v := range t.mu.viewers {
		slowest = min(slowest, v.drawn)
	}
	return slowest
}

// spill moves the older part of what is in memory into the file, all but keep bytes. When that fails, what
// nobody attached needs is forgotten instead; else the error is returned, and there is nothing to do but to wait.
func (t *Terminal) spill(keep int) error {
	t.disk.Lock()
	defer t.disk.Unlock()
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.mu.record.beginSpill(keep, t.slowestLocked()) {
		return nil
	}
	if t.mu.gone != nil { // nobody will ask for it
		return t.mu.record.forget(t.mu.record.end(), nil)
	}
	t.mu.Unlock()
	err := t.mu.record.write()
	t.mu.Lock()
	if err == nil {
		t.mu.record.endSpill()
		return nil
	}
	if !t.mu.lossy {
		t.mu.lossy = true
		t.noticeLocked("The past of this terminal cannot be kept on disk: " + plain(err))
	}
	return t.mu.record.forget(t.slowestLocked(), err)
}

// plain is what is wrong with a file without its path.
func plain(err error) string {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return errno.Error()
	}
	return err.Error()
}

// awaitRoom waits until there may be room. Who stands still while others could go on is let go.
func (t *Terminal) awaitRoom(room <-chan struct{}) {
	t.mu.Lock()
	t.mu.waiting++
	patience := t.letGoLocked(time.Now())
	again := room != t.mu.room
	t.mu.Unlock()
	defer func() {
		t.mu.Lock()
		t.mu.waiting--
		t.mu.Unlock()
	}()
	t.tellWatched()
	if again {
		return
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-room:
	case <-timer.C:
	}
}

// letGoLocked detaches viewers that others have waited for long enough, and returns when to look again.
func (t *Terminal) letGoLocked(now time.Time) time.Duration {
	next := stallPatience
	for _, v := range slices.Clone(t.mu.viewers) {
		switch left := stallPatience - now.Sub(v.moved); {
		case len(t.mu.viewers) < 2 || v.drawn > t.slowestLocked():
		case left > 0:
			next = min(next, left)
		default:
			t.detachLocked(v, ErrSlow)
		}
	}
	return next
}

// makeRoomLocked wakes those who wait for room.
func (t *Terminal) makeRoomLocked() {
	if t.mu.waiting > 0 {
		close(t.mu.room)
		t.mu.room = make(chan struct{})
	}
}

func (t *Terminal) wakeLocked() {
	for _, v := range t.mu.viewers {
		v.wake()
	}
}

// Resize tells the program of another size, and the viewers but the one who wanted it, which may be nil.
func (t *Terminal) Resize(by *Viewer, size Size) error {
	if !size.Valid() {
		return ErrSize
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if by != nil {
		by.size = size
	}
	if t.mu.size == size || t.mu.exit != nil {
		return nil
	}
	t.mu.size = size
	t.wakeLocked()
	return t.console.Resize(size)
}

// Signal sends one of the signals that ErrSignal lists to what runs in the foreground.
func (t *Terminal) Signal(name string) error {
	sig, known := signals[name]
	switch {
	case !known:
		return ErrSignal
	case t.ended():
		return ErrExited
	}
	switch err := t.program.SignalGroup(t.console.Foreground(), sig); {
	case err == nil:
		return nil
	case errors.Is(err, os.ErrPermission):
		return ErrForeign
	default:
		return ErrNothing
	}
}

// Notice tells those who look at the terminal now.
func (t *Terminal) Notice(text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.noticeLocked(text)
}

func (t *Terminal) noticeLocked(text string) {
	for _, v := range t.mu.viewers {
		v.notices = append(v.notices[max(0, len(v.notices)+1-maxNotices):], text)
		v.wake()
	}
}

// FreezeNow stops all that runs in the terminal where it stands. It does not wait.
func (t *Terminal) FreezeNow() { t.program.FreezeNow() }

// ThawNow lets it go on. It does not wait.
func (t *Terminal) ThawNow() { t.program.ThawNow() }

// End ends what the terminal's program runs; where that is nothing, the program itself. Why is shown in the
// terminal. It reports whether the program goes on, once the rest is gone.
func (t *Terminal) End(why string) (goesOn bool) {
	if t.program.KillRest() {
		go t.remark(why) // it may have to wait for who looks
		return true
	}
	t.mu.Lock()
	t.mu.reason = why
	t.mu.Unlock()
	t.program.Kill()
	return false
}

// Trim bounds the lines that a new viewer is given; 0 leaves that as it is, and moves what is kept in memory to
// disk. It returns the bytes of memory that were given back.
func (t *Terminal) Trim(lines int) (freed int64) {
	t.mu.Lock()
	before := cap(t.mu.record.tail)
	if lines > 0 {
		t.mu.record.lines.keep = lines
	}
	t.mu.Unlock()
	if lines > 0 || t.spill(0) != nil {
		return 0
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return int64(before - cap(t.mu.record.tail))
}

// refuse lets all viewers go, and none come any more.
func (t *Terminal) refuse(why error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.mu.gone == nil {
		t.mu.gone = why
	}
	for _, v := range slices.Clone(t.mu.viewers) {
		t.detachLocked(v, why)
	}
	t.makeRoomLocked()
}

// close lets all viewers go and hangs up. It does not wait.
func (t *Terminal) close(why error) {
	t.refuse(why)
	if !t.ended() {
		t.program.Stop(hangUpGrace)
	}
}

// remove gives the record's file back. The program is gone, and so are all viewers.
func (t *Terminal) remove() error {
	t.disk.Lock()
	defer t.disk.Unlock()
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.mu.record.remove()
}
