package terminal

import (
	"fmt"
	"os"
)

// Bounds of a record.
const (
	tailSize = 64 << 10 // in memory, allocated as it is needed
	fileSize = 8 << 20  // on disk: 50,000 lines of 160 characters
)

// record is what a terminal has said: the newest bytes in memory, older ones in a file that is written round
// and round, so that byte n is at n modulo its size. Guarded by the terminal's mu, except for write and for
// reading the file, which are done without it.
type record struct {
	path string
	room int64    // bytes that the file can hold
	file *os.File // nil until there is something in it

	first   int64  // offset of the oldest byte kept
	spilled int64  // offset of the first byte that is in tail
	tail    []byte // the newest bytes
	lines   lines

	spilling []byte // the beginning of tail, while it is written
}

// end is the offset of the next byte to be said.
func (r *record) end() int64 { return r.spilled + int64(len(r.tail)) }

// add appends what there must be room for.
func (r *record) add(b []byte) {
	r.lines.add(r.end(), b)
	if need := len(r.tail) + len(b); need > cap(r.tail) {
		grown := make([]byte, len(r.tail), min(tailSize, max(2*cap(r.tail), need, 512)))
		copy(grown, r.tail)
		r.tail = grown
	}
	r.tail = append(r.tail, b...)
}

// beginSpill chooses the bytes to be written, all but the last keep, and lets go of what they take the place of.
// It reports false when there is nothing to write, or when somebody has not drawn what would be lost.
func (r *record) beginSpill(keep int, drawn int64) bool {
	n := len(r.tail) - keep
	lost := r.spilled + int64(n) - r.room
	if n <= 0 || lost > drawn {
		return false
	}
	r.first = max(r.first, lost)
	r.spilling = r.tail[:n:n]
	return true
}

// write writes what beginSpill chose.
func (r *record) write() error {
	if r.file == nil {
		file, err := os.OpenFile(r.path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
		if err != nil {
			return fmt.Errorf("make the file for a terminal's past: %w", err)
		}
		r.file = file
	}
	at := r.spilled % r.room
	before := min(int64(len(r.spilling)), r.room-at)
	if _, err := r.file.WriteAt(r.spilling[:before], at); err != nil {
		return fmt.Errorf("keep a terminal's past: %w", err)
	}
	if _, err := r.file.WriteAt(r.spilling[before:], 0); err != nil {
		return fmt.Errorf("keep a terminal's past: %w", err)
	}
	return nil
}

// endSpill lets go of what was written.
func (r *record) endSpill() {
	n := len(r.spilling)
	r.spilling = nil
	r.spilled += int64(n)
	if n == len(r.tail) {
		r.tail = nil
		return
	}
	r.tail = r.tail[:copy(r.tail, r.tail[n:])]
}

// forget gives up what could not be written, and with it all that is older, if everybody has drawn it; else it
// returns the error.
func (r *record) forget(drawn int64, err error) error {
	if r.spilled+int64(len(r.spilling)) > drawn {
		r.spilling = nil
		return err
	}
	r.endSpill()
	r.first = r.spilled
	return nil
}

// inFile says how much of n bytes from an offset on is to be read from the file; 0: it is in memory.
func (r *record) inFile(from int64, n int) int { return int(max(0, min(int64(n), r.spilled-from))) }

// readFile reads bytes that are in the file.
func (r *record) readFile(file *os.File, b []byte, from int64) error {
	at := from % r.room
	before := min(int64(len(b)), r.room-at)
	if _, err := file.ReadAt(b[:before], at); err != nil {
		return fmt.Errorf("read a terminal's past: %w", err)
	}
	if _, err := file.ReadAt(b[before:], 0); err != nil {
		return fmt.Errorf("read a terminal's past: %w", err)
	}
	return nil
}

// readTail reads bytes that are in memory.
func (r *record) readTail(b []byte, from int64) { copy(b, r.tail[from-r.spilled:]) }

// peek reads at most n bytes from an offset on, wherever they are.
func (r *record) peek(from int64, n int) []byte {
	b := make([]byte, max(0, min(int64(n), r.end()-from)))
	f := r.inFile(from, len(b))
	if f > 0 && r.readFile(r.file, b[:f], from) != nil {
		return nil // nothing is known of it
	}
	if f < len(b) {
		r.readTail(b[f:], from+int64(f))
	}
	return b
}

// remove gives everything back.
func (r *record) remove() error {
	r.tail, r.spilling, r.lines = nil, nil, lines{}
	if r.file == nil {
		return nil
	}
	_ = r.file.Close()
	r.file = nil
	if err := os.Remove(r.path); err != nil {
		return fmt.Errorf("remove a terminal's past: %w", err)
	}
	return nil
}
