package session

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble"
	"github.com/cockroachdb/pebble/vfs"
)

// Options say where and how the store is kept. Zero values mean the defaults.
type Options struct {
	Dir           string
	InMemory      bool   // nothing is kept on disk, and all is lost at Close
	FS            vfs.FS // the file system; for tests
	CacheBytes    int64  // of blocks read from disk; default 2 MB
	MemTableBytes int64  // of writes not yet in a table; default 1 MB
	MaxActive     int    // sessions whose latest events are kept in RAM; 0 for none
	ActiveBytes   int64  // of each of them; default 256 KB
	Now           func() time.Time
	Log           *slog.Logger
}

func (o *Options) setDefaults() {
	if o.CacheBytes == 0 {
		o.CacheBytes = 2 << 20
	}
	if o.MemTableBytes == 0 {
		o.MemTableBytes = 1 << 20
	}
	if o.ActiveBytes == 0 {
		o.ActiveBytes = 256 << 10
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.FS == nil {
		o.FS = vfs.Default
	}
	if o.InMemory {
		o.FS, o.Dir = vfs.NewMem(), "store"
	}
}

// pebble says how a Pebble is opened; release is to be called once it is.
func (o *Options) pebble() (options *pebble.Options, release func()) {
	cache := pebble.NewCache(o.CacheBytes)
	return &pebble.Options{
		Cache:                       cache,
		MemTableSize:                uint64(o.MemTableBytes),
		MemTableStopWritesThreshold: 2,
		MaxOpenFiles:                64,
		MaxConcurrentCompactions:    func() int { return 1 },
		FormatMajorVersion:          pebble.FormatNewest,
	}, cache.Unref
}

// Store is the database. Safe for concurrent use.
type Store struct {
	options Options
	lock    *folderLock
	db      *database
	active  active
	shared  shared
	counts  counts
	metas   metas
	writers locks
	line    line
	tidy    tidier
	loss    atomic.Pointer[Loss] // what was lost, nil for nothing

	closing context.Context // ends when the store is being closed
	stop    context.CancelFunc
	closed  sync.Once

	suspected atomic.Bool  // damage was met
	reads     atomic.Int64 // of logs, from disk; for tests
}

// Open opens the store in a folder, or makes a new one. A store of an older version is brought up to this
// one. One that is damaged is set aside, and what can be saved of it is saved into a new one: see Loss. The
// error is ErrLocked when another process uses the folder, and ErrFormat when a newer version wrote it.
func Open(o Options) (*Store, error) {
	o.setDefaults()
	lock, err := lockFolder(o.FS, o.Dir)
	if err != nil {
		return nil, err
	}
	s, err := openLocked(o)
	if errors.Is(err, errDamaged) {
		var loss *Loss
		if loss, err = salvage(o, err); err == nil {
			if s, err = openLocked(o); err == nil {
				s.loss.Store(loss)
			}
		}
	}
	if err != nil {
		return nil, errors.Join(err, lock.close())
	}
	s.lock = lock
	s.startTidying()
	return s, nil
}

// openLocked opens the store in a folder that is ours; errDamaged says that it cannot be had as it is.
func openLocked(o Options) (*Store, error) {
	if err := finishSalvage(o); err != nil {
		return nil, err
	}
	if err := inspect(o); err != nil {
		return nil, err
	}
	s := newStoreOf(o)
	if err := s.db.open(); err != nil {
		return nil, s.diagnose(err)
	}
	if err := s.check(); err != nil {
		return nil, errors.Join(s.diagnose(err), s.db.Close())
	}
	return s, nil
}

func newStoreOf(o Options) *Store {
	s := &Store{options: o, active: active{max: o.MaxActive, bytes: o.ActiveBytes}}
	s.closing, s.stop = context.WithCancel(context.Background())
	s.db = &database{
		dir: o.Dir, options: o.pebble, fs: o.FS, log: o.Log, room: s.room, nowFunc: o.Now, exit: endProgram,
		healed: s.healed, met: func(err error) { _ = s.noticed(err) }, save: s.saveDamaged,
	}
	return s
}

// check makes sure that the store is of a form we can read, and reads what is kept in memory of it.
func (s *Store) check() error {
	if err := s.inspectTables(); err != nil {
		return err
	}
	if err := s.migrate(); err != nil {
		return err
	}
	if err := s.tidyLine(); err != nil {
		return err
	}
	return s.countAll()
}

// version reads the store's version, 0 for a new store.
func (s *Store) version() (int, error) {
	raw, err := s.get([]byte(formatKey))
	if errors.Is(err, ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read the store's version: %w", err)
	}
	n, err := strconv.Atoi(string(raw))
	if err != nil || n < 1 {
		return 0, fmt.Errorf("%w: its version is %q", errDamaged, raw)
	}
	return n, nil
}

// Close writes out what is in memory and closes the store. It may be called twice.
func (s *Store) Close() error {
	var err error
	s.closed.Do(func() {
		s.stopTidying(s.stop)
		if err = s.db.Close(); err != nil {
			err = fmt.Errorf("close the store: %w", err)
		}
		err = errors.Join(err, s.lock.close())
	})
	return err
}

// Trouble is what is wrong with the store: that it cannot be written, or that damage was met in it. It is nil
// when nothing is.
func (s *Store) Trouble() error {
	if err := s.db.trouble(); err != nil {
		return err
	}
	if s.suspected.Load() {
		return fmt.Errorf("%w; start Coder1 again to have it set aside and what can be saved saved", errDamaged)
	}
	return nil
}

// saveDamaged sets the store aside, if damage was met in it, and saves what can be saved.
func (s *Store) saveDamaged() error {
	if !s.suspected.Load() {
		return nil
	}
	loss, err := salvage(s.options, errDamaged)
	if err != nil {
		return err
	}
	s.loss.Store(loss)
	s.suspected.Store(false)
	return s.trust()
}

// healed forgets what was read from a database that another one has replaced.
func (s *Store) healed() {
	s.metas.clear()
	s.DropContexts(0)
	s.counts.clear()
	if err := errors.Join(s.tidyLine(), s.countAll()); err != nil {
		s.options.Log.Error("the store was opened anew and is not as it should be", "error", s.noticed(err))
	}
}

// get reads a value, ErrNotFound when there is none.
func (s *Store) get(key []byte) ([]byte, error) {
	value, closer, err := s.db.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, s.noticed(err)
	}
	defer closer.Close()
	return append([]byte(nil), value...), nil
}
