package process

import (
	"bufio"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// keepText makes the pages of this program that it has used, or will use, stay in memory. When a cgroup is
// nearly full the kernel takes back file pages first, those of programs among them; a watcher whose own code
// has to be read from disk again is too late. Nothing is read in advance (MLOCK_ONFAULT), so it costs what
// the program uses anyway.
func keepText() error {
	self, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return err
	}
	maps, err := os.Open("/proc/self/maps")
	if err != nil {
		return err
	}
	defer maps.Close()
	lines := bufio.NewScanner(maps)
	for lines.Scan() {
		if r, ok := parseText(lines.Text(), self); ok {
			if _, _, errno := unix.Syscall(unix.SYS_MLOCK2, r.from, r.to-r.from, unix.MLOCK_ONFAULT); errno != 0 {
				return errno
			}
		}
	}
	return lines.Err()
}

type addresses struct{ from, to uintptr }

// parseText reads a line of /proc/self/maps such as "00400000-0047f000 r-xp 00000000 fd:00 12 /bin/x", and
// reports whether it is a part of the program that is never written.
func parseText(line, program string) (r addresses, ok bool) {
	fields := strings.Fields(line)
	if len(fields) < 6 || fields[5] != program || !strings.HasPrefix(fields[1], "r-") {
		return r, false
	}
	n, err := fmt.Sscanf(fields[0], "%x-%x", &r.from, &r.to)
	return r, n == 2 && err == nil && r.to > r.from
}
