package process

import (
	"strings"

	"golang.org/x/sys/unix"
)

// A claim says of a process whether it belongs to the tree that is looked for.
type claim func(entry) bool

// claims is the tree's own claim: by session and group, which keep the root's number while anyone is in
// them, or by either marker. Nothing older than the root can belong to it. Called with the root pinned.
func (t *Tree) claims(e entry) bool {
	if e.start < t.root.start {
		return false
	}
	if e.identity == t.root || e.session == t.root.pid || e.group == t.root.pid {
		return true
	}
	y := &t.supervisor.system
	if b := brandOf(e.pid); b.engine() == y.engine {
		if b == t.brand {
			return true
		}
		if owner, known := y.owners.of(b); known {
			return within(owner, t.owner)
		}
	}
	id, owner, ok := markerOf(e.pid)
	return ok && id == t.supervisor.id && within(owner, t.owner)
}

// within reports whether an owner is the owner of the tree, or of a named part of it.
func within(owner, tree string) bool {
	rest, ok := strings.CutPrefix(owner, tree)
	return ok && (rest == "" || rest[0] == '/')
}

// anyOf claims what any tree of an engine has left.
func anyOf(id string) claim {
	engine := engineBrand(id)
	return func(e entry) bool {
		if brandOf(e.pid).engine() == engine {
			return true
		}
		marker, _, ok := markerOf(e.pid)
		return ok && marker == id
	}
}

func (t *Tree) stopGroups() { t.signalGroups(unix.SIGSTOP) }

func (t *Tree) killGroups() { t.signalGroups(unix.SIGKILL) }

// signalGroups signals every process group of the tree that is known, with one system call each: the
// root's, and those of the commands that run in it.
func (t *Tree) signalGroups(sig unix.Signal) {
	t.signalGroup(sig)
	t.supervisor.system.commands.signalWithin(t, sig)
}

// signalGroup signals the root's group. It does not wait: when whoever collects the root is at it, nothing
// is left to be signalled.
func (t *Tree) signalGroup(sig unix.Signal) {
	if !t.pinned.TryRLock() {
		return
	}
	defer t.pinned.RUnlock()
	if pid := t.PID(); !t.reaped && pid > 1 { // of 0 and 1 the kernel would make something else
		_ = unix.Kill(-pid, sig)
	}
}

func (t *Tree) freezeMembers() error { return freeze(t.claims, t.terminal) }

// thawMembers does not let go what is frozen for itself, nor what is frozen with its agent. The rest of that is
// looked for again: it may have been let go after it was found still.
func (t *Tree) thawMembers() error {
	err := thaw(t.claims)
	t.supervisor.system.commands.each(func(c *Command) {
		if &c.Tree != t && within(c.owner, t.owner) && c.frozen.Load() {
			c.signalGroup(unix.SIGSTOP)
			go func() { _ = c.freezeRest() }()
		}
	})
	for _, p := range t.supervisor.Processes() {
		if &p.Tree != t && within(t.owner, p.owner) && p.frozen.Load() {
			t.signalGroup(unix.SIGSTOP)
			go func() { _ = p.freezeRest() }()
		}
	}
	return err
}

// rest claims all of the tree but its root.
func (t *Tree) rest(e entry) bool { return e.identity != t.root && t.claims(e) }

// killRest kills all but the root, as far as one look finds it, and reports whether there was anything. What is
// killed where it ran or stood looks to its shell like what was killed; what was stopped first might not.
func (t *Tree) killRest() bool {
	tree, err := members(t.rest)
	return err == nil && killAll(tree) > 0
}

// exterminateRest returns when all but the root is gone. Called with the root pinned.
func (t *Tree) exterminateRest() error {
	_ = t.freezeMembers() // a root that runs would see its children stopped, and start others
	return exterminate(t.rest)
}

// signalOf signals a group that is the session's. A leader that is gone leaves its number to the group.
func (t *Tree) signalOf(group int, sig unix.Signal) error {
	if session, err := unix.Getsid(group); err == nil && session != t.PID() {
		return errGone
	}
	return unix.Kill(-group, sig)
}

// exterminate kills what is left of the tree, and returns when it is gone. Called with the root pinned.
func (t *Tree) exterminate() error {
	err := exterminate(t.claims)
	if err != nil { // no /proc: what is known is the group
		return unix.Kill(-t.PID(), unix.SIGKILL)
	}
	return nil
}
