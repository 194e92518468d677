package terminal

import (
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"coder1/engine/process"
)

// TestMain lets the test binary be the guard and the launcher of the terminals under test.
func TestMain(m *testing.M) {
	if process.GuardMain() {
		return
	}
	os.Exit(m.Run())
}

// deadMan is how long a test waits for something that should come at once.
const deadMan = time.Minute

// stage is a console and a program in one: the test says what the program says, and when it ends.
type stage struct {
	*io.PipeReader
	says *io.PipeWriter
	done chan struct{}

	mu      sync.Mutex
	exit    process.Exit
	size    Size
	typed   strings.Builder
	blocked chan struct{} // input waits until this is closed; nil for not at all
	expired chan struct{} // closed by a deadline for writing
}

func newStage() *stage {
	r, w := io.Pipe()
	return &stage{PipeReader: r, says: w, done: make(chan struct{}), expired: make(chan struct{})}
}

func (s *stage) say(b []byte) { _, _ = s.says.Write(b) }

// end ends the program.
func (s *stage) end(e process.Exit) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.done:
	default:
		s.exit = e
		close(s.done)
		s.says.Close()
	}
}

func (s *stage) Write(b []byte) (int, error) {
	s.mu.Lock()
	blocked, expired := s.blocked, s.expired
	s.mu.Unlock()
	if blocked != nil {
		select {
		case <-blocked:
		case <-expired:
			return 0, os.ErrDeadlineExceeded
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.typed.Write(b)
	return len(b), nil
}

func (s *stage) SetReadDeadline(time.Time) error { return nil }

func (s *stage) SetWriteDeadline(at time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at.IsZero() {
		s.expired = make(chan struct{})
	} else {
		close(s.expired)
	}
	return nil
}

func (s *stage) Resize(size Size) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.size = size
	return nil
}

func (s *stage) Foreground() int                       { return 0 }
func (s *stage) Done() <-chan struct{}                 { return s.done }
func (s *stage) Exit() process.Exit                    { return s.exit }
func (s *stage) Stop(time.Duration)                    { s.end(process.Exit{Code: -1, Signal: syscall.SIGHUP}) }
func (s *stage) Kill()                                 { s.end(process.Exit{Code: -1, Signal: syscall.SIGKILL}) }
func (s *stage) KillRest() bool                        { return false }
func (s *stage) FreezeNow()                            {}
func (s *stage) ThawNow()                              {}
func (s *stage) SignalGroup(int, syscall.Signal) error { return nil }

// quiet are hooks that do nothing.
var quiet = Hooks{Changed: func() {}, Watched: func(*Terminal, bool) {}, Exited: func(*Terminal) {}, Failed: func(string, error) {}}

// play is a terminal on a stage. The size of its record's file may be set before anything is said.
func play(t testing.TB, room int64) (*Terminal, *stage) {
	t.Helper()
	s := newStage()
	term := newTerminal(Spec{ID: "t", Number: 1, Command: []string{"sh"}, Size: Size{80, 24}, lines: 50_000}, s, s,
		filepath.Join(t.TempDir(), "past"), quiet)
	if room > 0 {
		term.mu.record.room = room
	}
	go term.live()
	t.Cleanup(func() {
		term.close(ErrClosed)
		<-term.over
		if err := term.remove(); err != nil {
			t.Error(err)
		}
	})
	return term, s
}

// attach begins to look.
func attach(t testing.TB, term *Terminal, from int64) *Viewer {
	t.Helper()
	v, err := term.Attach(from, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(v.Close)
	return v
}

// next waits for an event that is of a kind, and fails for another.
func next(t testing.TB, v *Viewer, kind Kind, buf []byte) Event {
	t.Helper()
	dead := time.After(deadMan)
	for {
		if e, ok := v.Next(buf); ok {
			if e.Kind != kind {
				t.Fatalf("%+v came, and not kind %d", e, kind)
			}
			return e
		}
		select {
		case <-v.C():
		case <-dead:
			t.Fatalf("an event of kind %d never came", kind)
		}
	}
}

// read reads and draws until n bytes have come.
func read(t testing.TB, v *Viewer, n int) []byte {
	t.Helper()
	var all []byte
	buf := make([]byte, 64<<10)
	for len(all) < n {
		e := next(t, v, Output, buf)
		all = append(all, buf[:e.N]...)
		v.Ack(int64(e.N))
	}
	return all
}

// nothing fails when there is something for a viewer.
func nothing(t testing.TB, v *Viewer) {
	t.Helper()
	if e, ok := v.Next(make([]byte, 64<<10)); ok {
		t.Fatalf("%+v came, and nothing should", e)
	}
}

// letters are n bytes that tell their place.
func letters(from int64, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		at := from + int64(i)
		b[i] = byte('a' + (at+at/26+at/677)%26)
	}
	return b
}

// leaks fails the test when it leaves goroutines or descriptors behind.
func leaks(t testing.TB) {
	t.Helper()
	goroutines, files := runtime.NumGoroutine(), descriptors(t)
	t.Cleanup(func() {
		for deadline := time.Now().Add(deadMan); ; time.Sleep(10 * time.Millisecond) {
			g, f := runtime.NumGoroutine(), descriptors(t)
			if g <= goroutines && f <= files {
				return
			}
			if time.Now().After(deadline) {
				stacks := make([]byte, 1<<20)
				t.Fatalf("%d goroutines and %d descriptors were left behind:\n%s", g-goroutines, f-files, stacks[:runtime.Stack(stacks, true)])
			}
		}
	})
}

func descriptors(t testing.TB) int {
	t.Helper()
	if runtime.GOOS != "linux" {
		return 0
	}
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(files)
}

func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(deadMan); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("never: " + what)
		}
	}
}
