package process

import (
	"bytes"
	"os"
	"os/signal"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// A reaper collects orphaned descendants that were given to us as children when they end. Children that
// somebody in this program has started and will wait for are left alone.
type reaper struct {
	// pidfds: Go holds a descriptor for every child until it was waited for, so that whose is held is not
	// ours to collect. Without (kernels before 5.4), orphans are told by being in another session.
	pidfds  bool
	session int
	spared  func(pid int) bool // not to be collected yet

	collecting sync.Mutex
	died       chan os.Signal
	stop, over chan struct{}
}

// Pauses between looks: after a look, so that a burst of deaths costs one; and before children that were
// not ours to collect are looked at again.
const (
	reapPause = 50 * time.Millisecond
	reapAgain = time.Second
)

// open starts the reaper. known is a child that was started the usual way.
func (r *reaper) open(known int) {
	r.pidfds = held()[known]
	self, _ := look(os.Getpid())
	r.session = self.session
	r.died, r.stop, r.over = make(chan os.Signal, 1), make(chan struct{}), make(chan struct{})
	signal.Notify(r.died, unix.SIGCHLD)
	go r.serve()
}

func (r *reaper) close() {
	signal.Stop(r.died)
	close(r.stop)
	<-r.over
}

func (r *reaper) serve() {
	defer close(r.over)
	for {
		var again <-chan time.Time
		if r.collect() > 0 {
			again = time.After(reapAgain)
		}
		select {
		case <-time.After(reapPause):
		case <-r.stop:
			return
		}
		select {
		case <-r.died:
		case <-again:
		case <-r.stop:
			return
		}
	}
}

// collect collects dead orphans, and returns how many dead children it left to others.
func (r *reaper) collect() (left int) {
	r.collecting.Lock()
	defer r.collecting.Unlock()
	dead := deadChildren()
	if len(dead) == 0 {
		return 0
	}
	// In this order: whoever started one of the dead holds it still, or has collected it by now.
	waitedFor := held()
	for _, e := range dead {
		if r.spared(e.pid) {
			continue
		}
		if r.orphan(e, waitedFor) {
			_, _ = unix.Wait4(e.pid, nil, unix.WNOHANG, nil)
		} else {
			left++
		}
	}
	return left
}

func (r *reaper) orphan(e entry, held map[int]bool) bool {
	if r.pidfds {
		return !held[e.pid]
	}
	return e.session != r.session && e.session != e.pid
}

func deadChildren() []entry {
	all, _ := snapshot()
	var dead []entry
	for _, e := range all {
		if e.parent == os.Getpid() && e.state == 'Z' {
			dead = append(dead, e)
		}
	}
	return dead
}

// held are the processes that somebody in this program holds a descriptor of.
func held() map[int]bool {
	const dir = "/proc/self/fdinfo/"
	pids := map[int]bool{}
	files, _ := os.ReadDir(dir)
	for _, f := range files {
		info, _ := os.ReadFile(dir + f.Name()) // closed meanwhile: not held
		if _, after, ok := bytes.Cut(info, []byte("\nPid:")); ok {
			line, _, _ := bytes.Cut(after, []byte("\n"))
			if pid, err := strconv.Atoi(string(bytes.TrimSpace(line))); err == nil {
				pids[pid] = true
			}
		}
	}
	return pids
}
