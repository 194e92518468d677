package memory

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// groups is the cgroup file system. Tests put a model of the kernel's rules in its place.
type groups interface {
	make(parent, prefix string) (dir string, err error)
	remove(dir string) error
	list(dir string) (names []string, err error)
	read(file string) (string, error)
	write(file, text string) error
}

type kernelGroups struct{}

func (kernelGroups) make(parent, prefix string) (string, error) { return os.MkdirTemp(parent, prefix) }

func (kernelGroups) remove(dir string) error { return os.Remove(dir) }

func (kernelGroups) list(dir string) (names []string, err error) {
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names, err
}

func (kernelGroups) read(file string) (string, error) {
	data, err := os.ReadFile(file)
	return string(data), err
}

func (kernelGroups) write(file, text string) error {
	f, err := os.OpenFile(file, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.WriteString(text)
	return err
}

// members lists the processes in a group; those that we may not see are 0.
func (j *jailer) members(dir string) ([]int, error) {
	text, err := j.groups.read(filepath.Join(dir, "cgroup.procs"))
	if err != nil {
		return nil, err
	}
	var pids []int
	for _, field := range strings.Fields(text) {
		pid, err := strconv.Atoi(field)
		if err != nil {
			return nil, fmt.Errorf("cgroup.procs: %w", err)
		}
		pids = append(pids, pid)
	}
	return pids, nil
}

func (j *jailer) move(dir string, pid int) error {
	return j.groups.write(filepath.Join(dir, "cgroup.procs"), strconv.Itoa(pid))
}

// setting is what is written into a file of a group.
type setting struct {
	file, text string
	optional   bool // wanted only where the file exists and is ours
	noSwap     bool // keeps the group out of swap
}

func (c *cell) set(settings []setting) error {
	for _, s := range settings {
		err := c.groups.write(filepath.Join(c.dir, s.file), s.text)
		missing := errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission)
		if err != nil && (!s.optional || !missing) {
			return err
		}
		c.noSwap = c.noSwap || s.noSwap && err == nil
	}
	return nil
}
