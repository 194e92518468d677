package memory

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// cgroupVersion is how one version of cgroups names things.
type cgroupVersion struct {
	name       string
	filesystem string // type of mount
	controller string // in v1, the hierarchy that limits memory
	limit      string // file
	usage      string // file
	inactive   string // line of memory.stat, for the whole hierarchy, like the next ones
	anon, file string
	shmem      string
	kernel     string
}

var (
	v2 = cgroupVersion{"cgroup v2", "cgroup2", "", "memory.max", "memory.current", "inactive_file", "anon", "file", "shmem", "kernel"}
	v1 = cgroupVersion{"cgroup v1", "cgroup", "memory", "memory.limit_in_bytes", "memory.usage_in_bytes",
		"total_inactive_file", "total_rss", "total_cache", "total_shmem", ""}
)

// unlimited is the smallest limit that means none: v1 writes one close to 2^63.
const unlimited = 1 << 60

// errNoLimit means that no cgroup of the version limits the process.
var errNoLimit = errors.New("no limited memory cgroup")

// cgroupMeter measures the cgroup whose limit binds.
type cgroupMeter struct {
	cgroupVersion
	limit      int64
	usageFile  *os.File
	statFile   *os.File
	buf        [8 << 10]byte
	statFields [5]statField
}

type statField struct {
	name []byte
	into func(*Reading) *int64
}

// openCgroup finds the tightest limit from the process's cgroup up to the root of the mount.
func openCgroup(o Options, v cgroupVersion) (*cgroupMeter, error) {
	mount, err := findMount(o.Root, v)
	if err != nil {
		return nil, err
	}
	own, err := ownCgroup(o, v)
	if err != nil {
		return nil, err
	}
	dir, limit := "", int64(math.MaxInt64)
	for _, candidate := range upwards(mount.dir(o.Root, own), filepath.Join(o.Root, mount.point)) {
		l, err := readLimit(filepath.Join(candidate, v.limit))
		if err == nil && l < limit {
			dir, limit = candidate, l
		}
	}
	if dir == "" {
		return nil, fmt.Errorf("%s: %w", v.name, errNoLimit)
	}
	m := &cgroupMeter{cgroupVersion: v, limit: limit}
	if m.usageFile, err = os.Open(filepath.Join(dir, v.usage)); err != nil {
		return nil, fmt.Errorf("%s: %w", v.name, err)
	}
	if m.statFile, err = os.Open(filepath.Join(dir, "memory.stat")); err != nil {
		m.usageFile.Close()
		return nil, fmt.Errorf("%s: %w", v.name, err)
	}
	m.statFields = [...]statField{
		{[]byte(v.inactive), func(r *Reading) *int64 { return &r.InactiveFile }},
		{[]byte(v.anon), func(r *Reading) *int64 { return &r.Anon }},
		{[]byte(v.file), func(r *Reading) *int64 { return &r.File }},
		{[]byte(v.shmem), func(r *Reading) *int64 { return &r.Shmem }},
		{[]byte(v.kernel), func(r *Reading) *int64 { return &r.Kernel }},
	}
	return m, nil
}

// mount is where a hierarchy is mounted, and which of its groups is at the mount's root.
type mount struct{ point, root string }

// dir is the folder of a cgroup. In a container the name of our own group may be one that is not visible
// below the mount: then the mount's root is our group.
func (m mount) dir(fsRoot, group string) string {
	point := filepath.Join(fsRoot, m.point)
	rel, err := filepath.Rel(m.root, group)
	if err != nil || strings.HasPrefix(rel, "..") {
		return point
	}
	dir := filepath.Join(point, rel)
	if _, err := os.Stat(dir); err != nil {
		return point
	}
	return dir
}

// findMount reads where the hierarchy is mounted. See proc(5) for the form of mountinfo.
func findMount(root string, v cgroupVersion) (mount, error) {
	data, err := os.ReadFile(filepath.Join(root, "proc/self/mountinfo"))
	if err != nil {
		return mount{}, fmt.Errorf("find cgroup mounts: %w", err)
	}
	for line := range strings.Lines(string(data)) {
		before, after, found := strings.Cut(line, " - ")
		fields, tail := strings.Fields(before), strings.Fields(after)
		if !found || len(fields) < 5 || len(tail) < 3 || tail[0] != v.filesystem {
			continue
		}
		if v.controller == "" || hasWord(tail[2], v.controller) {
			return mount{point: unescape(fields[4]), root: unescape(fields[3])}, nil
		}
	}
	return mount{}, fmt.Errorf("%s: not mounted", v.name)
}

