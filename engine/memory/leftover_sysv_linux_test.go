//go:build linux && !386

package memory

import (
	"fmt"
	"os"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// makeSegment makes a shared memory segment of 2 MB and touches it. detach lets go of it.
func makeSegment(t *testing.T) (id int, detach func()) {
	t.Helper()
	const create = 0o1000 // IPC_CREAT
	n, _, errno := syscall.Syscall(syscall.SYS_SHMGET, 0, 2*mb, create|0o600)
	if errno != 0 {
		t.Skipf("no System V shared memory here: %v", errno)
	}
	id = int(n)
	t.Cleanup(func() { _ = shmRemove(id) })
	at, _, errno := syscall.Syscall(syscall.SYS_SHMAT, uintptr(id), 0, 0)
	if errno != 0 {
		t.Fatal(errno)
	}
	memory := unsafe.Slice(*(**byte)(unsafe.Pointer(&at)), 2*mb)
	for i := 0; i < len(memory); i += os.Getpagesize() {
		memory[i] = 1
	}
	return id, func() { _, _, _ = syscall.Syscall(syscall.SYS_SHMDT, at, 0, 0) }
}

func segmentLeft(t *testing.T, id int, since time.Time) (Leftover, bool) {
	t.Helper()
	all, err := abandonedSegments(since)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range all {
		if l.Path == fmt.Sprintf("sysv:%d", id) {
			return l, true
		}
	}
	return Leftover{}, false
}

func TestSegmentsThatNobodyIsAttachedTo(t *testing.T) {
	began := time.Now().Add(-time.Minute)
	id, detach := makeSegment(t)
	if l, found := segmentLeft(t, id, began); found {
		t.Errorf("while attached: %+v", l)
	}
	detach()
	if _, found := segmentLeft(t, id, time.Now().Add(time.Minute)); found {
		t.Error("it is older than that")
	}
	l, found := segmentLeft(t, id, began)
	if !found || l.Bytes != 2*mb {
		t.Fatalf("found %v: %+v", found, l)
	}
	at, _, errno := syscall.Syscall(syscall.SYS_SHMAT, uintptr(id), 0, 0)
	if errno != 0 {
		t.Fatal(errno)
	}
	if err := l.Remove(); err == nil {
		t.Error("removed while somebody is attached")
	}
	_, _, _ = syscall.Syscall(syscall.SYS_SHMDT, at, 0, 0)
	for range 2 { // the second time there is nothing left to do
		if err := l.Remove(); err != nil {
			t.Error(err)
		}
	}
	if _, found := segmentLeft(t, id, began); found {
		t.Error("still there")
	}
}
