package memory

import (
	"bytes"
	"math"
)

// statField is where a line of memory.stat goes.
type statField struct {
	name []byte
	into func(*Reading) *int64
}

func (n statNames) fields() []statField {
	return []statField{
		{[]byte(n.inactive), func(r *Reading) *int64 { return &r.InactiveFile }},
		{[]byte(n.active), func(r *Reading) *int64 { return &r.ActiveFile }},
		{[]byte(n.mapped), func(r *Reading) *int64 { return &r.Mapped }},
		{[]byte(n.anon), func(r *Reading) *int64 { return &r.Anon }},
		{[]byte(n.file), func(r *Reading) *int64 { return &r.File }},
		{[]byte(n.shmem), func(r *Reading) *int64 { return &r.Shmem }},
		{[]byte(n.kernel), func(r *Reading) *int64 { return &r.Kernel }},
	}
}

// parseMemoryStat reads the lines "name number" that matter.
func parseMemoryStat(stat []byte, fields []statField, r *Reading) {
	for len(stat) > 0 {
		line := stat
		if i := bytes.IndexByte(stat, '\n'); i >= 0 {
			line, stat = stat[:i], stat[i+1:]
		} else {
			stat = nil
		}
		space := bytes.IndexByte(line, ' ')
		if space <= 0 {
			continue
		}
		for i := range fields {
			if f := &fields[i]; bytes.Equal(line[:space], f.name) {
				if n, ok := number(line[space+1:]); ok {
					*f.into(r) = n
				}
			}
		}
	}
}

// settle computes from what is charged and what memory.stat tells of it.
//
// Used is the working set, usage − inactive_file, as the kubelet computes it. Pinned leaves out the other
// list of file pages too. The kernel keeps tmpfs and shared memory on the anonymous lists (cgroup-v2.rst:
// "shmem pages are on anon memory management lists"), and locked pages on a third, so both stay in. The
// numbers are not taken at one instant, hence the lower bound.
func (r *Reading) settle(usage int64) {
	r.File -= min(r.File, r.Shmem)
	r.Used = usage - min(usage, r.InactiveFile)
	r.Pinned = max(r.Used-min(r.Used, r.ActiveFile), r.Anon+r.Shmem)
}

// number reads decimal digits without allocating; false for anything else, or more than an int64 holds.
func number(b []byte) (int64, bool) {
	if len(b) == 0 || len(b) > 19 {
		return 0, false
	}
	var n int64
	for _, c := range b {
		if c < '0' || c > '9' || n > (math.MaxInt64-9)/10 {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}
