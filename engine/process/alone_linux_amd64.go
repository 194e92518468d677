package process

import "golang.org/x/sys/unix"

const (
	aloneArch    = unix.AUDIT_ARCH_X86_64
	foreignCalls = 1 << 30 // from here on the calls of another ABI on the same machine (x32)
)

var forkCalls = []uint32{unix.SYS_FORK, unix.SYS_VFORK}
