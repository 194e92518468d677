package memory

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"strconv"
	"syscall"
)

// forgetUsed drops the files that a process has open or mapped.
func forgetUsed(files map[inode]Leftover) error {
	if len(files) == 0 {
		return nil
	}
	proc, err := os.Open("/proc")
	if err != nil {
		return fmt.Errorf("who uses files in memory: %w", err)
	}
	defer proc.Close()
	names, err := proc.Readdirnames(-1)
	if err != nil {
		return fmt.Errorf("who uses files in memory: %w", err)
	}
	for _, name := range names {
		if _, err := strconv.Atoi(name); err == nil && len(files) > 0 {
			forgetUsedBy("/proc/"+name, files)
		}
	}
	return nil
}

// forgetUsedBy looks into one process. When its first thread has ended it shows nothing of the others, so
// they are looked at instead.
func forgetUsedBy(process string, files map[inode]Leftover) {
	forgetOpen(process+"/fd/", files)
	if forgetMapped(process+"/maps", files) {
		return
	}
	threads, _ := os.ReadDir(process + "/task")
	for _, t := range threads {
		thread := process + "/task/" + t.Name()
		forgetOpen(thread+"/fd/", files)
		if forgetMapped(thread+"/maps", files) {
			return
		}
	}
}

func forgetOpen(dir string, files map[inode]Leftover) {
	f, err := os.Open(dir)
	if err != nil {
		return
	}
	defer f.Close()
	names, _ := f.Readdirnames(-1)
	for _, name := range names {
		var s syscall.Stat_t
		if err := syscall.Stat(dir+name, &s); err == nil {
			delete(files, inode{s.Dev, s.Ino})
		}
	}
}

// forgetMapped returns whether the process has any memory.
func forgetMapped(path string, files map[inode]Leftover) (any bool) {
	f, err := os.Open(path)
	if err != nil {
		return true // gone, or not ours to look into
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		any = true
		if id, ok := parseMap(lines.Bytes()); ok {
			delete(files, id)
		}
	}
	return any
}

// parseMap reads a line such as "7f0a4c000000-7f0a4c021000 rw-s 00000000 00:1b 1234  /dev/shm/x"
// (proc_pid_maps(5)); false for memory that is no file's.
func parseMap(line []byte) (inode, bool) {
	var field, device []byte
	for range 4 {
		device, line = nextField(line)
	}
	field, _ = nextField(line)
	major, minor, _ := bytes.Cut(device, []byte(":"))
	maj, err1 := strconv.ParseUint(string(major), 16, 32)
	low, err2 := strconv.ParseUint(string(minor), 16, 32)
	number, err3 := strconv.ParseUint(string(field), 10, 64)
	if err1 != nil || err2 != nil || err3 != nil || number == 0 {
		return inode{}, false
	}
	return inode{joinDevice(maj, low), number}, true
}
