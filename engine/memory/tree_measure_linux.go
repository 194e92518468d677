package memory

import "os"

// identify reads who a process is, false when it is gone.
func (t *Tree) identify(m *member) bool {
	s, ok := parseStat(t.proc.read(m.PID, "stat"))
	if !ok {
		return false
	}
	m.Parent, m.Started = int(s.parent), s.started
	if string(s.name) != m.Name { // comparing allocates nothing
		m.Name = string(s.name)
	}
	return true
}

// measure reads how much memory one of ours has, false when it is gone or has none any more.
func (t *Tree) measure(m *member) bool {
	s, ok := parseStatm(t.proc.read(m.PID, "statm"))
	if ok && s.size == 0 {
		s, ok = t.measureThread(m.PID)
	}
	if !ok || s.size == 0 {
		return false
	}
	if m.size != 0 && m.size != s.size || t.orphaned(m) || t.due(m) {
		started := m.Started
		if !t.identify(m) || m.Started != started {
			m.inode = 0 // another process with the same number: it is new to the next round
			return false
		}
		t.askAgain(m)
	}
	m.size = s.size
	t.askOwner(m)
	m.Anon, m.File = max(0, s.resident-s.shared)*t.proc.page, s.shared*t.proc.page
	return true
}

// orphaned reports whether a process's parent is gone, so that it must have a new one. A parent cannot be
// younger than its child.
func (t *Tree) orphaned(m *member) bool {
	if m.PID == t.top {
		return false
	}
	parent := t.known[m.Parent]
	return parent == nil || parent.Started > m.Started
}

// measureThread measures a process that looks dead: when its first thread has ended and others go on, only
// they can tell (proc_pid_task(5)). For a zombie it finds nothing.
func (t *Tree) measureThread(pid int) (s statm, ok bool) {
	stat, ok := parseStat(t.proc.read(pid, "stat"))
	if !ok || stat.threads < 2 {
		return statm{}, false
	}
	entries, err := os.ReadDir(t.proc.taskDir(pid))
	if err != nil {
		return statm{}, false
	}
	for _, e := range entries {
		if s, ok = parseStatm(t.proc.read(pid, "task/"+e.Name()+"/statm")); ok && s.size != 0 {
			return s, true
		}
	}
	return statm{}, false
}

// SplitShared tells a process's shared memory from its mapped files: it takes Shmem out of File. It reads
// another file, about 15 µs.
func (t *Tree) SplitShared(p *Process) {
	if shmem, ok := parseShmem(t.proc.read(p.PID, "status")); ok {
		p.File += p.Shmem
		p.Shmem = min(shmem, p.File)
		p.File -= p.Shmem
	}
}

// Close gives back the open folder of processes. The Tree can be used again.
func (t *Tree) Close() error { return t.proc.close() }
