package memory

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// maxFiles is how many files and folders are looked at on each file system: 50 ms of work.
const maxFiles = 10_000

// dirChunk is how many entries of a folder are read at once, so that one with a million costs no memory.
const dirChunk = 256

// walk looks for files on memory file systems.
type walk struct {
	since  time.Time
	uid    uint32
	looked int  // on the file system at hand
	many   bool // more files than are looked at
	found  map[inode]Leftover
	seen   map[inode]bool // folders: one file system may be mounted in several places
}

func (w *walk) left() int { return max(0, maxFiles-w.looked) }

// mount walks one file system, the upper folders first, and does not leave it: not by a mount below, not by
// a symbolic link, not by a folder that becomes one meanwhile.
func (w *walk) mount(point string) {
	var top syscall.Stat_t
	if err := syscall.Lstat(point, &top); err != nil {
		return
	}
	w.looked = 0
	for dirs := []string{point}; len(dirs) > 0 && w.left() > 0; dirs = dirs[1:] {
		dirs = append(dirs, w.dir(dirs[0], top.Dev)...)
	}
	w.many = w.many || w.left() == 0
}

// dir looks at a folder's files and returns the folders in it.
func (w *walk) dir(path string, device uint64) (dirs []string) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_DIRECTORY|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return nil
	}
	defer f.Close()
	if !w.enter(f, device) {
		return nil
	}
	for w.left() > 0 {
		entries, _ := f.ReadDir(min(dirChunk, w.left()))
		if len(entries) == 0 {
			return dirs
		}
		w.looked += len(entries)
		for _, e := range entries {
			switch path := filepath.Join(path, e.Name()); {
			case e.IsDir():
				dirs = append(dirs, path)
			case e.Type().IsRegular():
				w.file(path, e, device)
			}
		}
	}
	return dirs
}

// enter reports whether a folder is on the file system and was not walked yet.
func (w *walk) enter(f *os.File, device uint64) bool {
	info, err := f.Stat()
	if err != nil {
		return false
	}
	s := info.Sys().(*syscall.Stat_t)
	id := inode{s.Dev, s.Ino}
	if s.Dev != device || w.seen[id] {
		return false
	}
	if w.seen == nil {
		w.seen = map[inode]bool{}
	}
	w.seen[id] = true
	return true
}

// file takes note of a file that is ours, takes memory and is new. The time is that of the last change of
// any kind, which unlike the time of modification cannot be set: archives are unpacked with old times.
func (w *walk) file(path string, e fs.DirEntry, device uint64) {
	info, err := e.Info()
	if err != nil {
		return
	}
	s := info.Sys().(*syscall.Stat_t)
	changed := time.Unix(s.Ctim.Unix())
	if !info.Mode().IsRegular() || s.Dev != device || s.Uid != w.uid || s.Blocks == 0 || changed.Before(w.since) {
		return
	}
	id := inode{s.Dev, s.Ino}
	w.found[id] = Leftover{Path: path, Bytes: s.Blocks * 512, file: id} // blocks of 512 bytes: stat(2)
}
