package process

import (
	"errors"
	"sync"
	"sync/atomic"
	"syscall"
)

// A Tree is a running program and all that came of it: what a [Process] and a [Command] have in common.
type Tree struct {
	supervisor *Supervisor
	owner      string
	brand      brand
	terminal   bool // it has one

	pid  atomic.Int64 // of the root; 0 before the start
	root identity     // not to be looked at before pid is set

	// pinned is held for reading while the root's number is relied upon, and for writing to let go of it,
	// after which the number may be given to another process.
	pinned sync.RWMutex
	reaped bool

	frozen atomic.Bool // what was asked for last
	passes sync.Mutex  // held by whoever walks over the members to freeze them, or to thaw them
}

// Owner is who is charged for the tree.
func (t *Tree) Owner() string { return t.owner }

// PID is the process id of the tree's root, which is also its session and process group; 0 before the start.
func (t *Tree) PID() int { return int(t.pid.Load()) }

// begin makes a process the tree's root.
func (t *Tree) begin(root identity) {
	t.root = root
	t.pid.Store(int64(root.pid))
}

// FreezeNow stops the tree and does not wait: every process group that is known stands still when it
// returns, members that have left theirs a moment later. Where there are no process groups it does nothing.
func (t *Tree) FreezeNow() {
	t.frozen.Store(true)
	t.stopGroups()
	go func() { _ = t.freezeRest() }()
}

// Freeze stops the tree as FreezeNow does, and returns when all of it stands still.
func (t *Tree) Freeze() error {
	t.frozen.Store(true)
	t.stopGroups()
	return t.freezeRest()
}

// ThawNow lets a frozen tree go on and does not wait, as FreezeNow.
func (t *Tree) ThawNow() {
	t.frozen.Store(false)
	go func() { _ = t.thawAll() }()
}

// Thaw lets a frozen tree go on.
func (t *Tree) Thaw() error {
	t.frozen.Store(false)
	return t.thawAll()
}

// freezeRest does nothing when the tree is to go on by now.
func (t *Tree) freezeRest() error {
	t.passes.Lock()
	defer t.passes.Unlock()
	if !t.frozen.Load() {
		return nil
	}
	return t.pin(t.freezeMembers)
}

// thawAll does nothing when the tree is to stand still again by now.
func (t *Tree) thawAll() error {
	t.passes.Lock()
	defer t.passes.Unlock()
	if t.frozen.Load() {
		return nil
	}
	return t.pin(t.thawMembers)
}

// KillRest ends all of the tree but its root, and returns when it is gone; it reports whether there was
// anything. A root that was frozen goes on. Where only groups are known there is nothing to be told apart: it
// does nothing.
func (t *Tree) KillRest() (found bool) {
	t.frozen.Store(true)
	t.stopGroups()
	_ = t.pin(func() error { found = t.killRest(); return nil }) // at once, be somebody at them or not
	t.passes.Lock()
	_ = t.pin(t.exterminateRest)
	t.passes.Unlock()
	_ = t.Thaw()
	return found
}

// SignalGroup signals a process group of the tree's session, such as the one in the foreground of its terminal.
func (t *Tree) SignalGroup(group int, sig syscall.Signal) error {
	if group <= 1 { // of 0 and 1 the system would make something else
		return errGone
	}
	return t.pin(func() error { return t.signalOf(group, sig) })
}

// pin does something while the root's number is certain to be its own. There is nothing to do before the
// start, nor once the number is not its own any more.
func (t *Tree) pin(do func() error) error {
	t.pinned.RLock()
	defer t.pinned.RUnlock()
	switch {
	case t.reaped:
		return errGone
	case t.PID() == 0:
		return nil
	}
	return do()
}

var errGone = errors.New("the process is gone")
