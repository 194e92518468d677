//go:build !linux

package memory

// Written is not known here: it is 0.
func Written(int) int64 { return 0 }
