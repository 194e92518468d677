package memory

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// modelV2 is a version 2 hierarchy with the kernel's rules that matter to us (cgroup-v2.rst).
type modelV2 struct {
	root      string
	groups    map[string]*modelGroup
	readOnly  bool   // no group can be made: not delegated
	broken    string // a file that cannot be written
	swapless  bool   // the kernel counts no swap
	available string // controllers
}

type modelGroup struct {
	procs   []int
	enabled bool // memory, for the groups below
	files   map[string]string
}

func (m *modelV2) make(parent, prefix string) (string, error) {
	if m.readOnly {
		return "", &fs.PathError{Op: "mkdir", Path: parent, Err: syscall.EACCES}
	}
	dir := filepath.Join(parent, prefix+"1")
	m.groups[dir] = &modelGroup{files: map[string]string{}}
	return dir, nil
}

func (m *modelV2) remove(dir string) error {
	g := m.groups[dir]
	if g == nil {
		return fs.ErrNotExist
	}
	if len(g.procs) > 0 {
		return syscall.EBUSY
	}
	delete(m.groups, dir)
	return nil
}

func (m *modelV2) list(dir string) (names []string, err error) {
	for path := range m.groups {
		if filepath.Dir(path) == dir {
			names = append(names, filepath.Base(path))
		}
	}
	return names, nil
}

func (m *modelV2) read(file string) (string, error) {
	g := m.groups[filepath.Dir(file)]
	switch filepath.Base(file) {
	case "cgroup.procs":
		return strings.Trim(strings.ReplaceAll(fmt.Sprint(g.procs), " ", "\n"), "[]"), nil
	case "cgroup.controllers":
		return m.available, nil
	case "cgroup.subtree_control":
		if g.enabled {
			return "cpu memory\n", nil
		}
		return "cpu\n", nil
	}
	return "", fs.ErrNotExist
}

func (m *modelV2) write(file, text string) error {
	dir, name := filepath.Split(file)
	dir = filepath.Clean(dir)
	g := m.groups[dir]
	switch {
	case name == m.broken:
		return syscall.EIO
	case name == "cgroup.subtree_control" && text == "+memory" && len(g.procs) > 0 && dir != m.root,
		name == "cgroup.procs" && g.enabled && dir != m.root:
		return syscall.EBUSY // no internal processes
	case name == "cgroup.subtree_control":
		g.enabled = text == "+memory"
	case name == "cgroup.procs":
		m.enter(g, text)
	case !m.groups[filepath.Dir(dir)].enabled, name == "memory.swap.max" && m.swapless:
		return fs.ErrNotExist
	default:
		g.files[name] = text
	}
	return nil
}

func (m *modelV2) enter(g *modelGroup, text string) {
	var pid int
	_, _ = fmt.Sscan(text, &pid)
	for _, other := range m.groups {
		other.procs = slices.DeleteFunc(other.procs, func(p int) bool { return p == pid })
	}
	g.procs = append(g.procs, pid)
}

func (m *modelV2) String() string {
	var words []string
	for dir, g := range m.groups {
		rel, _ := filepath.Rel(m.root, dir)
		words = append(words, fmt.Sprintf("%s %v %v %v", rel, g.procs, g.enabled, g.files))
	}
	slices.Sort(words)
	return strings.Join(words, "; ")
}

