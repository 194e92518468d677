package process

import (
	"bytes"
	"errors"
	"hash/fnv"
	"os"
	"strconv"

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
	brandLimit = unix.RLIMIT_RTTIME
)

// engineBrand is the brand of an engine's trees without the tree's number.
func engineBrand(id string) brand {
	h := fnv.New64a()
	h.Write([]byte(id))
	return isBrand | brand(h.Sum64()>>(64-engineBits))<<treeBits
}

// tree is the brand of an engine's nth tree.
func (b brand) tree(n uint64) brand { return b | brand(n%(1<<treeBits)) }

// engine is the brand without the tree's number.
func (b brand) engine() brand { return b >> treeBits << treeBits }

// canBrand reports whether there is such a limit, and this process has none yet.
func canBrand() bool {
	var now unix.Rlimit
	return unix.Getrlimit(brandLimit, &now) == nil && now.Max == unix.RLIM_INFINITY
}

// putOnSelf brands this process. A tree without a brand is still found by descent, session and environment.
func (b brand) putOnSelf() {
	if b != 0 && canBrand() {
		_ = unix.Setrlimit(brandLimit, &unix.Rlimit{Cur: uint64(b), Max: uint64(b)})
	}
}

// brandOf reads a process's brand.
func brandOf(pid int) brand {
	var l unix.Rlimit
	err := unix.Prlimit(pid, brandLimit, nil, &l)
	if errors.Is(err, unix.EPERM) { // of another user, who may still let us read
		limits, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/limits")
		l.Max = parseLimits(limits)
	} else if err != nil {
		return 0
	}
	if b := brand(l.Max); b < 2*isBrand && b&isBrand != 0 {
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
