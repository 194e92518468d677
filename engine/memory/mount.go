package memory

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// mount is one line of mountinfo: where a file system is mounted, and which of its folders is to be seen there.
type mount struct {
	point, root string
	device      string // major:minor
	filesystem  string // type
	options     string // of the file system as a whole
}

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

// readMounts lists what is mounted for this process.
func readMounts(root string) ([]mount, error) {
	data, err := os.ReadFile(filepath.Join(root, "proc/self/mountinfo"))
	if err != nil {
		return nil, fmt.Errorf("list mounts: %w", err)
	}
	return parseMounts(string(data)), nil
}

// parseMounts reads lines such as "31 24 0:22 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory"
// (proc_pid_mountinfo(5)).
func parseMounts(text string) []mount {
	var mounts []mount
	for line := range strings.Lines(text) {
		before, after, found := strings.Cut(line, " - ")
		fields, tail := strings.Fields(before), strings.Fields(after)
		if !found || len(fields) < 5 || len(tail) < 3 {
			continue
		}
		mounts = append(mounts, mount{
			point: unescape(fields[4]), root: unescape(fields[3]), device: fields[2],
			filesystem: tail[0], options: tail[2],
		})
	}
	return mounts
}

// unescape undoes the octal escapes of mountinfo.
var unescape = strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace

// findMount finds where the hierarchy is mounted.
func findMount(root string, v cgroupVersion) (mount, error) {
	mounts, err := readMounts(root)
	if err != nil {
		return mount{}, err
	}
	for _, m := range mounts {
		if m.filesystem == v.filesystem && (v.controller == "" || hasWord(m.options, v.controller)) {
			return m, nil
		}
	}
	return mount{}, fmt.Errorf("%s: not mounted", v.name)
}

// ownCgroup reads which group of the hierarchy a process is in.
func ownCgroup(o Options, v cgroupVersion) (string, error) {
	pid := "self"
	if o.PID != os.Getpid() {
		pid = strconv.Itoa(o.PID)
	}
	data, err := os.ReadFile(filepath.Join(o.Root, "proc", pid, "cgroup"))
	if err != nil {
		return "", fmt.Errorf("find our own cgroup: %w", err)
	}
	group, ok := parseGroup(string(data), v)
	if !ok {
		return "", fmt.Errorf("%s: this process is in none", v.name)
	}
	return group, nil
}

// parseGroup reads lines such as "4:memory:/app" and, for version 2, "0::/app" (cgroups(7)).
func parseGroup(text string, v cgroupVersion) (string, bool) {
	for line := range strings.Lines(strings.TrimSpace(text)) {
		parts := strings.SplitN(strings.TrimSuffix(line, "\n"), ":", 3)
		if len(parts) == 3 && (v.controller == "" && parts[0] == "0" || v.controller != "" && hasWord(parts[1], v.controller)) {
			return parts[2], true
		}
	}
	return "", false
}

func hasWord(list, word string) bool {
	for w := range strings.SplitSeq(list, ",") {
		if w == word {
			return true
		}
	}
	return false
}

// findLimit finds the tightest limit from the process's group up to the root of the mount, and whose it is.
func findLimit(o Options, v cgroupVersion) (dir string, limit int64, err error) {
	mount, err := findMount(o.Root, v)
	if err != nil {
		return "", 0, err
	}
	own, err := ownCgroup(o, v)
	if err != nil {
		return "", 0, err
	}
	limit = math.MaxInt64
	for _, candidate := range upwards(mount.dir(o.Root, own), filepath.Join(o.Root, mount.point)) {
		l, err := readLimit(filepath.Join(candidate, v.limit))
		if err == nil && l < limit {
			dir, limit = candidate, l
		}
	}
	if dir == "" {
		return "", 0, fmt.Errorf("%s: %w", v.name, errNoLimit)
	}
	return dir, limit, nil
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

// errNoLimit means that no cgroup of the version limits the process.
var errNoLimit = errors.New("no limited memory cgroup")

// unlimited is the smallest limit that means none: v1 writes one close to 2^63.
const unlimited = 1 << 60

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
