package process

import (
	"errors"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

// CanBeAlone reports whether the system holds a program to starting no others: on Linux (amd64 and arm64),
// unless it forbids filters of system calls.
func CanBeAlone() bool { return canBeAlone() }

// canBeAlone asks for a filter that is nowhere: who may have filters at all is told that there is none.
var canBeAlone = sync.OnceValue(func() bool {
	return aloneArch != 0 && errors.Is(unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, 0, 0, 0), unix.EFAULT)
})

// stayAlone makes the kernel refuse this thread, and the program that it becomes, to make processes. Threads
// it may make. Where the kernel does not let us, nothing is forbidden.
func stayAlone() {
	filter := aloneFilter()
	if len(filter) == 0 || unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != nil {
		return
	}
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	_ = unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&program)), 0, 0)
}

// Offsets in what a filter sees of a system call (struct seccomp_data).
const (
	seccompCall = 0
	seccompArch = 4
	seccompArgs = 16 // the lower half of the first argument, on a little-endian machine
)

// aloneFilter lets through every system call but those that make a process. A call of clone that makes a
// thread is let through; clone3 hides what it makes in memory that no filter can read, so that it does not
// exist, and the C library makes its threads by clone.
func aloneFilter() []unix.SockFilter {
	if aloneArch == 0 {
		return nil
	}
	load := func(offset uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: offset}
	}
	skip := func(test uint16, value uint32, yes, no uint8) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_K | test, K: value, Jt: yes, Jf: no}
	}
	answer := func(value uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: value}
	}
	refuse := answer(unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM))
	filter := []unix.SockFilter{
		load(seccompArch), skip(unix.BPF_JEQ, aloneArch, 1, 0), refuse,
		load(seccompCall), skip(unix.BPF_JGE, foreignCalls, 0, 1), refuse,
		skip(unix.BPF_JEQ, unix.SYS_CLONE3, 0, 1), answer(unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS)),
	}
	for _, fork := range forkCalls {
		filter = append(filter, skip(unix.BPF_JEQ, fork, 0, 1), refuse)
	}
	return append(filter,
		skip(unix.BPF_JEQ, unix.SYS_CLONE, 0, 3),
		load(seccompArgs), skip(unix.BPF_JSET, unix.CLONE_THREAD, 1, 0), refuse,
		answer(unix.SECCOMP_RET_ALLOW),
	)
}
