package trace

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/klauspost/compress/zstd"
)

// Recordings are files of an hour or a sixteenth of the bound, whichever is less; each begins with a head and
// can be read alone. The oldest go when there is no room for the next.

// Bounds of a recording, beside its bytes.
const (
	segmentLife  = time.Hour
	segmentShare = 16  // of the bound, for one file
	maxSegments  = 256 // files
	windowBytes  = 64 << 10
	retryAfter   = 10 * time.Second // when the disk was full
)

// desk is where recordings are written. Its fields are guarded by mu.
type desk struct {
	dir  string
	most int64
	log  *slog.Logger
	now  func() time.Time

	mu      sync.Mutex
	file    *os.File // nil while nothing can be recorded
	pack    *zstd.Encoder
	size    int64 // of the file, up to the last block that was written as a whole
	open    bool  // a frame has begun
	began   time.Time
	older   int64     // bytes of the files before it
	since   time.Time // they go back to
	problem string
	retry   time.Time
}

// put writes what was recorded. It reports false when that is lost.
func (d *desk) put(b *buffer) bool {
	if d.file == nil && b.head == nil {
		return false
	}
	err := d.write(b)
	if err == nil {
		d.problem = ""
		return true
	}
	if d.problem == "" && d.log != nil {
		d.log.Warn("the flight recorder stands still; it is tried again", "error", err)
	}
	d.problem, d.retry = problem(err), d.now().Add(retryAfter)
	d.abandon()
	return false
}

func problem(err error) string {
	if noSpace(err) {
		return "the disk is full; recording goes on when there is room"
	}
	return err.Error()
}

func (d *desk) write(b *buffer) error {
	before, after := b.lines, []byte(nil)
	if b.head != nil {
		before, after = b.lines[:b.at], b.lines[b.at:]
	}
	if d.file != nil {
		if err := d.append(before); err != nil {
			return err
		}
	}
	if b.head == nil {
		return nil
	}
	if err := d.finish(Next); err != nil {
		return err
	}
	if err := d.begin(b.time); err != nil {
		return err
	}
	return d.append(b.head, after)
}

// append writes lines as a block, which a reader can use as soon as it is there.
func (d *desk) append(parts ...[]byte) error {
	for _, lines := range parts {
		if len(lines) == 0 {
			continue
		}
		d.open = true
		if _, err := d.pack.Write(lines); err != nil {
			return err
		}
	}
	if !d.open {
		return nil
	}
	if err := d.pack.Flush(); err != nil {
		return err
	}
	return d.measure()
}

func (d *desk) measure() error {
	at, err := d.file.Seek(0, io.SeekCurrent)
	if err == nil {
		d.size = at
	}
	return err
}

// endFrame makes what was written a file that ends as it should, to which more can be added.
func (d *desk) endFrame() error {
	if d.file == nil || !d.open {
		return nil
	}
	if err := d.pack.Close(); err != nil {
		return err
	}
	d.open = false
	d.pack.Reset(d.file)
	return d.measure()
}

// finish ends the file that is being written, if any.
func (d *desk) finish(how string) error {
	if d.file == nil {
		return nil
	}
	err := d.append((&Encoder{}).AppendEnd(nil, how))
	if err == nil {
		err = d.endFrame()
	}
	if err != nil {
		d.abandon()
		return err
	}
	err = d.file.Close()
	d.file = nil
	return err
}

// abandon leaves the file as it was when something was last written as a whole.
func (d *desk) abandon() {
	if d.file == nil {
		return
	}
	d.pack.Reset(nil)
	_ = errors.Join(d.file.Truncate(d.size), d.file.Close()) // a reader copes with either
	_ = mendFile(d.file.Name())
	d.file, d.older, d.size = nil, d.older+d.size, 0
}

