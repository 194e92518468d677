package memory

import (
	"errors"
	"time"
)

// Leftover is memory that belongs to no process: a file on a memory file system that nobody has open, or a
// shared memory segment (System V) that nobody is attached to. It stays until somebody removes it.
type Leftover struct {
	Path  string // of the file; of a segment "sysv:" and its number
	Bytes int64  // what it takes, not its length

	file    inode // a file's
	segment int   // a segment's number, with created what names it
	created int64 // seconds since 1970
}

// inode is a file, whatever its names.
type inode struct {
	device uint64
	number uint64
}

// ErrManyFiles means that there are more files on memory file systems than are looked at.
var ErrManyFiles = errors.New("too many files in memory to look at all of them")

// errUsed means that a leftover is not one any more.
var errUsed = errors.New("it is in use, or is not what it was")

// Leftovers lists them, the largest first: of our user, on file systems that we may write to, and modified
// or changed since a time, the engine's start. It cannot know who made them: another program of the same
// user may have put a file there that it wants to read later. So tell before removing one, outside of a container.
//
// It looks at no more than 10,000 files of each file system, those higher up first, and returns what it
// found with ErrManyFiles when there are more. It looks into all processes only when it found something: some 0.1 ms for each.
// Processes that we may not look into (another user's) are taken not to use our files.
func Leftovers(since time.Time) ([]Leftover, error) { return findLeftovers(since) }

// Remove removes it, if it still is what was found, and still nobody's.
func (l Leftover) Remove() error { return l.remove() }