// Process 100 is the server, 101 its child, 7 somebody else.
func TestAJailOfVersion2KeepsTheRules(t *testing.T) {
	const limits = "map[memory.max:134217728 memory.oom.group:0 memory.swap.max:0]"
	for _, tc := range []struct {
		name   string
		home   string
		procs  []int
		model  modelV2
		inside string // the hierarchy with the jail, or the error
		after  string // and after it
	}{
		{name: "our group is ours alone: all move, then it may have limited groups", home: "app", procs: []int{100, 101},
			inside: ". [] true map[]; app [] true map[]; app/coder1-100-1 [101 100] false " + limits,
			after:  "the cgroup is not empty, processes [101] are still in it"},
		{name: "alone and without children", home: "app", procs: []int{100},
			inside: ". [] true map[]; app [] true map[]; app/coder1-100-1 [100] false " + limits,
			after:  ". [] true map[]; app [100] false map[]"},
		{name: "the root may have processes", home: ".", procs: []int{7, 100},
			inside: ". [7] true map[]; coder1-100-1 [100] false " + limits,
			after:  ". [7 100] true map[]"},
		{name: "others in our group", home: "app", procs: []int{100, 7},
			inside: "cgroup v2: our group is not ours alone, process 7 is in it too",
			after:  ". [] true map[]; app [100 7] false map[]"},
		{name: "not delegated", home: "app", procs: []int{100}, model: modelV2{readOnly: true},
			inside: "permission denied", after: ". [] true map[]; app [100] false map[]"},
		{name: "no controller", home: "app", procs: []int{100}, model: modelV2{available: "cpu pids"},
			inside: "the memory controller is not available in our group", after: ". [] true map[]; app [100] false map[]"},
		{name: "the limit cannot be set: undone", home: "app", procs: []int{100, 101}, model: modelV2{broken: "memory.max"},
			inside: "input/output error", after: ". [] true map[]; app [100 101] false map[]"},
		{name: "no swap in this kernel", home: "app", procs: []int{100}, model: modelV2{swapless: true},
			inside: ". [] true map[]; app [] true map[]; app/coder1-100-1 [100] false map[memory.max:134217728 memory.oom.group:0]",
			after:  ". [] true map[]; app [100] false map[]"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			m := tc.model
			j := modelJailer(t, &m, tc.home, tc.procs)
			jail, err := j.enterV2(128 * mb)
			if err != nil {
				if !strings.Contains(err.Error(), tc.inside) {
					t.Errorf("error %v, want %s", err, tc.inside)
				}
			} else {
				if m.String() != tc.inside {
					t.Errorf("inside: %s\n  want: %s", &m, tc.inside)
				}
				if strings.Contains(jail.Describe(), "without swap") == m.swapless {
					t.Error(jail.Describe())
				}
				err = jail.Close()
			}
			if got := m.String(); got != tc.after && (err == nil || !strings.Contains(strings.ReplaceAll(err.Error(), m.root+"/app/coder1-100-1 ", ""), tc.after)) {
				t.Errorf("after: %s, %v\n want: %s", got, err, tc.after)
			}
		})
	}
}

// modelJailer is a jailer for process 100 on a model, which it completes.
func modelJailer(t *testing.T, m *modelV2, home string, procs []int) *jailer {
	root := machine(t, map[string]string{"proc/self/mountinfo": mountV2, "proc/100/cgroup": "0::" + filepath.Join("/", home) + "\n"})
	m.root = filepath.Join(root, "sys/fs/cgroup")
	if m.available == "" {
		m.available = "cpu memory"
	}
	m.groups = map[string]*modelGroup{m.root: {files: map[string]string{}, enabled: home != "."}}
	dir := filepath.Join(m.root, home)
	if m.groups[dir] == nil {
		m.groups[dir] = &modelGroup{files: map[string]string{}}
	}
	m.groups[dir].procs = procs
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return &jailer{
		options: Options{Root: root, PID: 100}, groups: m,
		family: func() (map[int]bool, error) { return map[int]bool{100: true, 101: true}, nil },
	}
}

func TestAnInvisibleGroupIsLeftAlone(t *testing.T) {
	m := modelV2{}
	j := modelJailer(t, &m, "app", []int{7})
	if _, err := j.enterV2(128 * mb); err == nil || !strings.Contains(err.Error(), "our own group cannot be seen from here") {
		t.Error(err)
	}
	if _, err := j.enterV1(128 * mb); err == nil || errors.Is(err, fs.ErrPermission) {
		t.Error(err)
	}
}
