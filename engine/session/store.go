package session

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
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
		o.FS = vfs.NewMem()
	}
}

// Store is the database. Safe for concurrent use.
type Store struct {
	options Options
	db      *pebble.DB
	active  active
	writers locks

	order struct {
		sync.Mutex
		last int64 // place in line last given out
	}
}

// Open opens the store in a folder, or makes a new one.
func Open(o Options) (*Store, error) {
	o.setDefaults()
	cache := pebble.NewCache(o.CacheBytes)
	defer cache.Unref()
	db, err := pebble.Open(o.Dir, &pebble.Options{
		FS:                          o.FS,
		Cache:                       cache,
		MemTableSize:                uint64(o.MemTableBytes),
		MemTableStopWritesThreshold: 2,
		MaxOpenFiles:                64,
		MaxConcurrentCompactions:    func() int { return 1 },
		Logger:                      logger{o.Log},
		FormatMajorVersion:          pebble.FormatNewest,
	})
	if err != nil {
		return nil, fmt.Errorf("open the store in %s (is another Coder1 using the folder?): %w", o.Dir, err)
	}
	s := &Store{options: o, db: db, active: active{max: o.MaxActive, bytes: o.ActiveBytes}}
	if err := s.check(); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return s, nil
}

// check makes sure that the store is of a form we can read, and finds out where the line ends.
func (s *Store) check() error {
	version, err := s.get([]byte(formatKey))
	switch {
	case errors.Is(err, ErrNotFound):
		if err := s.db.Set([]byte(formatKey), []byte(formatVersion), pebble.Sync); err != nil {
			return fmt.Errorf("write the store's version: %w", err)
		}
	case err != nil:
		return fmt.Errorf("read the store's version: %w", err)
	case string(version) != formatVersion:
		return fmt.Errorf("%w (version %s in %s)", ErrFormat, version, s.options.Dir)
	}
	prompts, err := s.Prompts()
	for _, p := range prompts {
		s.order.last = max(s.order.last, p.Order)
	}
	return err
}

// Close writes out what is in memory and closes the store.
func (s *Store) Close() error {
	if err := s.db.Close(); err != nil {
		return fmt.Errorf("close the store: %w", err)
	}
	return nil
}

// get reads a value, ErrNotFound when there is none.
func (s *Store) get(key []byte) ([]byte, error) {
	value, closer, err := s.db.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	defer closer.Close()
	return append([]byte(nil), value...), nil
}

// logger passes on what Pebble has to say of trouble.
type logger struct{ log *slog.Logger }

func (l logger) Infof(string, ...any) {}

func (l logger) Errorf(format string, args ...any) {
	l.log.Error("store: " + fmt.Sprintf(format, args...))
}

// Fatalf is called when the store can no longer promise anything, such as after a failed write to its log.
// Ending at once is right: what was acknowledged is on disk, and the next start finds it.
func (l logger) Fatalf(format string, args ...any) {
	l.log.Error("the store cannot go on: " + fmt.Sprintf(format, args...))
	os.Exit(1)
}
