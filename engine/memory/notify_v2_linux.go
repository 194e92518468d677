package memory

import (
	"errors"
	"fmt"
	"path/filepath"
	"syscall"
)

// openEvents opens what a version 2 group tells by itself. memory.events can be listened to even where the
// group is read-only, pressure only where we may write.
func openEvents(dir string) ([]source, error) {
	var sources []source
	events, err1 := openCounter(filepath.Join(dir, "memory.events"))
	if err1 == nil {
		sources = append(sources, events)
	}
	pressure, err2 := openPressure(filepath.Join(dir, "memory.pressure"), "memory.pressure")
	if err2 == nil {
		sources = append(sources, pressure)
	}
	return sources, errors.Join(err1, err2)
}

// openCounter listens to a file of a version 2 group that is marked as modified when it changes. The mark
// is against what was read last, so it is read now and after each event. The kernel marks it at most
// every 10 ms (CGROUP_FILE_NOTIFY_MIN_INTV).
func openCounter(path string) (source, error) {
	fd, err := syscall.Open(path, syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return source{}, fmt.Errorf("%s: %w", path, err)
	}
	read := drain(fd)
	read()
	return source{
		name: filepath.Base(path), fd: fd, events: syscall.EPOLLPRI,
		clear: read, close: func() { _ = syscall.Close(fd) },
	}, nil
}

// Triggers on how long some process waited for memory within a window, both in µs: 4 % of the time, which
// no group does that has room (Documentation/accounting/psi.rst). Without the right to administer resources
// the window must be a multiple of two seconds, and the kernel looks only that often.
var triggers = []string{"some 20000 500000", "some 80000 2000000"}

func openPressure(path, name string) (source, error) {
	fd, err := syscall.Open(path, syscall.O_RDWR|syscall.O_NONBLOCK|syscall.O_CLOEXEC, 0)
	if err != nil {
		return source{}, fmt.Errorf("%s: %w", path, err)
	}
	for _, trigger := range triggers {
		if _, err = syscall.Write(fd, append([]byte(trigger), 0)); err == nil {
			return source{name: name, fd: fd, events: syscall.EPOLLPRI, close: func() { _ = syscall.Close(fd) }}, nil
		}
	}
	_ = syscall.Close(fd)
	return source{}, fmt.Errorf("%s: %w", path, err)
}
