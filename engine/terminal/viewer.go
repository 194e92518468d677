package terminal

import (
	"errors"
	"os"
	"slices"
	"time"
	"unicode/utf8"
)

// Window is the most bytes that a viewer is sent beyond what it has drawn.
const Window = 512 << 10

// maxNotices bounds the notices that a viewer has not been told.
const maxNotices = 8

// Viewer is somebody who looks at a terminal. Next and Write have one caller each; the other methods may be
// called from any goroutine.
type Viewer struct {
	terminal *Terminal
	c        chan struct{}
	express  func() bool // nil for none
	start    Start

	// Guarded by the terminal's mu.
	sent    int64     // offset of the next byte to be sent
	drawn   int64     // offset of the first byte that was not drawn yet
	moved   time.Time // when drawn last advanced, or had nothing to advance to
	size    Size      // as told
	typing  bool      // in Write
	notices []string
	told    bool  // the exit
	gone    error // why it was detached
}

// Start is where a viewer begins.
type Start struct {
	Offset int64 // of the first byte that follows, never in the middle of a rune
	Size   Size
	Lost   int64 // bytes between what was asked for and Offset
}

// Oldest as an offset asks for as many lines as are kept for new viewers.
const Oldest = -1

// Attach begins to look at a terminal from an offset on.
//
// express may be nil. It is called instead of C receiving when the program has said little after a pause, and the
// viewer has drawn all but a few KB of what it was sent, so that sending the rest does not have to wait for it. It
// reports false when somebody is at it already. Nobody else reads the program meanwhile.
func (t *Terminal) Attach(from int64, express func() bool) (*Viewer, error) {
	t.mu.Lock()
	if t.mu.gone != nil {
		defer t.mu.Unlock()
		return nil, t.mu.gone
	}
	v := &Viewer{terminal: t, c: make(chan struct{}, 1), express: express, moved: time.Now(), size: t.mu.size}
	v.start = Start{Size: v.size}
	v.start.Offset, v.start.Lost = t.mu.record.place(from)
	v.sent, v.drawn = v.start.Offset, v.start.Offset
	v.wake()
	t.mu.viewers = append(t.mu.viewers, v)
	t.mu.Unlock()
	t.tellWatched()
	return v, nil
}

// place says where one who asks for an offset begins, and how much he misses.
func (r *record) place(asked int64) (offset, lost int64) {
	offset = min(asked, r.end())
	if asked < 0 {
		offset = r.lines.start()
	}
	if offset <= r.first {
		offset = r.first
		if offset > 0 {
			offset += int64(stray(r.peek(offset, utf8.UTFMax-1)))
		}
		if asked < 0 {
			return offset, 0
		}
		return offset, max(0, offset-asked)
	}
	before := min(utf8.UTFMax-1, offset-r.first)
	around := r.peek(offset-before, int(before)+1)
	if len(around) <= int(before) {
		return offset, 0 // there is nothing yet to be in the middle of
	}
	return offset - int64(within(around[:before], around[before:])), 0
}

// Start is where the viewer begins.
func (v *Viewer) Start() Start { return v.start }

// C receives when Next may have something.
func (v *Viewer) C() <-chan struct{} { return v.c }

func (v *Viewer) wake() {
	select {
	case v.c <- struct{}{}:
	default: // it will look anyway
	}
}

// Kind is a sort of Event.
type Kind int

// The kinds of events.
const (
	Output  Kind = iota // N bytes
	Resized             // by another viewer
	Noticed             // Text
	Exited              // the last one
	Gone                // Err says why; nothing follows
)

// Event is something that a viewer is to be told.
type Event struct {
	Kind Kind
	N    int
	Size Size
	Text string
	Exit Exit
	Err  error
}

// Next is what the viewer is to be told next; false when that is nothing before C receives. Output is put into
// buf, which has room for a rune at least, and ends where one does.
func (v *Viewer) Next(buf []byte) (Event, bool) {
	t := v.terminal
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case v.gone != nil:
		return Event{Kind: Gone, Err: v.gone}, true
	case len(v.notices) > 0:
		text := v.notices[0]
		v.notices = v.notices[1:]
		return Event{Kind: Noticed, Text: text}, true
	case v.size != t.mu.size:
		v.size = t.mu.size
		return Event{Kind: Resized, Size: v.size}, true
	}
	n, err := v.readLocked(buf)
	switch {
	case err != nil:
		t.detachLocked(v, err)
		return Event{Kind: Gone, Err: err}, true
	case n > 0:
		return Event{Kind: Output, N: n}, true
	case t.mu.exit != nil && v.sent == t.mu.record.end() && !v.told:
		v.told = true
		return Event{Kind: Exited, Exit: *t.mu.exit}, true
	}
	return Event{}, false
}

