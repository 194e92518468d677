//go:build !unix

package agent

import "os/exec"

// killsGroup leaves it at the command itself: there are no process groups here.
func killsGroup(*exec.Cmd) {}
