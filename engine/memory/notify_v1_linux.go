package memory

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// openThresholds registers with a version 1 group: one event counter for all thresholds and for pressure
// (the kernel's Documentation/admin-guide/cgroup-v1/memory.rst, sections 9 and 11).
func openThresholds(dir, usage string, thresholds []int64) ([]source, error) {
	event, err := eventfd()
	if err != nil {
		return nil, err
	}
	names := map[string]bool{}
	var errs []error
	try := func(file, argument string) {
		if err := register(dir, event, file, argument); err != nil {
			errs = append(errs, err)
			return
		}
		names[file] = true
	}
	for _, t := range thresholds {
		try(usage, strconv.FormatInt(t, 10))
	}
	// "low" would come with every file that is read while the group is full of page cache.
	try("memory.pressure_level", "medium")
	if len(names) == 0 {
		_ = syscall.Close(event)
		return nil, errors.Join(errs...)
	}
	count := make([]byte, 8)
	return []source{{
		name: strings.Join(slices.Sorted(maps.Keys(names)), ", "), fd: event, events: syscall.EPOLLIN,
		clear: func() { _, _ = syscall.Read(event, count) },
		close: func() { _ = syscall.Close(event) },
	}}, nil
}

// register asks for an event when a file of the group has something to say. The kernel keeps what it needs
// of the file: it can be closed.
func register(dir string, event int, file, argument string) error {
	f, err := os.Open(filepath.Join(dir, file))
	if err != nil {
		return err
	}
	defer f.Close()
	control, err := os.OpenFile(filepath.Join(dir, "cgroup.event_control"), os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer control.Close()
	if _, err := fmt.Fprintf(control, "%d %d %s", event, f.Fd(), argument); err != nil {
		return fmt.Errorf("%s %s: %w", file, argument, err)
	}
	return nil
}
