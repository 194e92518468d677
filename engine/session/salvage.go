package session

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"slices"
	"strings"

	"github.com/cockroachdb/pebble"
	"github.com/cockroachdb/pebble/sstable"
	"github.com/cockroachdb/pebble/vfs"
)

// A damaged store is saved in three steps. Everything that can be read in its tables and logs, with or
// without Pebble's list of them, goes into a heap, where of each key the latest value wins. What is left
// goes into a new store, where what belongs together is brought together again. Then the two change places.

// Names beside the store's own.
const (
	newStore  = ".new"
	heapStore = ".heap"
)

// salvage sets a damaged store aside and puts what can be saved of it in its place.
func salvage(o Options, cause error) (*Loss, error) {
	now := o.Now().UTC()
	l := &Loss{Time: now, Cause: cause.Error(), SetAside: freeName(o, o.Dir+".damaged-"+now.Format("20060102-150405"))}
	o.Log.Error("the store is damaged; what can be saved is being saved", "cause", cause)
	saver := &instance{broken: make(chan struct{}), log: o.Log}
	if err := saver.guard(func() error { return rescue(o, l, logger{o.Log, saver.fatal}) }); err != nil {
		return nil, fmt.Errorf("the store in %s is damaged, and what can be saved could not be saved yet; nothing was changed: %w (%w)", o.Dir, err, cause)
	}
	if err := o.FS.Rename(o.Dir, l.SetAside); err != nil {
		return nil, fmt.Errorf("set the damaged store in %s aside: %w", o.Dir, err)
	}
	if err := finishSalvage(o); err != nil {
		return nil, err
	}
	o.Log.Error("the damaged store was set aside", "set_aside", l.SetAside, "sessions_saved", l.Sessions, "events_saved", l.Events, "lost", l.Lost)
	return l, nil
}

func freeName(o Options, name string) string {
	free := name
	for n := 2; ; n++ {
		if _, err := o.FS.Stat(free); err != nil {
			return free
		}
		free = fmt.Sprintf("%s-%d", name, n)
	}
}

// finishSalvage puts the saved store in place, if its place is free: it is complete then.
func finishSalvage(o Options) error {
	if _, err := o.FS.Stat(o.Dir); !errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if _, err := o.FS.Stat(o.Dir + newStore); err != nil {
		return nil //nolint:nilerr // there is none
	}
	if err := o.FS.Rename(o.Dir+newStore, o.Dir); err != nil {
		return fmt.Errorf("put the saved store in place: %w", err)
	}
	return syncParent(o)
}

func syncParent(o Options) error {
	d, err := o.FS.OpenDir(o.FS.PathDir(o.Dir))
	if err != nil {
		return fmt.Errorf("put the saved store in place: %w", err)
	}
	return errors.Join(d.Sync(), d.Close())
}

// rescue makes the new store beside the damaged one.
func rescue(o Options, l *Loss, log logger) error {
	heapDir, newDir := o.Dir+heapStore, o.Dir+newStore
	if err := errors.Join(o.FS.RemoveAll(heapDir), o.FS.RemoveAll(newDir)); err != nil {
		return err
	}
	h, err := openHeap(o, heapDir, log)
	if err != nil {
		return err
	}
	err = h.gather(o, l, log)
	if err == nil {
		o.Dir = newDir
		err = h.pour(o, l, log)
	}
	return errors.Join(err, h.db.Close(), o.FS.RemoveAll(heapDir))
}

// heap holds every value found, under its key with its age; Pebble merges them to the latest.
type heap struct {
	db     *pebble.DB
	ranges []rangeDeletion
	file   uint32 // being read, a tie's last word: sequence numbers are forgotten at the bottom of Pebble
	batch  *pebble.Batch
}

type rangeDeletion struct {
	from, to string
	seq      uint64
}