// begin makes a new file, and room for it.
func (d *desk) begin(now time.Time) error {
	if err := os.MkdirAll(d.dir, 0o700); err != nil {
		return err
	}
	all, err := d.segments()
	if err != nil {
		return err
	}
	last := 0
	if len(all) > 0 {
		last = all[len(all)-1].number
	}
	all = d.makeRoom(all)
	d.began, d.since, d.older = now, now, 0
	for i, s := range all {
		if d.older += s.size; i == 0 {
			d.since = s.began
		}
	}
	name := fmt.Sprintf("%08d-%s%s", last+1, d.began.UTC().Format(nameTime), Extension)
	if d.file, err = os.OpenFile(filepath.Join(d.dir, name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600); err != nil {
		d.file = nil
		return err
	}
	d.size, d.open = 0, false
	if d.pack != nil {
		d.pack.Reset(d.file)
		return nil
	}
	d.pack, err = zstd.NewWriter(d.file, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest),
		zstd.WithWindowSize(windowBytes), zstd.WithLowerEncoderMem(true), zstd.WithEncoderCRC(false))
	return err
}

// makeRoom removes the oldest recordings until another two fit, and returns those that are left.
func (d *desk) makeRoom(all []segment) []segment {
	total := int64(0)
	for _, s := range all {
		total += s.size
	}
	for len(all) > 0 && (total > d.most-2*d.most/segmentShare || len(all) >= maxSegments) {
		_ = os.Remove(all[0].path) // what cannot be removed now is tried with the next
		total -= all[0].size
		all = all[1:]
	}
	return all
}

// wants reports whether it is time for a new file.
func (d *desk) wants() bool {
	if d.file == nil {
		return !d.now().Before(d.retry)
	}
	return d.size >= d.most/segmentShare || d.now().Sub(d.began) >= segmentLife
}

// segment is one file.
type segment struct {
	path   string
	number int
	began  time.Time
	size   int64
}

// nameTime is the time in the name of a file.
const nameTime = "20060102T150405Z"

// segments lists the files, the oldest first. A folder that is not there has none.
func (d *desk) segments() ([]segment, error) {
	entries, err := os.ReadDir(d.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var all []segment
	for _, e := range entries {
		s := segment{path: filepath.Join(d.dir, e.Name())}
		number, began, _ := strings.Cut(strings.TrimSuffix(e.Name(), Extension), "-")
		if n, _ := fmt.Sscanf(number, "%d", &s.number); n != 1 || !strings.HasSuffix(e.Name(), Extension) {
			continue
		}
		s.began, _ = time.Parse(nameTime, began)
		if info, err := e.Info(); err == nil {
			s.size = info.Size()
		}
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b segment) int { return cmp.Compare(a.number, b.number) })
	return all, nil
}

// parts lists the files that cover a time and what follows it, with the sizes that may be read.
func (d *desk) parts(since time.Time) ([]segment, error) {
	if err := d.endFrame(); err != nil {
		return nil, err
	}
	all, err := d.segments()
	first := 0
	for i, s := range all {
		if !s.began.After(since) {
			first = i
		}
	}
	return all[min(first, len(all)):], err
}

// copy writes as much of the file as there was when it was listed.
func (s segment) copy(w io.Writer) error {
	f, err := os.Open(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // it was the oldest, and had to go
	}
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(w, io.LimitReader(f, s.size))
	return err
}

// mend ends the file that was being written when its writer was killed.
func (d *desk) mend() {
	d.mu.Lock()
	defer d.mu.Unlock()
	all, err := d.segments()
	if err == nil && len(all) > 0 && d.file == nil {
		err = mendFile(all[len(all)-1].path)
	}
	if err != nil && d.log != nil {
		d.log.Warn("the last flight recording could not be ended", "error", err)
	}
}

// mendFile ends the last frame of a file where its last whole block ends.
func mendFile(path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	keep, tail := mend(data)
	if keep == len(data) && tail == nil {
		return nil
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(tail, int64(keep))
	return errors.Join(err, f.Truncate(int64(keep+len(tail))), f.Close())
}
