// Package memory says how much memory is used, by whom, and how much there is. It only reads (and, for a
// local run, sets the hard limit); what to do about it is the governor's business.
package memory

// Reading is one measurement. All sizes are bytes.
type Reading struct {
	Used         int64 // the number everything is decided on: the working set, see Meter
	Anon         int64 // memory that belongs to processes and can only be freed by them
	File         int64 // page cache, mapped files included, without Shmem
	Shmem        int64 // tmpfs and shared memory: may belong to no living process
	InactiveFile int64 // page cache the kernel gives back before it kills anything
	Kernel       int64 // slabs, stacks, page tables, socket buffers where the source tells
}

// A Meter measures the memory that counts against the limit. Not safe for concurrent use.
//
// Used is usage − inactive_file where the engine is inside a limited cgroup, as the kubelet computes it;
// elsewhere the anonymous memory of the engine's process trees plus their file pages counted once.
type Meter interface {
	// Read takes a measurement. It allocates nothing after the first call.
	Read(*Reading) error
	// Source names where the numbers come from: "cgroup v2", "cgroup v1", "process tree".
	Source() string
	// Limit is the hard limit in bytes beyond which the system kills: the least of the cgroup's limit
	// (of every level up to the root), the machine's memory and the one configured.
	Limit() int64
	Close() error
}