func openHeap(o Options, dir string, log logger) (*heap, error) {
	options, release := o.pebble()
	defer release()
	options.FS, options.DisableWAL, options.Merger, options.Logger = o.FS, true, latest, log
	db, err := pebble.Open(dir, options)
	if err != nil {
		return nil, err
	}
	return &heap{db: db, batch: db.NewBatch()}, nil
}

// Age and kind stand before a value in the heap.
const ageBytes = 8 + 4 + 1

// add takes a key's value, or its deletion, as it was at a sequence number.
func (h *heap) add(key []byte, seq uint64, deleted bool, value []byte) error {
	aged := make([]byte, ageBytes, ageBytes+len(value))
	binary.BigEndian.PutUint64(aged, seq)
	binary.BigEndian.PutUint32(aged[8:], h.file)
	if deleted {
		aged[12] = 1
	}
	if err := h.batch.Merge(key, append(aged, value...), nil); err != nil {
		return err
	}
	if h.batch.Len() < maxValue {
		return nil
	}
	return h.flush()
}

func (h *heap) flush() error {
	if err := h.batch.Commit(pebble.NoSync); err != nil {
		return err
	}
	h.batch = h.db.NewBatch()
	return nil
}

// latest is the merger of the heap.
var latest = &pebble.Merger{Name: "coder1.latest", Merge: func(_, value []byte) (pebble.ValueMerger, error) {
	return &youngest{slices.Clone(value)}, nil
}}

type youngest struct{ value []byte }

func (y *youngest) MergeNewer(value []byte) error {
	if len(value) >= ageBytes && string(value[:12]) >= string(y.value[:min(12, len(y.value))]) {
		y.value = append(y.value[:0], value...)
	}
	return nil
}

func (y *youngest) MergeOlder(value []byte) error {
	if len(value) >= ageBytes && string(value[:12]) > string(y.value[:min(12, len(y.value))]) {
		y.value = append(y.value[:0], value...)
	}
	return nil
}

func (y *youngest) Finish(bool) ([]byte, io.Closer, error) { return y.value, nil, nil }

// gather reads everything there is in a damaged store.
func (h *heap) gather(o Options, l *Loss, log logger) error {
	names, err := o.FS.List(o.Dir)
	if err != nil {
		return err
	}
	slices.Sort(names)
	inUse := tablesInUse(o, log)
	if inUse == nil {
		l.add("which files belonged to the store: what was only in files that are missing is not told of here, and what was deleted lately may be back")
	}
	for _, name := range names {
		path := o.FS.PathJoin(o.Dir, name)
		h.file++
		switch {
		case inUse != nil && strings.HasSuffix(name, ".sst") && !slices.Contains(inUse, name):
		case strings.HasSuffix(name, ".sst"):
			err = h.table(o.FS, path, l)
		case strings.HasSuffix(name, ".log"):
			err = h.log(o.FS, path, l)
		}
		if err != nil {
			return err
		}
	}
	return h.flush()
}

// tablesInUse names the tables that belong to the store, nil when that cannot be told any more.
func tablesInUse(o Options, log logger) []string {
	options, release := o.pebble()
	defer release()
	options.FS, options.ReadOnly = fence{o.FS}, true
	options.Logger = logger{slog.New(slog.DiscardHandler), log.fatal}
	options.DisableAutomaticCompactions = true
	db, err := pebble.Open(o.Dir, options)
	if err != nil {
		return nil
	}
	defer func() { _ = db.Close() }()
	names, err := liveTables(db)
	if err != nil {
		return nil
	}
	return names
}

// log takes what a log holds.
func (h *heap) log(files vfs.FS, path string, l *Loss) error {
	var failed error
	broken, records := 0, 0
	err := scanLog(files, path, func(_ int64, record []byte) error {
		if record == nil {
			broken++
			return nil
		}
		records = broken
		failed = h.batchOf(record)
		return failed
	})
	switch {
	case failed != nil:
		return failed
	case err != nil:
		l.add("%s could not be read: %v", files.PathBase(path), err)
	case records > 0: // breaks with something whole behind them
		l.add("%s, the log of the latest changes, was broken in %d places", files.PathBase(path), records)
	}
	return nil
}

