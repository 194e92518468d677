//go:build !unix

package agent

import "os"

// notifyThaw does nothing where processes are not frozen.
func notifyThaw(chan os.Signal) {}
