package memory

import (
	"bytes"
	"os"
)

// Alone reports whether this process is in a container of its own: the first process that it can see is in
// the same cgroups as itself. Where a machine's first process is seen, others are there too.
func Alone() bool {
	first, err1 := os.ReadFile("/proc/1/cgroup")
	own, err2 := os.ReadFile("/proc/self/cgroup")
	return err1 == nil && err2 == nil && bytes.Equal(first, own)
}
