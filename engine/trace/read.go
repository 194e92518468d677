package trace

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// File is a recording in memory, still packed.
type File struct {
	Name string
	Size int
	data []byte
}

// maxFile is far more than a recorder keeps.
const maxFile = 256 << 20

// Extension is what names of recordings end with.
const Extension = ".trace.zst"

// Load reads a recording: a file, or a folder in which a recorder has left its own.
func Load(path string) (*File, error) {
	names := []string{path}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		if names, err = filepath.Glob(filepath.Join(path, "*"+Extension)); err != nil || len(names) == 0 {
			return nil, fmt.Errorf("%s: a folder without recordings; their names end with %s", path, Extension)
		}
		slices.Sort(names)
	}
	f := &File{Name: path}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		if len(f.data)+len(data) > maxFile {
			return nil, fmt.Errorf("%s is larger than %d MB, which no recording is", path, maxFile>>20)
		}
		if len(names) > 1 {
			keep, tail := mend(data)
			data = append(data[:keep], tail...)
		}
		f.data = append(f.data, data...)
	}
	f.Size = len(f.data)
	return f, nil
}

// Bytes is the recording as it was read.
func (f *File) Bytes() []byte { return f.data }

// Parse takes a recording from memory.
func Parse(data []byte) *File { return &File{Name: "recording", Size: len(data), data: data} }

// mend ends the last frame of a file when its writer was killed before it did, so that another can follow: the
// first keep bytes stay, and the tail is put after them.
func mend(data []byte) (keep int, tail []byte) {
	for f := range frames(data) {
		switch {
		case f.whole || f.offset+len(f.data) < len(data):
		case f.blocks == 0:
			return f.offset, nil
		default:
			return f.offset + f.blocks, endMark
		}
	}
	return len(data), nil
}

// Items reads the recording from beginning to end. What cannot be read comes as a Damage; the rest is used.
func (f *File) Items() iter.Seq[Item] {
	return func(yield func(Item) bool) {
		r := reader{yield: yield}
		if bytes.HasPrefix(f.data, []byte{'{'}) { // unpacked
			r.read(frame{data: f.data, whole: true}, bytes.NewReader(f.data))
			r.finish()
			return
		}
		unpack, err := decompress()
		if err != nil {
			yield(Damage{0, err.Error()})
			return
		}
		defer unpack.Close()
		for part := range frames(f.data) {
			if err := unpack.Reset(bytes.NewReader(part.data)); err != nil {
				r.damage(part, err)
				continue
			}
			if !r.read(part, unpack) {
				return
			}
		}
		r.finish()
	}
}

// Raw is the recording unpacked: JSON lines, as far as they can be read.
func (f *File) Raw() ([]byte, error) {
	if bytes.HasPrefix(f.data, []byte{'{'}) {
		return f.data, nil
	}
	unpack, err := decompress()
	if err != nil {
		return nil, err
	}
	defer unpack.Close()
	if err := unpack.Reset(bytes.NewReader(f.data)); err != nil {
		return nil, err
	}
	return io.ReadAll(unpack)
}

// reader follows the lines through all frames.
type reader struct {
	decoder
	yield   func(Item) bool
	lines   int
	broken  bool // until the next head
	stopped bool
}

// maxLine is far more than a head with all it may hold.
const maxLine = 8 << 20

// read reads the lines of a frame. It reports false when whoever reads has had enough.
func (r *reader) read(part frame, in io.Reader) bool {
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 64<<10), maxLine)
	lines.Split(wholeLines)
	for lines.Scan() && !r.stopped {
		r.lines++
		r.one(part, lines.Bytes())
	}
	if err := lines.Err(); err != nil && !r.stopped {
		r.damage(part, err)
	}
	return !r.stopped
}

func (r *reader) one(part frame, raw []byte) {
	if len(bytes.TrimSpace(raw)) == 0 {
		return
	}
	goOn, err := r.line(r.lines, raw, r.yield)
	r.stopped = r.stopped || !goOn
	switch {
	case err == nil:
		r.broken = r.broken && !r.begun
	case r.broken && errors.Is(err, errNoHead):
		// that has been told
	case !r.stopped:
		r.damage(part, err)
	}
}

// damage tells that something could not be read, once until the next head.
func (r *reader) damage(part frame, err error) {
	if errors.Is(err, io.ErrUnexpectedEOF) && !part.whole {
		err = errNotWhole
	}
	told := r.broken
	r.broken = true
	if !r.breakOff(r.yield) || !told && !r.yield(Damage{int64(part.offset), strings.TrimSpace(err.Error())}) {
		r.stopped = true
	}
}

func (r *reader) finish() {
	if !r.stopped {
		r.flush(r.yield)
	}
}

// wholeLines splits as bufio.ScanLines does, but takes a last line without an end for cut off.
func wholeLines(data []byte, atEOF bool) (int, []byte, error) {
	if i := bytes.IndexByte(data, '\n'); i >= 0 {
		return i + 1, data[:i], nil
	}
	if atEOF && len(data) > 0 {
		return 0, nil, io.ErrUnexpectedEOF
	}
	return 0, nil, nil
}
