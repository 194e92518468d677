package session

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"math"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble"
	"github.com/cockroachdb/pebble/vfs"
	"github.com/cockroachdb/pebble/vfs/errorfs"
)

// ErrBroken means that the disk failed under a write. What was acknowledged before is there, and can be
// read; writing is tried again from the ground up.
var ErrBroken = errors.New("the disk failed under the store: nothing is accepted until it can be written again")

// database is Pebble, and what is done when Pebble gives up. Pebble cannot go on after a failed write to its
// log or manifest, and by itself would end the program. Instead it is cut off from the disk, so that nothing
// it still does can do harm, and goes on answering reads from what it has; and before a later write another
// one is opened on the same folder. One that was given up is never closed (it may hang) and keeps its 4 MB:
// after maxHeals of them the program ends after all.
type database struct {
	dir     string
	options func() (options *pebble.Options, release func()) // as a Pebble is opened with
	fs      vfs.FS
	log     *slog.Logger
	room    func() error // nil when there is room to write

	current atomic.Pointer[instance]

	mu      sync.Mutex // held while another one is opened
	heals   int
	healAt  time.Time    // not before
	healed  func()       // called when another one has taken over
	met     func(error)  // called with errors of Pebble's own work
	save    func() error // called before another one is opened: sets the store aside if it is damaged
	exit    func(int)    // ends the program; for tests
	nowFunc func() time.Time
}

// instance is one opened Pebble.
type instance struct {
	*pebble.DB
	broken  chan struct{} // closed when it has given up
	queue   chan pending  // to the committer
	written chan underWay // from the committer, to await
	opened  atomic.Bool
	cutOff  atomic.Bool
	young   sync.Map // number of a table that it made -> when
	once    sync.Once
	why     error
	log     *slog.Logger
}

// Times and bounds of healing.
const (
	maxHeals  = 8
	healPause = time.Second
)

// openDatabase opens a Pebble in a folder. Errors are Pebble's.
func (d *database) open() error {
	in, err := d.openInstance()
	if err == nil {
		d.current.Store(in)
	}
	return err
}

func (d *database) openInstance() (*instance, error) {
	in := &instance{broken: make(chan struct{}), queue: make(chan pending, maxPending), written: make(chan underWay, maxPending), log: d.log}
	o, release := d.options()
	defer release()
	o.FS = fence{errorfs.Wrap(d.fs, errorfs.InjectorFunc(in.mayTouch))}
	o.Logger = logger{d.log, in.fatal}
	o.EventListener = &pebble.EventListener{
		BackgroundError: func(err error) {
			d.met(err)
			in.giveUp(err)
		},
		TableCreated: func(t pebble.TableCreateInfo) { in.young.Store(t.FileNum, time.Now()) },
		TableDeleted: func(t pebble.TableDeleteInfo) { in.young.Delete(t.FileNum) },
		CompactionBegin: func(c pebble.CompactionInfo) {
			if err := d.readAll(c.Input, in); err != nil {
				d.met(err)
				in.giveUp(err)
			}
		},
	}
	err := in.guard(func() (err error) {
		in.DB, err = pebble.Open(d.dir, o)
		in.opened.Store(err == nil)
		return err
	})
	if err == nil {
		go in.write()
		go in.await()
	}
	return in, err
}

// readAll reads the tables that are to be compacted, whole. Of one that cannot be read to its end Pebble 1.1.5 takes
// the part before the damage for all there is, and deletes it: the instance has to be given up before that. What
// the instance wrote just now is not read again: writers wait meanwhile.
func (d *database) readAll(levels []pebble.LevelInfo, in *instance) error {
	for _, level := range levels {
		for _, t := range level.Tables {
			if made, ok := in.young.Load(t.FileNum); ok && time.Since(made.(time.Time)) < justNow {
				continue
			}
			name, budget := fmt.Sprintf("%s.sst", t.FileNum), int64(math.MaxInt64)
			switch err := checkTable(d.fs, d.fs.PathJoin(d.dir, name), &budget); {
			case err == nil, errors.Is(err, fs.ErrNotExist): // which Pebble does notice
			case isErrno(err), errors.Is(err, errorfs.ErrInjected):
				return fmt.Errorf("%s: %w", name, err)
			default:
				return fmt.Errorf("%w: %s: %w", errDamaged, name, err)
			}
		}
	}
	return nil
}

