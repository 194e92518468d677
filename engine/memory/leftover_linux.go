package memory

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func findLeftovers(since time.Time) ([]Leftover, error) {
	found, many := abandonedFiles(since)
	if many != nil && !errors.Is(many, ErrManyFiles) {
		return nil, many
	}
	segments, err := abandonedSegments(since)
	if err != nil {
		return nil, err
	}
	found = append(found, segments...)
	slices.SortFunc(found, func(a, b Leftover) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(a.Path, b.Path))
	})
	return found, many
}

// abandonedFiles lists the files on memory file systems that nobody uses.
func abandonedFiles(since time.Time) ([]Leftover, error) {
	mounts, err := readMounts("/")
	if err != nil {
		return nil, err
	}
	w := walk{since: since, uid: uint32(os.Geteuid()), found: map[inode]Leftover{}}
	for _, point := range memoryMounts(mounts) {
		w.mount(point)
	}
	err = forgetUsed(w.found)
	var files []Leftover
	for _, l := range w.found {
		files = append(files, l)
	}
	if w.many {
		err = errors.Join(err, ErrManyFiles)
	}
	return files, err
}

// memoryMounts lists where memory file systems that we may write to are mounted. What is below /sys and
// /proc holds the system's own folders (cgroups are mounted on a tmpfs), no files of users.
func memoryMounts(mounts []mount) []string {
	var points []string
	for _, m := range mounts {
		system := strings.HasPrefix(m.point, "/sys/") || strings.HasPrefix(m.point, "/proc/")
		if m.filesystem != "tmpfs" || system || deviceOf(m.point) != m.device {
			continue // another device: something else is mounted over it
		}
		if syscall.Access(m.point, 2) == nil { // W_OK
			points = append(points, m.point)
		}
	}
	return points
}

// deviceOf is the device of a file system, written as mountinfo and maps do in decimal: major:minor.
func deviceOf(path string) string {
	var s syscall.Stat_t
	if err := syscall.Stat(path, &s); err != nil {
		return ""
	}
	major, minor := splitDevice(s.Dev)
	return strconv.FormatUint(major, 10) + ":" + strconv.FormatUint(minor, 10)
}

// splitDevice takes a device number apart as makedev(3) puts it together.
func splitDevice(dev uint64) (major, minor uint64) {
	return dev>>8&0xfff | dev>>32&^0xfff, dev&0xff | dev>>12&^0xff
}

func joinDevice(major, minor uint64) uint64 {
	return minor&0xff | major&0xfff<<8 | minor&^0xff<<12 | major&^0xfff<<32
}

func (l Leftover) remove() error {
	err := l.removeUnused()
	if err != nil {
		return fmt.Errorf("remove %s: %w", l.Path, err)
	}
	return nil
}

func (l Leftover) removeUnused() error {
	if l.file == (inode{}) {
		return l.removeSegment()
	}
	info, err := os.Lstat(l.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if s := info.Sys().(*syscall.Stat_t); (inode{s.Dev, s.Ino}) != l.file || !info.Mode().IsRegular() {
		return errUsed
	}
	unused := map[inode]Leftover{l.file: l}
	if err := forgetUsed(unused); err != nil {
		return err
	}
	if len(unused) == 0 {
		return errUsed
	}
	return os.Remove(l.Path)
}
