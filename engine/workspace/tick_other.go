//go:build !linux

package workspace

import "time"

// tick is the time that a file changed right now would get, at least.
func tick() time.Time { return time.Now().Add(-10 * time.Millisecond) }
