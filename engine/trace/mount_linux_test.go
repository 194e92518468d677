package trace

import (
	"fmt"
	"syscall"
	"testing"
)

// mountSmall puts a file system of so many bytes there.
func mountSmall(t *testing.T, dir string, bytes int) {
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d", bytes)); err != nil {
		t.Skipf("a small file system cannot be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
}
