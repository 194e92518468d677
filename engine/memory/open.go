package memory

import (
	"errors"
	"math"
	"os"
)

// Options say what to measure. The zero value measures this process where it is.
type Options struct {
	// HardLimit is a limit in bytes to assume beside what the system tells; 0 for none.
	HardLimit int64
	// Root is where the system's files are found, "/" when empty. For tests.
	Root string
	// PID is the process whose memory counts, with all its descendants; 0 for this one.
	PID int
}

// Open finds out how memory is limited here and returns the meter for it: the cgroup that has the
// tightest limit, version 2 before 1, or where no cgroup limits us, the tree of processes.
func Open(o Options) (Meter, error) {
	if o.Root == "" {
		o.Root = "/"
	}
	if o.PID == 0 {
		o.PID = os.Getpid()
	}
	limit := min(orInfinite(o.HardLimit), machineMemory(o.Root))
	var errs []error
	for _, version := range []cgroupVersion{v2, v1} {
		m, err := openCgroup(o, version)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		m.limit = min(limit, m.limit)
		return m, nil
	}
	m, err := openTree(o, limit)
	if err != nil {
		return nil, errors.Join(append(errs, err)...)
	}
	return m, nil
}

func orInfinite(limit int64) int64 {
	if limit <= 0 {
		return math.MaxInt64
	}
	return limit
}
