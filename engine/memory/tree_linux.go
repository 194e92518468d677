package memory

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// Tree finds the processes that are ours, and how much memory each has. Not safe for concurrent use.
//
// What it costs, once it has seen everybody: a directory entry for each process of the system, and one
// small file for each of ours. This rests on the fact that a process which was a stranger stays one (it
// could only become a child of ours by being started by us), and one of ours stays ours.
type Tree struct {
	top   int
	owner ownerFunc // nil: descent alone tells
	lends func(parent, child int) bool
	proc  procFS

	round  uint              // of Scan
	known  map[int]*member   // PID -> every process of the system
	fresh  []*member         // those of this round whose kinship is not known
	ours   []*member         // in the order of their start
	unused []*member         // to be used again
	all    []Process         // what Scan returned last
	note   func(int, uint64) // a method value, made once
}

// member is a process of the system.
type member struct {
	Process
	inode uint64 // of its folder, see procFS.list
	round uint   // in which it was seen last
	kin   kinship
	owned bool  // the owner function knows it
	tries int   // rounds in which its kinship could not be told
	size  int64 // of its address space, in pages, when it was last measured
}

type kinship int

const (
	unknown kinship = iota
	stranger
	ours
)

// maxTries is after how many rounds a process whose parent is never seen (it is hidden from us) is taken
// for a stranger. A parent that started between two looks at the list is there in the next.
const maxTries = 3

// recheck is in how many rounds everything is read again about each process, a few of them in every
// round: against an exec that changes neither the size nor anything else we look at, and a /proc that
// gives one inode number twice.
const recheck = 64

func newTree(root string, top int, owner ownerFunc) *Tree {
	t := &Tree{top: top, owner: owner, lends: sharesMemory, known: map[int]*member{}}
	t.proc.path = filepath.Join(root, "proc")
	t.proc.page = int64(os.Getpagesize())
	t.note = t.see
	return t
}

// Scan lists the top process, those that are ours, and their descendants, each once, in the order in which
// they started, so parents before what they started. Zombies have no memory and are not listed. The slice
// is valid until the next Scan.
func (t *Tree) Scan() ([]Process, error) {
	t.round++
	t.fresh = t.fresh[:0]
	if err := t.proc.list(t.note); err != nil {
		return nil, fmt.Errorf("list processes: %w", err)
	}
	t.forget()
	t.place()
	t.all = t.all[:0]
	for _, m := range t.ours {
		if t.measure(m) {
			t.settleLoan(m)
			t.all = append(t.all, m.Process)
		}
	}
	return t.all, nil
}

// settleLoan leaves memory to a parent that only lends it to its child, which will be another program in a moment
// and has the parent's name until then.
func (t *Tree) settleLoan(m *member) {
	if parent := t.known[m.Parent]; parent != nil && parent.kin == ours && parent.Name == m.Name && t.lends(parent.PID, m.PID) {
		m.Anon, m.File = 0, 0
	}
}

// see takes note of a process in the list.
func (t *Tree) see(pid int, inode uint64) {
	m := t.known[pid]
	switch {
	case m == nil:
		m = t.newMember()
		t.known[pid] = m
		*m = member{Process: Process{PID: pid}, inode: inode}
	case m.inode != inode: // another process with the same number
		*m = member{Process: Process{PID: pid}, inode: inode}
	case m.kin == stranger && t.due(m):
		m.kin = unknown
	}
	m.round = t.round
	if m.kin == unknown {
		t.fresh = append(t.fresh, m)
	}
}

func (t *Tree) newMember() *member {
	if last := len(t.unused) - 1; last >= 0 {
		m := t.unused[last]
		t.unused = t.unused[:last]
		return m
	}
	return new(member)
}

// due reports whether it is a process's turn to be looked at again.
func (t *Tree) due(m *member) bool { return (uint(m.PID)+t.round)%recheck == 0 }

// forget drops the processes that are gone.
func (t *Tree) forget() {
	t.ours = slices.DeleteFunc(t.ours, func(m *member) bool { return m.kin != ours || m.round != t.round })
	for pid, m := range t.known {
		if m.round != t.round {
			delete(t.known, pid)
			t.unused = append(t.unused, m)
		}
	}
}

// place decides which of the new processes are ours.
func (t *Tree) place() {
	before := len(t.ours)
	for _, m := range t.fresh {
		t.decide(m, len(t.fresh))
	}
	for _, m := range t.fresh {
		switch m.kin {
		case ours:
			t.ours = append(t.ours, m)
		case unknown:
			if m.tries++; m.tries >= maxTries {
				m.kin = stranger
			}
		}
	}
	if len(t.ours) > before {
		slices.SortFunc(t.ours, func(a, b *member) int {
			return cmp.Or(cmp.Compare(a.Started, b.Started), cmp.Compare(a.PID, b.PID))
		})
	}
}

// decide finds out whether a process is ours: it is the top one, its owner says so, or its parent is.
// Depth is how many of its ancestors may be new as well: more than there are new processes is a circle,
// seen while processes come and go.
func (t *Tree) decide(m *member, depth int) {
	if m.kin != unknown || depth < 0 || !t.identify(m) {
		return
	}
	t.askOwner(m)
	switch parent := t.known[m.Parent]; {
	case m.PID == t.top || m.owned:
		m.kin = ours
	case m.Parent == 0:
		m.kin = stranger
	case parent != nil:
		t.decide(parent, depth-1)
		m.kin = parent.kin
	}
}

// askOwner asks whose a process is, unless that is known. One that we start is ours before it has an owner.
func (t *Tree) askOwner(m *member) {
	if t.owner != nil && !m.owned && m.PID != t.top {
		m.Owner, m.owned = t.owner(m.PID)
	}
}

// askAgain asks whose a process is that has become another program. A command that an agent runs is its agent's
// until it begins to be one of its own.
func (t *Tree) askAgain(m *member) {
	if !m.owned {
		return
	}
	if owner, known := t.owner(m.PID); known {
		m.Owner = owner
	}
}