// justNow is how long a table is taken for what was written.
const justNow = 10 * time.Minute

// fence is a file system without locks: the Store holds the folder's lock.
type fence struct{ vfs.FS }

func (fence) Lock(string) (io.Closer, error) { return io.NopCloser(nil), nil }

// mayTouch keeps an instance that was given up from changing anything on disk. What it has under way stands
// still for ever: told of an error Pebble would try again at once, or trip over what it left half done.
func (in *instance) mayTouch(op errorfs.Op, _ string) error {
	if in.cutOff.Load() && op.OpKind() == errorfs.OpKindWrite && op != errorfs.OpFileClose {
		select {}
	}
	return nil
}

// fatal is called by Pebble when it cannot go on, and may not return. What has been opened stands still, with
// the locks that it holds: others of its goroutines would trip over what it left half done. What is only
// being opened goes, and takes its memory along.
func (in *instance) fatal(why error) {
	in.giveUp(why)
	if in.opened.Load() {
		select {}
	}
	runtime.Goexit()
}

func (in *instance) isBroken() bool {
	select {
	case <-in.broken:
		return true
	default:
		return false
	}
}

func (in *instance) giveUp(why error) {
	in.once.Do(func() {
		in.cutOff.Store(true)
		in.why = why
		close(in.broken)
		in.log.Error("the store cannot be written", "error", why)
	})
}

// guard runs something of Pebble's that may panic, or never return, when the disk fails. It runs in a
// goroutine of its own, for it may hold locks then that others wait for.
func (in *instance) guard(do func() error) error {
	done := make(chan error, 1)
	go func() {
		finished := false
		defer func() {
			if finished {
				return
			}
			in.giveUp(errorOf(recover())) // nil when the logger ended this goroutine
			done <- in.failure()
		}()
		err := do()
		finished = true
		done <- err
	}()
	select {
	case err := <-done:
		return err
	case <-in.broken:
		return in.failure()
	}
}

// errorOf makes an error of what was recovered from a panic.
func errorOf(r any) error {
	if err, ok := r.(error); ok {
		return fmt.Errorf("pebble: %w", err)
	}
	return fmt.Errorf("pebble: %v", r)
}

// failure is what was given up for, in terms that callers know.
func (in *instance) failure() error { return broken(in.why) }

func broken(why error) error {
	if vfs.IsNoSpaceError(why) {
		return fmt.Errorf("%w: %w (%w)", ErrDiskFull, ErrBroken, why)
	}
	return fmt.Errorf("%w (%w)", ErrBroken, why)
}

// commit writes a batch; an empty one is written.
func (d *database) commit(b *pebble.Batch, o *pebble.WriteOptions) error {
	return d.current.Load().submit(b, o)
}

// trouble is why nothing can be written, nil when it can.
func (d *database) trouble() error {
	if in := d.current.Load(); in.isBroken() {
		return in.failure()
	}
	return nil
}

