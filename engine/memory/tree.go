package memory

// Process is one process and its memory, in bytes.
type Process struct {
	PID    int
	Parent int
	Name   string
	Anon   int64 // its own: heap, stacks
	File   int64 // mapped files and shared memory, which others may have mapped too
}

// treeMeter adds up the processes below one: everybody's own memory, and mapped files once per program,
// since processes of one program share them. It is a little too high where programs share libraries,
// never a sum of RSS.
type treeMeter struct {
	tree  *Tree
	limit int64
	files map[string]int64 // program -> the most that one of its processes has mapped
}

func openTree(o Options, limit int64) (*treeMeter, error) {
	m := &treeMeter{tree: newTree(o.Root, o.PID), limit: limit, files: map[string]int64{}}
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
	for _, p := range all {
		r.Anon += p.Anon
		m.files[p.Name] = max(m.files[p.Name], p.File)
	}
	for _, bytes := range m.files {
		r.File += bytes
	}
	r.Used = r.Anon + r.File
	return nil
}

// Source implements Meter.
func (m *treeMeter) Source() string { return "process tree" }

// Limit implements Meter.
func (m *treeMeter) Limit() int64 { return m.limit }

// Close implements Meter.
func (m *treeMeter) Close() error { return nil }