// batchOf takes what one batch of a log changes.
func (h *heap) batchOf(record []byte) error {
	if len(record) < logHeader {
		return nil
	}
	seq := binary.LittleEndian.Uint64(record)
	r, _ := pebble.ReadBatch(record)
	for {
		kind, key, value, ok, err := r.Next()
		if !ok || err != nil {
			return nil //nolint:nilerr // its checksum was right, so it is of a kind we do not write
		}
		if err := h.take(kind, key, value, seq); err != nil {
			return err
		}
		seq++
	}
}

func (h *heap) take(kind sstable.InternalKeyKind, key, value []byte, seq uint64) error {
	switch kind {
	case sstable.InternalKeyKindSet, sstable.InternalKeyKindSetWithDelete:
		return h.add(key, seq, false, value)
	case sstable.InternalKeyKindDelete, sstable.InternalKeyKindSingleDelete, sstable.InternalKeyKindDeleteSized:
		return h.add(key, seq, true, nil)
	case sstable.InternalKeyKindRangeDelete:
		h.ranges = append(h.ranges, rangeDeletion{string(key), string(value), seq})
	}
	return nil
}

// deleted reports whether a value of some age was deleted by a range.
func (h *heap) deleted(key []byte, seq uint64) bool {
	return slices.ContainsFunc(h.ranges, func(r rangeDeletion) bool {
		return r.seq > seq && r.from <= string(key) && string(key) < r.to
	})
}

// pour puts what is left into a new store, and mends that.
func (h *heap) pour(o Options, l *Loss, log logger) error {
	options, release := o.pebble()
	defer release()
	options.FS, options.Logger = o.FS, log
	db, err := pebble.Open(o.Dir, options)
	if err != nil {
		return err
	}
	if err := errors.Join(h.copyTo(db, l), db.Close()); err != nil {
		return err
	}
	s, err := openSaved(o)
	if err != nil {
		return err
	}
	return errors.Join(s.mend(l), s.db.Close())
}

func (h *heap) copyTo(db *pebble.DB, l *Loss) error {
	it, err := h.db.NewIter(nil)
	if err != nil {
		return err
	}
	defer func() { _ = it.Close() }()
	b := db.NewBatch()
	for ok := it.First(); ok; ok = it.Next() {
		value := it.Value()
		if len(value) < ageBytes || value[12] == 1 || h.deleted(it.Key(), binary.BigEndian.Uint64(value)) {
			continue
		}
		if value = value[ageBytes:]; !readable(it.Key(), value) {
			l.add("what was stored as %q cannot be read", it.Key())
			continue
		}
		if err := b.Set(it.Key(), value, nil); err != nil {
			return err
		}
		if b.Len() < maxValue {
			continue
		}
		if err := b.Commit(pebble.NoSync); err != nil {
			return err
		}
		b = db.NewBatch()
	}
	if err := it.Error(); err != nil {
		return err
	}
	if err := b.Commit(pebble.Sync); err != nil {
		return err
	}
	return h.version(db)
}

// version makes sure that the new store has one. What the damaged one was of can be told by its keys.
func (h *heap) version(db *pebble.DB) error {
	_, closer, err := db.Get([]byte(formatKey))
	if err == nil {
		return closer.Close()
	}
	if !errors.Is(err, pebble.ErrNotFound) {
		return err
	}
	it, err := db.NewIter(&pebble.IterOptions{LowerBound: []byte("u/"), UpperBound: after([]byte("u/"))})
	if err != nil {
		return err
	}
	version := "1"
	if it.First() {
		version = fmt.Sprint(formatVersion)
	}
	return errors.Join(it.Close(), db.Set([]byte(formatKey), []byte(version), pebble.Sync))
}
