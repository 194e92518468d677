//go:build !linux

package process

import "slices"

// system is what a Supervisor has of the operating system: nothing here.
type system struct{}

func (*system) open(*Supervisor) error { return nil }

func (*system) close() error { return nil }

func identify(pid int) identity { return identity{pid: pid} }

// brand is a marker that this system has not.
type brand struct{}

// Members are the process ids of the roots of all trees.
func (s *Supervisor) Members() []int {
	var pids []int
	for _, p := range s.Processes() {
		pids = append(pids, p.PID())
	}
	slices.Sort(pids)
	return pids
}

// GuardMain is to be the first statement of main. There is no guard on this system: it returns false.
func GuardMain() (ran bool) { return false }

// OwnerOf says whose a process is: known for the roots only.
func (s *Supervisor) OwnerOf(pid int) (owner string, ok bool) {
	for _, p := range s.Processes() {
		if p.PID() == pid {
			return p.Owner(), true
		}
	}
	return "", false
}
