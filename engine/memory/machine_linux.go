package memory

import (
	"bytes"
	"os"
	"path/filepath"
)

// machineMemory is what the machine has, in bytes.
func machineMemory(root string) int64 {
	data, err := os.ReadFile(filepath.Join(root, "proc/meminfo"))
	if err != nil {
		return orInfinite(0)
	}
	for line := range bytes.Lines(data) {
		if fields := bytes.Fields(line); len(fields) == 3 && string(fields[0]) == "MemTotal:" {
			if kb, ok := number(fields[1]); ok {
				return kb << 10
			}
		}
	}
	return orInfinite(0)
}