// unescape undoes the octal escapes of mountinfo.
var unescape = strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace

// ownCgroup reads which group of the hierarchy the process is in.
func ownCgroup(o Options, v cgroupVersion) (string, error) {
	pid := "self"
	if o.PID != os.Getpid() {
		pid = strconv.Itoa(o.PID)
	}
	data, err := os.ReadFile(filepath.Join(o.Root, "proc", pid, "cgroup"))
	if err != nil {
		return "", fmt.Errorf("find our own cgroup: %w", err)
	}
	for line := range strings.Lines(strings.TrimSpace(string(data))) {
		parts := strings.SplitN(strings.TrimSuffix(line, "\n"), ":", 3)
		if len(parts) == 3 && (v.controller == "" && parts[0] == "0" || v.controller != "" && hasWord(parts[1], v.controller)) {
			return parts[2], nil
		}
	}
	return "", fmt.Errorf("%s: this process is in none", v.name)
}

func hasWord(list, word string) bool {
	for w := range strings.SplitSeq(list, ",") {
		if w == word {
			return true
		}
	}
	return false
}

// upwards lists a folder and those above it, down to and with the last.
func upwards(dir, last string) []string {
	dirs := []string{dir}
	for dir != last && len(dir) > len(last) {
		dir = filepath.Dir(dir)
		dirs = append(dirs, dir)
	}
	return dirs
}

// readLimit reads a limit; none at all is an error.
func readLimit(path string) (int64, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(data)), 10, 64)
	if err != nil || n >= unlimited { // v2 says "max"
		return 0, errNoLimit
	}
	return n, nil
}

// Read implements Meter.
func (m *cgroupMeter) Read(r *Reading) error {
	usage, err := m.pread(m.usageFile)
	if err != nil {
		return err
	}
	total, ok := number(bytes.TrimSpace(usage))
	if !ok {
		return fmt.Errorf("%s: %s holds no number", m.name, m.usage)
	}
	stat, err := m.pread(m.statFile)
	if err != nil {
		return err
	}
	*r = Reading{}
	m.parseStat(stat, r)
	if m.shmem != "" {
		r.File -= min(r.File, r.Shmem)
	}
	r.Used = total - min(total, r.InactiveFile)
	return nil
}

func (m *cgroupMeter) pread(f *os.File) ([]byte, error) {
	n, err := f.ReadAt(m.buf[:], 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: %w", m.name, err)
	}
	return m.buf[:n], nil
}

// parseStat reads the lines "name number" that matter.
func (m *cgroupMeter) parseStat(stat []byte, r *Reading) {
	for len(stat) > 0 {
		line := stat
		if i := bytes.IndexByte(stat, '\n'); i >= 0 {
			line, stat = stat[:i], stat[i+1:]
		} else {
			stat = nil
		}
		space := bytes.IndexByte(line, ' ')
		if space <= 0 {
			continue
		}
		for i := range m.statFields {
			if f := &m.statFields[i]; bytes.Equal(line[:space], f.name) {
				if n, ok := number(line[space+1:]); ok {
					*f.into(r) = n
				}
			}
		}
	}
}

// number reads decimal digits without allocating; false for anything else, or more than an int64 holds.
func number(b []byte) (int64, bool) {
	if len(b) == 0 || len(b) > 19 {
		return 0, false
	}
	var n int64
	for _, c := range b {
		if c < '0' || c > '9' || n > (math.MaxInt64-9)/10 {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}

// Source implements Meter.
func (m *cgroupMeter) Source() string { return m.name }

// Limit implements Meter.
func (m *cgroupMeter) Limit() int64 { return m.limit }

// Close implements Meter.
func (m *cgroupMeter) Close() error { return errors.Join(m.usageFile.Close(), m.statFile.Close()) }
