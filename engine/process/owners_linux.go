package process

import "sync"

// owners says whose tree each brand marks.
type owners struct {
	mu    sync.RWMutex
	names map[brand]string
}

func (o *owners) add(b brand, owner string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.names == nil {
		o.names = map[brand]string{}
	}
	o.names[b] = owner
}

func (o *owners) remove(b brand) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.names, b)
}

func (o *owners) of(b brand) (owner string, known bool) {
	o.mu.RLock()
	defer o.mu.RUnlock()
	owner, known = o.names[b]
	return owner, known
}

// Branding reports whether programs are branded here, so that OwnerByBrand knows them.
func (s *Supervisor) Branding() bool { return s.system.branding }

// OwnerByBrand says whose a process is at the price of one system call. ours with no owner is a process of
// a tree that is not known any more.
func (s *Supervisor) OwnerByBrand(pid int) (owner string, ours bool) {
	b, err := peekBrand(pid)
	if err != 0 || b.engine() != s.system.engine {
		return "", false
	}
	owner, _ = s.system.owners.of(b)
	return owner, true
}

// OwnerOf says whose a process is, by its brand or else by the marker in its environment: an owner, or a
// part of one that marked itself as such.
func (s *Supervisor) OwnerOf(pid int) (owner string, ok bool) {
	owner, ok = s.system.owners.of(brandOf(pid))
	if id, marked, found := markerOf(pid); found && id == s.id && (!ok || within(marked, owner)) {
		return marked, true
	}
	return owner, ok
}

// runnerOf finds the live owner that a process runs for, "" when there is none. What the process says of
// itself counts only where there are no brands, and then only when there is such an owner.
func (s *Supervisor) runnerOf(pid int) string {
	if pid <= 0 {
		return ""
	}
	if owner, ours := s.OwnerByBrand(pid); ours {
		return owner
	}
	owner, ok := s.OwnerOf(pid)
	for _, p := range s.Processes() {
		if ok && within(owner, p.owner) {
			return owner
		}
	}
	return ""
}
