//go:build !linux

package main

import "coder1/engine/memory"

// share is what a process uses, in bytes; pages that it shares are counted with each.
func share(p memory.Process) int64 { return p.Anon + p.File }