// readLocked reads as much as the viewer may be sent.
func (v *Viewer) readLocked(buf []byte) (int, error) {
	r := &v.terminal.mu.record
	n := int(min(int64(len(buf)), v.drawn+Window-v.sent, r.end()-v.sent))
	if n <= 0 {
		return 0, nil
	}
	if err := v.copyLocked(buf[:n]); err != nil {
		return 0, err
	}
	if last := v.sent+int64(n) == r.end() && v.terminal.mu.exit != nil; !last {
		n = whole(buf[:n])
	}
	v.sent += int64(n)
	return n, nil
}

// copyLocked reads what comes next, from the file and from memory. While a file is read the lock is let go of:
// what an attached viewer has not drawn does not leave the record, but it may move from memory to the file.
func (v *Viewer) copyLocked(buf []byte) error {
	t, r := v.terminal, &v.terminal.mu.record
	at := v.sent
	for len(buf) > 0 {
		f := r.inFile(at, len(buf))
		if f == 0 {
			r.readTail(buf, at)
			return nil
		}
		file := r.file
		t.mu.Unlock()
		err := r.readFile(file, buf[:f], at)
		t.mu.Lock()
		if err = errors.Join(v.gone, err); err != nil {
			return err
		}
		buf, at = buf[f:], at+int64(f)
	}
	return nil
}

// Ack says that n more bytes were drawn.
func (v *Viewer) Ack(n int64) {
	t := v.terminal
	t.mu.Lock()
	defer t.mu.Unlock()
	if n <= 0 {
		return
	}
	v.drawn = min(v.sent, v.drawn+min(n, Window))
	v.moved = time.Now()
	v.wake()
	t.makeRoomLocked()
}

// Resize tells the program of another size.
func (v *Viewer) Resize(size Size) error { return v.terminal.Resize(v, size) }

// Write gives the program input, and waits until the system has taken it, or the viewer is detached.
func (v *Viewer) Write(b []byte) (n int, err error) {
	if err := v.beginTyping(); err != nil {
		return 0, err
	}
	defer v.endTyping()
	for n < len(b) && err == nil {
		var m int
		m, err = v.terminal.console.Write(b[n:])
		n += m
		if errors.Is(err, os.ErrDeadlineExceeded) { // set by detachLocked
			err = v.afterDeadline()
		}
	}
	return n, err
}

func (v *Viewer) beginTyping() error {
	t := v.terminal
	t.mu.Lock()
	defer t.mu.Unlock()
	if v.gone != nil {
		return v.gone
	}
	v.typing = true
	t.makeRoomLocked()
	return nil
}

func (v *Viewer) endTyping() {
	v.terminal.mu.Lock()
	defer v.terminal.mu.Unlock()
	v.typing = false
	if v.gone != nil {
		_ = v.terminal.console.SetWriteDeadline(time.Time{})
	}
}

// afterDeadline lets a viewer go on that was cut short when another was detached.
func (v *Viewer) afterDeadline() error {
	v.terminal.mu.Lock()
	defer v.terminal.mu.Unlock()
	if v.gone == nil {
		_ = v.terminal.console.SetWriteDeadline(time.Time{})
	}
	return v.gone
}

// Close ends the viewer. It may be called twice.
func (v *Viewer) Close() {
	t := v.terminal
	t.mu.Lock()
	t.detachLocked(v, errDetached)
	t.mu.Unlock()
	t.tellWatched()
}

var errDetached = errors.New("this viewer has left")

// detachLocked lets a viewer go, who is told why.
func (t *Terminal) detachLocked(v *Viewer, why error) {
	if v.gone != nil {
		return
	}
	v.gone = why
	t.mu.viewers = slices.DeleteFunc(t.mu.viewers, func(other *Viewer) bool { return other == v })
	if v.typing {
		_ = t.console.SetWriteDeadline(time.Unix(1, 0))
	}
	v.wake()
	t.makeRoomLocked()
}

// tellWatched tells whether anybody looks, when that has changed.
func (t *Terminal) tellWatched() {
	t.telling.Lock()
	defer t.telling.Unlock()
	t.mu.Lock()
	watched := len(t.mu.viewers) > 0
	t.mu.Unlock()
	if watched != t.watched {
		t.watched = watched
		t.hooks.Watched(t, watched)
	}
}