// heal opens another instance if the current one was given up, and there is room.
func (d *database) heal() error {
	if d.trouble() == nil {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	trouble := d.trouble()
	if trouble == nil {
		return nil // another writer did
	}
	if err := d.room(); err != nil {
		return err
	}
	now := d.nowFunc()
	if now.Before(d.healAt) {
		return trouble
	}
	d.healAt = now.Add(healPause)
	if d.heals++; d.heals > maxHeals {
		d.log.Error("the store fails again and again; the server ends, to be started anew", "error", trouble)
		d.exit(1)
	}
	err := d.save()
	var in *instance
	if err == nil {
		in, err = d.openInstance()
	}
	if err != nil {
		d.log.Error("the store cannot be opened anew yet", "error", err)
		return broken(err)
	}
	d.current.Store(in)
	d.healed()
	d.log.Info("the store was opened anew and can be written again")
	return nil
}

// What follows is Pebble's, of the current instance.

// Get reads a value; see pebble.DB.
func (d *database) Get(key []byte) ([]byte, io.Closer, error) { return d.current.Load().Get(key) }

// NewIter makes an iterator; see pebble.DB.
func (d *database) NewIter(o *pebble.IterOptions) (*iterator, error) {
	in := d.current.Load()
	return in.iterate(in.DB, o)
}

// iterator is Pebble's. One of an instance that was given up is not closed: that might wait for ever.
type iterator struct {
	*pebble.Iterator
	in *instance
}

// Close closes the iterator.
func (it *iterator) Close() error {
	if it.in.isBroken() {
		return nil
	}
	return it.Iterator.Close()
}

func (in *instance) iterate(src pebble.Reader, o *pebble.IterOptions) (*iterator, error) {
	it, err := src.NewIter(o)
	if err != nil {
		return nil, err
	}
	return &iterator{it, in}, nil
}

// snapshot is Pebble's, with the iterators that database has.
type snapshot struct {
	*pebble.Snapshot
	in *instance
}

// NewSnapshot makes a snapshot; see pebble.DB. There is none of what was given up.
func (d *database) NewSnapshot() (*snapshot, error) {
	in := d.current.Load()
	if in.isBroken() {
		return nil, in.failure()
	}
	return &snapshot{in.NewSnapshot(), in}, nil
}

// NewIter makes an iterator.
func (s *snapshot) NewIter(o *pebble.IterOptions) (*iterator, error) {
	return s.in.iterate(s.Snapshot, o)
}

// Close lets the snapshot go.
func (s *snapshot) Close() error {
	if s.in.isBroken() {
		return nil
	}
	return s.Snapshot.Close()
}

// NewBatch makes a batch, to be given to commit, and never to be closed: it may be stuck in an instance that
// was given up. It is not one of Pebble's pool.
func (d *database) NewBatch() *pebble.Batch { return &pebble.Batch{} }

// Set writes one value; see pebble.DB.
func (d *database) Set(key, value []byte, o *pebble.WriteOptions) error {
	b := d.NewBatch()
	if err := b.Set(key, value, nil); err != nil {
		return err
	}
	return d.commit(b, o)
}

// Delete deletes one value; see pebble.DB.
func (d *database) Delete(key []byte, o *pebble.WriteOptions) error {
	b := d.NewBatch()
	if err := b.Delete(key, nil); err != nil {
		return err
	}
	return d.commit(b, o)
}

// Compact gives room on disk back between two keys; see pebble.DB.
func (d *database) Compact(from, to []byte) error {
	in := d.current.Load()
	return in.guard(func() error { return in.Compact(from, to, false) })
}

// Close closes the current instance, unless it was given up: it may hang.
func (d *database) Close() error {
	in := d.current.Load()
	close(in.queue) // nobody writes any more
	if in.isBroken() {
		return nil // what was acknowledged is on disk
	}
	return in.guard(in.Close)
}

// memory is what Pebble has outside of Go's heap.
func (d *database) memory() int64 {
	if d.trouble() != nil {
		return 0 // its lock may be held for ever
	}
	m := d.current.Load().Metrics()
	return m.BlockCache.Size + int64(m.MemTable.Size) + int64(m.MemTable.ZombieSize)
}

// logger passes on what Pebble has to say of trouble.
type logger struct {
	log   *slog.Logger
	fatal func(error) // does not return
}

func (l logger) Infof(string, ...any) {}

func (l logger) Errorf(format string, args ...any) {
	l.log.Error("store: " + fmt.Sprintf(format, args...))
}

// Fatalf is called when Pebble can no longer promise anything, such as after a failed write to its log.
func (l logger) Fatalf(format string, args ...any) {
	var cause error
	for _, arg := range args {
		if err, ok := arg.(error); ok {
			cause = err
		}
	}
	if text := fmt.Sprintf(format, args...); cause == nil {
		cause = errors.New(text)
	} else {
		cause = fmt.Errorf("%s%w", strings.TrimSuffix(text, cause.Error()), cause)
	}
	l.fatal(cause)
}

// endProgram is what exit is outside of tests.
func endProgram(code int) { os.Exit(code) }
