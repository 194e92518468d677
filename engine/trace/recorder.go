package trace

import (
	"crypto/rand"
	"encoding/hex"
	"io"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"coder1/engine/governor"
)

// Recorder is the flight recorder. Step, Wants and Begin are for the one goroutine that owns the governor:
// they write into memory that is there already and never wait for the disk. What does not fit is counted, and
// the recording goes on from the next Begin. All other methods may be called from any goroutine.
type Recorder struct {
	run   string
	build string
	now   func() time.Time

	nudge   chan struct{} // the buffer is filling up
	quit    chan struct{}
	writing sync.WaitGroup
	closing sync.Once

	mu struct { // held for no longer than it takes to copy a few lines
		sync.Mutex
		encoder *Encoder
		fill    *buffer // being filled
		spare   *buffer // nil while it is being written
		live    bool    // there was a head, and nothing was lost since
		wants   bool    // a head
		lost    int     // steps since it is not live any more
	}
	desk   desk
	status atomic.Pointer[Status] // as of the last flush
}

// Options say how a Recorder is opened.
type Options struct {
	Dir   string // where recordings are kept; made when it is not there
	Build string // version of the program
	Log   *slog.Logger
	Now   func() time.Time // the wall clock; nil for the system's
	Bytes int64            // the most that all recordings may take on disk; 0 for DefaultBytes
}

// DefaultBytes is more than a day of two agents that never rest, and almost a week of an idle server.
const DefaultBytes = 8 << 20

// bufferBytes is what may be recorded between two visits of the writer. A second of samples every five
// milliseconds, each with a dozen groups, is 20 KB.
const bufferBytes = 64 << 10

// buffer is lines on their way to the disk.
type buffer struct {
	lines []byte
	steps int
	head  []byte    // of a new stretch, nil for none
	at    int       // so many bytes of lines come before it
	time  time.Time // of the head
	lost  int       // steps that the head counts as lost
}

// flushEvery is how much a kill may lose.
const flushEvery = time.Second

// Open begins to record. It does not fail: what keeps it from recording is in its Status, and is tried again.
func Open(o Options) *Recorder {
	r := &Recorder{run: random(4), build: o.Build, now: o.Now, nudge: make(chan struct{}, 1), quit: make(chan struct{})}
	if r.now == nil {
		r.now = time.Now
	}
	if o.Bytes == 0 {
		o.Bytes = DefaultBytes
	}
	r.mu.encoder, r.mu.wants = NewEncoder(random(16)), true
	r.mu.fill, r.mu.spare = newBuffer(), newBuffer()
	r.desk.dir, r.desk.most, r.desk.log, r.desk.now = o.Dir, o.Bytes, o.Log, r.now
	r.writing.Go(r.write)
	return r
}

func newBuffer() *buffer { return &buffer{lines: make([]byte, 0, bufferBytes)} }

func random(bytes int) string {
	b := make([]byte, bytes)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

// Wants reports whether the recording needs a Begin, to go on or to begin a new file.
func (r *Recorder) Wants() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.mu.wants && r.mu.fill.head == nil && len(r.mu.fill.lines) < bufferBytes/2
}

// Begin records all that the governor knows, so that a reader can go on from here.
func (r *Recorder) Begin(at time.Duration, settings governor.Config, state governor.Snapshot) {
	h := Head{Trace: FormatVersion, Run: r.run, Build: r.build, Platform: runtime.GOOS + "/" + runtime.GOARCH,
		Time: r.now(), At: at, Settings: settings, State: state}
	r.mu.Lock()
	defer r.mu.Unlock()
	b := r.mu.fill
	if b.head != nil {
		return // two at once are one too many
	}
	h.Lost = r.mu.lost
	b.head, b.at, b.time, b.lost = r.mu.encoder.AppendHead(nil, h), len(b.lines), h.Time, h.Lost
	r.mu.live, r.mu.wants, r.mu.lost = true, false, 0
}

// Step records an input of the governor and what it decided.
func (r *Recorder) Step(at time.Duration, ev governor.Event, out []governor.Decision) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.mu.live {
		r.mu.lost++
		return
	}
	b := r.mu.fill
	lines := r.mu.encoder.AppendStep(b.lines, at, ev, out)
	if len(lines) > bufferBytes {
		r.lose(1)
		return
	}
	b.lines = lines
	b.steps++
	if len(lines) > bufferBytes/2 {
		select {
		case r.nudge <- struct{}{}:
		default: // the writer is on its way
		}
	}
}

// lose notes that steps are missing; the recording stands still until there is a new head.
func (r *Recorder) lose(steps int) {
	r.mu.live, r.mu.wants = false, true
	r.mu.lost += steps
}

// write takes what was recorded to the disk, once a second and when there is much.
func (r *Recorder) write() {
	r.desk.mend()
	ticker := time.NewTicker(flushEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-r.nudge:
		case <-r.quit:
			return
		}
		r.Flush()
	}
}

// Flush takes what was recorded so far to the disk.
func (r *Recorder) Flush() {
	r.desk.mu.Lock()
	defer r.desk.mu.Unlock()
	r.flush()
}

func (r *Recorder) flush() {
	r.mu.Lock()
	b := r.mu.fill
	if len(b.lines) > 0 || b.head != nil {
		r.mu.fill, r.mu.spare = r.mu.spare, nil
	} else {
		b = nil
	}
	r.mu.Unlock()
	lost := false
	if b != nil {
		lost = !r.desk.put(b)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if lost {
		r.mu.live = false
		r.mu.lost += b.steps + b.lost
	}
	if b != nil {
		*b = buffer{lines: b.lines[:0]}
		r.mu.spare = b
	}
	r.mu.wants = r.mu.wants && !lost || r.desk.wants()
	r.status.Store(&Status{Bytes: r.desk.older + r.desk.size, Since: r.desk.since, Problem: r.desk.problem})
}

// Status is how the recorder is.
type Status struct {
	Bytes   int64     // that recordings take on disk
	Since   time.Time // they go back to; zero when there are none
	Problem string    // why nothing is recorded at the moment, "" when it is
}

// Status returns how the recorder was at its last visit to the disk. It does not wait.
func (r *Recorder) Status() Status {
	if s := r.status.Load(); s != nil {
		return *s
	}
	return Status{}
}

// Copy writes the recordings since a time, or a little more, to w: a file as Load reads it. The zero time
// stands for all there is.
func (r *Recorder) Copy(w io.Writer, since time.Time) error {
	r.desk.mu.Lock()
	r.flush()
	parts, err := r.desk.parts(since)
	r.desk.mu.Unlock()
	if err != nil {
		return err
	}
	for _, p := range parts {
		if err := p.copy(w); err != nil {
			return err
		}
	}
	return nil
}

// Close writes down that the server was stopped, and ends the recording.
func (r *Recorder) Close() error {
	var err error
	r.closing.Do(func() {
		close(r.quit)
		r.writing.Wait()
		r.desk.mu.Lock()
		defer r.desk.mu.Unlock()
		r.flush()
		err = r.desk.finish(Closed)
	})
	return err
}
