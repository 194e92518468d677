package memory

// treeMeter adds up the processes below one: everybody's own memory, and mapped files once per program,
// since processes of one program share them. It is a little too high where programs share libraries,
// never a sum of RSS.
type treeMeter struct {
	tree  *Tree
	root  string // of the file system
	limit int64
	files map[string]int64 // program -> the most that one of its processes has mapped
}

func openTree(o Options, limit int64) (*treeMeter, error) {
	m := &treeMeter{tree: newTree(o.Root, o.PID, nil), root: o.Root, limit: limit, files: map[string]int64{}}
	return m, m.Read(&Reading{})
}

// Read implements Meter.
func (m *treeMeter) Read(r *Reading) error {
	all, err := m.tree.Scan()
	if err != nil {
		return err
	}
	*r = Reading{}
	clear(m.files)
	for i := range all {
		p := &all[i]
		r.Anon += p.Anon
		m.files[p.Name] = max(m.files[p.Name], p.File)
	}
	for _, bytes := range m.files {
		r.File += bytes
	}
	r.Used, r.Pinned = r.Anon+r.File, r.Anon
	return nil
}

// Source implements Meter.
func (m *treeMeter) Source() string { return "process tree" }

// Limit implements Meter.
func (m *treeMeter) Limit() int64 { return m.limit }

// Close implements Meter.
func (m *treeMeter) Close() error { return m.tree.Close() }
