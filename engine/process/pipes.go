package process

import (
	"io"
	"os"
	"sync"
	"time"
)

// pipes are a program's standard streams: our end and the program's end of each. With a terminal, our ends
// are nil: a nil file answers everything with an error.
type pipes struct{ in, out, err pipe }

type pipe struct{ ours, theirs *os.File }

func (p *pipes) open(tty *os.File) (err error) {
	if tty != nil {
		p.in.theirs, p.out.theirs, p.err.theirs = tty, tty, tty
		return nil
	}
	if p.in.theirs, p.in.ours, err = os.Pipe(); err != nil {
		return err
	}
	if p.out.ours, p.out.theirs, err = os.Pipe(); err != nil {
		p.closeAll()
		return err
	}
	if p.err.ours, p.err.theirs, err = os.Pipe(); err != nil {
		p.closeAll()
	}
	return err
}

func (p *pipes) closeTheirs() {
	for _, f := range []*os.File{p.in.theirs, p.out.theirs, p.err.theirs} {
		f.Close()
	}
}

func (p *pipes) closeOurs() {
	for _, f := range []*os.File{p.in.ours, p.out.ours, p.err.ours} {
		f.Close()
	}
}

func (p *pipes) closeAll() {
	p.closeOurs()
	p.closeTheirs()
}

// output is a program's standard output. It closes itself at its end, so that a reader who reads to the
// end owes nothing more.
type output struct{ file *os.File }

func (o *output) Read(b []byte) (int, error) {
	n, err := o.file.Read(b)
	if err != nil {
		o.file.Close()
		return n, io.EOF
	}
	return n, nil
}

// tailSize bounds what is kept of standard error.
const tailSize = 4 << 10

// tail reads a stream to its end and keeps the last of it.
type tail struct {
	file *os.File
	over chan struct{}

	mu struct {
		sync.Mutex
		kept []byte
	}
}

func newTail(f *os.File) *tail {
	t := &tail{file: f, over: make(chan struct{})}
	go t.follow()
	return t
}

func (t *tail) follow() {
	defer close(t.over)
	defer t.file.Close()
	_, _ = io.Copy(t, t.file) // its end, of whatever kind, is the end
}

// Write keeps the end of b.
func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := len(b)
	b = b[max(0, n-tailSize):]
	keep := t.mu.kept[max(0, len(t.mu.kept)+len(b)-tailSize):]
	t.mu.kept = append(append(make([]byte, 0, tailSize), keep...), b...)
	return n, nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.mu.kept)
}

// finish waits until all of the stream was read. The writers are dead by now, unless one handed its end to
// a process of somebody else, for which we do not wait.
func (t *tail) finish() {
	_ = t.file.SetReadDeadline(time.Now().Add(time.Second))
	<-t.over
}
