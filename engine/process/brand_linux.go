package process

import (
	"bytes"
	"hash/fnv"
	"os"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A brand is a tree's second marker, for members that cleared their environment ("env -i", sudo, service):
// a limit that a process gets, that all its descendants inherit, and that means nothing to them. It is the
// limit on uninterrupted real-time CPU use, set to a number of microseconds that takes a hundred thousand
// years: the engine's number in the upper bits, the tree's in the lower ones. 0 is no brand.
type brand uint64

const (
	treeBits   = 24
	engineBits = 38
	isBrand    = brand(1) << (treeBits + engineBits)
	lastTree   = 1<<treeBits - 1
	brandLimit = unix.RLIMIT_RTTIME
)

// engineBrand is the brand of an engine's trees without the tree's number.
func engineBrand(id string) brand {
	h := fnv.New64a()
	h.Write([]byte(id))
	return isBrand | brand(h.Sum64()>>(64-engineBits))<<treeBits
}

// tree is the brand of an engine's nth tree. Numbers descend, because the limit can only be lowered: a
// command that an agent runs is branded over the agent's brand.
func (b brand) tree(n uint64) brand { return b | brand(lastTree-n%(1<<treeBits)) }

// engine is the brand without the tree's number.
func (b brand) engine() brand { return b >> treeBits << treeBits }

// canBrand reports whether there is such a limit, and this process has none yet.
func canBrand() bool {
	var now unix.Rlimit
	return unix.Getrlimit(brandLimit, &now) == nil && now.Max == unix.RLIM_INFINITY
}

// putOnSelf brands this process, unless somebody else has or its brand is lower already. A tree without a
// brand is still found by descent, session and environment.
func (b brand) putOnSelf() {
	if b == 0 {
		return
	}
	own := brandOf(os.Getpid())
	if canBrand() || own.engine() == b.engine() && own > b {
		_ = unix.Setrlimit(brandLimit, &unix.Rlimit{Cur: uint64(b), Max: uint64(b)})
	}
}

// brandOf reads a process's brand.
func brandOf(pid int) brand {
	b, err := peekBrand(pid)
	if err == unix.EPERM { // of another user, who may still let us read
		limits, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/limits")
		b = brandIn(parseLimits(limits))
	}
	return b
}

// peekBrand reads the brand of a process of ours with one system call. It is not unix.Prlimit, which
// allocates, because all processes are peeked at again and again.
func peekBrand(pid int) (brand, unix.Errno) {
	var l unix.Rlimit
	_, _, err := unix.RawSyscall6(unix.SYS_PRLIMIT64, uintptr(pid), brandLimit, 0, uintptr(unsafe.Pointer(&l)), 0, 0)
	if err != 0 {
		return 0, err
	}
	return brandIn(l.Max), 0
}

// brandIn is the brand that a limit stands for.
func brandIn(limit uint64) brand {
	if b := brand(limit); b < 2*isBrand && b&isBrand != 0 {
		return b
	}
	return 0
}

// parseLimits finds the hard limit on real-time CPU use in a line such as
// "Max realtime timeout      1000                 2000                 us".
func parseLimits(limits []byte) uint64 {
	_, after, _ := bytes.Cut(limits, []byte("\nMax realtime timeout "))
	line, _, _ := bytes.Cut(after, []byte("\n"))
	if fields := bytes.Fields(line); len(fields) == 3 {
		hard, _ := strconv.ParseUint(string(fields[1]), 10, 64) // "unlimited" is 0: no brand
		return hard
	}
	return 0
}
