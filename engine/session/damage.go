package session

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/cockroachdb/pebble"
	"github.com/cockroachdb/pebble/sstable"
	"github.com/cockroachdb/pebble/vfs"
	"github.com/cockroachdb/pebble/vfs/errorfs"
)

// errDamaged means that a store is not what was written into it.
var errDamaged = errors.New("the store is damaged")

// Loss is what was lost when a damaged store was set aside.
type Loss struct {
	Time     time.Time `json:"time"`
	Cause    string    `json:"cause"`    // what was found wrong
	SetAside string    `json:"setAside"` // where the damaged store is
	Sessions int       `json:"sessions"` // that were saved
	Events   int64     `json:"events"`   // that were saved
	Lost     []string  `json:"lost"`     // what was not, in words
}

// maxLost bounds Loss.Lost.
const maxLost = 100

func (l *Loss) add(format string, args ...any) {
	switch len(l.Lost) {
	case maxLost:
	case maxLost - 1:
		l.Lost = append(l.Lost, "and more")
	default:
		l.Lost = append(l.Lost, fmt.Sprintf(format, args...))
	}
}

// Loss is what was lost when the store was last found damaged, nil for nothing.
func (s *Store) Loss() *Loss { return s.loss.Load() }

// suspect marks a store in which damage was met, to be looked at whole at the next start.
const suspect = ".suspect"

// noticed has damage that was met while reading looked into at the next start. It returns the error.
func (s *Store) noticed(err error) error {
	if err == nil || !pebble.IsCorruptionError(err) && !errors.Is(err, errDamaged) {
		return err
	}
	if s.suspected.CompareAndSwap(false, true) {
		s.options.Log.Error("the store is damaged; at the next start it is set aside and what can be saved is saved", "error", err)
		if f, failed := s.options.FS.Create(s.options.Dir + suspect); failed == nil {
			_ = f.Close()
		}
	}
	return fmt.Errorf("%w: %w", errDamaged, err)
}

// diagnose tells a damaged store from one that cannot be opened for other reasons, such as a full disk.
func (s *Store) diagnose(err error) error {
	switch {
	case errors.Is(err, errDamaged), errors.Is(err, ErrFormat):
		return err
	case strings.Contains(err.Error(), "written in format major version"):
		return fmt.Errorf("%w (%w)", ErrFormat, err)
	case pebble.IsCorruptionError(err), errors.Is(err, fs.ErrNotExist):
	case isErrno(err), errors.Is(err, errorfs.ErrInjected):
		return fmt.Errorf("open the store in %s: %w", s.options.Dir, err)
	}
	return fmt.Errorf("%w: %w", errDamaged, err)
}

func isErrno(err error) bool {
	var number syscall.Errno
	return errors.As(err, &number)
}

// inspect looks, before Pebble opens a store, for what it does not notice: that the list of its files is
// gone, where it would begin with an empty store, and damage in the middle of its log, which it takes for
// the end.
func inspect(o Options) error {
	names, err := o.FS.List(o.Dir)
	if err != nil {
		return nil //nolint:nilerr // there is none yet, or Pebble says what is wrong
	}
	if err := findManifest(names); err != nil {
		return err
	}
	for _, name := range names {
		if !strings.HasSuffix(name, ".log") {
			continue
		}
		if err := checkLog(o.FS, o.FS.PathJoin(o.Dir, name)); err != nil {
			return fmt.Errorf("%w: %s: %w", errDamaged, name, err)
		}
	}
	return nil
}

// inspectTables looks whether the tables in use can be read: the frame of each, and the whole as long as
// that is quick, or of all when damage was met before.
func (s *Store) inspectTables() error {
	budget, suspicion := int64(quickCheck), s.options.Dir+suspect
	if _, err := s.options.FS.Stat(suspicion); err == nil {
		budget = math.MaxInt64
	}
	names, err := liveTables(s.db.current.Load().DB)
	if err != nil {
		return err
	}
	slices.Sort(names)
	for _, name := range slices.Backward(names) { // the latest were written nearest to whatever happened
		err := checkTable(s.options.FS, s.options.FS.PathJoin(s.options.Dir, name), &budget)
		if errors.Is(err, fs.ErrNotExist) && !s.uses(name) {
			continue // it was compacted meanwhile
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return s.trust()
}

// trust forgets a suspicion.
func (s *Store) trust() error {
	if err := s.options.FS.Remove(s.options.Dir + suspect); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("forget that the store was suspect: %w", err)
	}
	return nil
}

// uses reports whether a table is in use still.
func (s *Store) uses(name string) bool {
	names, err := liveTables(s.db.current.Load().DB)
	return err != nil || slices.Contains(names, name)
}

// liveTables names the tables that a Pebble uses. Others in its folder are what a crash left.
func liveTables(db *pebble.DB) (names []string, err error) {
	levels, err := db.SSTables()
	for _, level := range levels {
		for _, table := range level {
			names = append(names, fmt.Sprintf("%s.sst", table.BackingSSTNum))
		}
	}
	return names, err
}

// quickCheck is how much of the tables is read whole at each start: some tens of milliseconds' worth.
const quickCheck = 32 << 20

// findManifest makes sure that the list of files is there if there are files.
func findManifest(names []string) error {
	inUse, others := "", false
	for _, name := range names {
		if rest, ok := strings.CutPrefix(name, "marker.manifest."); ok {
			_, inUse, _ = strings.Cut(rest, ".")
		}
		others = others || strings.HasSuffix(name, ".sst") || strings.HasSuffix(name, ".log") || strings.HasPrefix(name, "MANIFEST-")
	}
	switch {
	case inUse == "" && others:
		return fmt.Errorf("%w: the file that names its list of files (marker.manifest) is missing", errDamaged)
	case inUse != "" && !slices.Contains(names, inUse):
		return fmt.Errorf("%w: its list of files (%s) is missing", errDamaged, inUse)
	}
	return nil
}

// checkTable reads a table's frame, and all of it while the budget in bytes lasts.
func checkTable(files vfs.FS, path string, budget *int64) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("it is no table: %v", r)
		}
	}()
	r, err := openTable(files, path)
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }()
	if _, err := r.Layout(); err != nil {
		return err
	}
	info, err := files.Stat(path)
	if err != nil || info.Size() > *budget {
		return err
	}
	*budget -= info.Size()
	return r.ValidateBlockChecksums()
}

func openTable(files vfs.FS, path string) (*sstable.Reader, error) {
	f, err := files.Open(path)
	if err != nil {
		return nil, err
	}
	readable, err := sstable.NewSimpleReadable(f)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return sstable.NewReader(readable, sstable.ReaderOptions{}, pickMerger{})
}

// checkLog finds damage in the middle of a log: something broken, and behind it something whole. What is
// broken at the end is what a crash leaves.
func checkLog(files vfs.FS, path string) error {
	broken := int64(-1)
	err := scanLog(files, path, func(offset int64, record []byte) error {
		switch {
		case record == nil:
			broken = offset
		case broken >= 0:
			return fmt.Errorf("it is broken at byte %d, and goes on at %d", broken, offset)
		case len(record) < logHeader:
			return fmt.Errorf("a record of %d bytes at %d is no batch", len(record), offset)
		}
		return nil
	})
	return err
}
