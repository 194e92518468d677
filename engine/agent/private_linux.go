package agent

import (
	"fmt"
	"os"
)

// private is the memory that this process shares with nobody, in bytes.
func private() int64 {
	raw, _ := os.ReadFile("/proc/self/statm") // of zeros the program's own memory comes on top
	var size, resident, shared int64
	_, _ = fmt.Sscan(string(raw), &size, &resident, &shared)
	return (resident - shared) * int64(os.Getpagesize())
}
