// Package memory says how much memory is used, by whom, and how much there is; wakes those who watch it;
// and puts a hard limit around a local run. What to do about it is the governor's business.
//
//	open.go      what limits us here, and the meter for it: a cgroup (cgroup.go) or the process tree (treemeter.go)
//	notify.go    the kernel wakes the watcher before its timer does
//	tree.go      which processes are ours, and how much each has
//	leftover.go  memory that belongs to no process: files on tmpfs, shared memory segments
//	jail.go      a hard limit of our own
package memory

// Reading is one measurement. All sizes are bytes.
type Reading struct {
	Used         int64 // the number everything is decided on: the working set, see Meter
	Pinned       int64 // what cannot be had back by dropping file pages: beyond the limit, somebody is killed
	Anon         int64 // memory that belongs to processes and can only be freed by them
	File         int64 // page cache, mapped files included, without Shmem
	Shmem        int64 // tmpfs and shared memory: may belong to no living process, see Leftovers
	InactiveFile int64 // page cache the kernel gives back before it kills anything
	ActiveFile   int64 // page cache in use: the kernel gives it back too, at the price of reading it again
	Mapped       int64 // page cache, shared memory included, that processes have mapped: their programs, for the most part
	Hits         int64 // how often the limit was reached, and the kernel had to take memory back; ever rising
	Kernel       int64 // slabs, stacks, page tables, socket buffers; on cgroup v1 only Detail tells
}

// Needed is the working set without the page cache that no process has mapped: the kernel drops it before
// anybody misses it, while a program's own pages are needed to run.
func (r *Reading) Needed() int64 {
	return r.Used - max(0, r.ActiveFile-r.Mapped)
}

// A Meter measures the memory that counts against the limit. Not safe for concurrent use.
//
// Used is usage − inactive_file where the engine is inside a limited cgroup, as the kubelet computes it;
// elsewhere the anonymous memory of the engine's process trees plus their file pages counted once. Pinned
// is usage − inactive_file − active_file, never less than anonymous and shared memory together; of process
// trees, the anonymous memory.
type Meter interface {
	// Read takes a measurement. It allocates nothing after the first call, and reads three small files of a
	// cgroup: about 15 µs, nearly all of it memory.stat.
	Read(*Reading) error
	// Source names where the numbers come from: "cgroup v2", "cgroup v1", "process tree".
	Source() string
	// Limit is the hard limit in bytes beyond which the system kills: the least of the cgroup's limit
	// (of every level up to the root), the machine's memory and the one configured.
	Limit() int64
	Close() error
}

// Detail adds to a reading what Read leaves out because it would be one more file to read each time, and
// nobody decides on it: the kernel's own memory on cgroup v1.
func Detail(m Meter, r *Reading) error {
	if c, ok := m.(*cgroupMeter); ok {
		return c.detail(r)
	}
	return nil
}
