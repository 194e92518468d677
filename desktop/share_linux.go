package main

import (
	"bytes"
	"os"
	"strconv"

	"coder1/engine/memory"
)

// share is what a process uses, in bytes: its proportional set size, in which pages that it shares count for
// its part.
func share(p memory.Process) int64 {
	raw, err := os.ReadFile("/proc/" + strconv.Itoa(p.PID) + "/smaps_rollup")
	if err != nil {
		return 0 // it has ended
	}
	for line := range bytes.Lines(raw) {
		if rest, is := bytes.CutPrefix(line, []byte("Pss:")); is {
			kb, _ := strconv.ParseInt(string(bytes.TrimSuffix(bytes.TrimSpace(rest), []byte(" kB"))), 10, 64)
			return kb << 10
		}
	}
	return 0
}
