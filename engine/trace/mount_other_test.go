//go:build !linux

package trace

import "testing"

func mountSmall(t *testing.T, _ string, _ int) { t.Skip("only Linux mounts a file system for a test") }
