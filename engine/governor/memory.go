package governor

import "slices"

// memory is the last sample, corrected by what is known to have happened since.
type memory struct {
	known  bool
	used   int64
	groups []Group // the last sample's; the slice is reused
	sizes  []size  // of each agent process without the tools it started
}

type size struct {
	process     int
	bytes, peak int64
}

func (s *State) sample(e Sample) {
	m := &s.memory
	m.known, m.used = true, e.Used
	m.groups = append(m.groups[:0], e.Groups...)
	for i := range m.groups {
		if g := &m.groups[i]; g.Kind == KindAgent {
			m.grew(g.Process, g.Bytes)
		}
	}
	s.setLevel()
	s.reclaim()
}

func (m *memory) grew(process int, bytes int64) {
	i := m.index(process)
	if i < 0 {
		m.sizes = append(m.sizes, size{process: process})
		i = len(m.sizes) - 1
	}
	m.sizes[i].bytes, m.sizes[i].peak = bytes, max(bytes, m.sizes[i].peak)
}

// of is a process's last known size in bytes, 0 when it was not measured yet.
func (m *memory) of(process int) int64 {
	if i := m.index(process); i >= 0 {
		return m.sizes[i].bytes
	}
	return 0
}

// peak is the largest size seen of a process.
func (m *memory) peak(process int) int64 {
	if i := m.index(process); i >= 0 {
		return m.sizes[i].peak
	}
	return 0
}

// gone takes a process's memory off the books until the next sample tells the truth.
func (m *memory) gone(process int) {
	if i := m.index(process); i >= 0 {
		m.used -= min(m.used, m.sizes[i].bytes)
		m.sizes = slices.Delete(m.sizes, i, i+1)
	}
}

func (m *memory) index(process int) int {
	return slices.IndexFunc(m.sizes, func(z size) bool { return z.process == process })
}
