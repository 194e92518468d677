package process

import (
	"fmt"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// system is what a Supervisor has of the operating system.
type system struct {
	trees    claim // of anything that this engine has started
	branding bool
	engine   brand
	brands   atomic.Uint64 // given out so far
	owners   owners
	guard    guard
	reaper   reaper
	commands commands
}

func (y *system) open(s *Supervisor) error {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("become the parent of orphans: %w", err)
	}
	y.trees, y.branding, y.engine = anyOf(s.id), canBrand(), engineBrand(s.id)
	if err := exterminate(y.leftBy(s.id)); err != nil {
		return fmt.Errorf("kill what the last run left: %w", err)
	}
	sweepFolders(s.id)
	y.commands.supervisor = s
	if err := y.guard.open(s.self, s.id); err != nil {
		return err
	}
	y.reaper.spared = y.commands.isRoot
	y.reaper.open(y.guard.command().Process.Pid)
	go y.guard.serve()
	return nil
}

// leftBy claims all that the last run has left. Its guard is among it, which may still be killing: it would
// go on with what this run starts.
func (y *system) leftBy(id string) claim {
	return func(e entry) bool {
		guarded, ok := variableOf(e.pid, guardID)
		return ok && guarded == id || y.trees(e)
	}
}

func (y *system) close() error {
	y.commands.close()
	err := exterminate(y.trees)
	y.reaper.collect()
	y.guard.close()
	y.reaper.close()
	return err
}

// newBrand is a brand for a new tree of an owner, 0 where there are none.
func (y *system) newBrand(owner string) brand {
	if !y.branding {
		return 0
	}
	b := y.engine.tree(y.brands.Add(1))
	y.owners.add(b, owner)
	return b
}

func (y *system) forgetBrand(b brand) { y.owners.remove(b) }

// endCommands ends what is left of an owner's commands.
func (y *system) endCommands(owner string) { y.commands.end(owner) }

// ownPath is a path that leads to this program even when its file was replaced by a newer one.
func ownPath() (string, error) { return "/proc/self/exe", nil }
