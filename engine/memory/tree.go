package memory

// Process is one process and its memory, in bytes.
type Process struct {
	PID     int
	Parent  int
	Name    string
	Owner   string // as the tree's owner function says, "" when it knows nothing of the process
	Started int64  // clock ticks from boot to its start (elsewhere than on Linux, milliseconds since 1970): with the PID, one process for ever
	Anon    int64  // its own: heap, stacks
	File    int64  // mapped files and shared memory, which others may have mapped too
	Shmem   int64  // mapped shared memory, taken out of File; only after Tree.SplitShared
}

// ownerFunc says whose a process is. It is asked once for each new process of the system, and at each Scan
// for those of ours that it did not know: it should cost no more than a system call.
type ownerFunc = func(pid int) (owner string, ours bool)

// NewTree makes a Tree of a process and its descendants.
func NewTree(top int) *Tree { return newTree("/", top, nil) }

// NewOwnedTree makes a Tree of a process, its descendants, and every other process that owner says is ours,
// with its descendants: those that escaped by forking twice where the top one is not their subreaper.
func NewOwnedTree(top int, owner func(pid int) (string, bool)) *Tree { return newTree("/", top, owner) }
