package memory

import (
	"fmt"
	"os"
)

// jailer puts a process into a cgroup of its own.
type jailer struct {
	options Options // where to look, and the process
	groups  groups
	family  func() (map[int]bool, error) // the process and its descendants
}

func newJailer() *jailer {
	o := Options{Root: "/", PID: os.Getpid()}
	return &jailer{options: o, groups: kernelGroups{}, family: func() (map[int]bool, error) { return familyOf(o.PID) }}
}

func familyOf(pid int) (map[int]bool, error) {
	tree := NewTree(pid)
	defer func() { _ = tree.Close() }()
	all, err := tree.Scan()
	family := map[int]bool{}
	for _, p := range all {
		family[p.PID] = true
	}
	return family, err
}

func enterJail(limit int64) (*Jail, error) {
	j := newJailer()
	if inScope() {
		return j.confirmScope(limit)
	}
	failed := &noJail{limit: limit}
	for _, way := range []func(int64) (*Jail, error){j.enterV1, j.enterV2, j.asWeAre, j.restartInScope} {
		jail, err := way(limit)
		if err == nil {
			return jail, nil
		}
		failed.tried = append(failed.tried, err)
	}
	return nil, failed
}

// asWeAre finds that somebody else has limited us enough.
func (j *jailer) asWeAre(limit int64) (*Jail, error) {
	for _, v := range []cgroupVersion{v2, v1} {
		if _, bound, err := findLimit(j.options, v); err == nil && bound <= limit {
			return &Jail{text: fmt.Sprintf("%s: already limited to %s from outside", v.name, inMB(bound))}, nil
		}
	}
	return nil, fmt.Errorf("no limit of %s or less is set from outside", inMB(limit))
}

// home finds the folder of the group that the process is in now.
func (j *jailer) home(v cgroupVersion) (string, error) {
	mount, err := findMount(j.options.Root, v)
	if err != nil {
		return "", err
	}
	own, err := ownCgroup(j.options, v)
	if err != nil {
		return "", err
	}
	dir := mount.dir(j.options.Root, own)
	members, err := j.members(dir)
	if err != nil {
		return "", fmt.Errorf("%s: %w", v.name, err)
	}
	for _, pid := range members {
		if pid == j.options.PID {
			return dir, nil
		}
	}
	return "", fmt.Errorf("%s: our own group cannot be seen from here", v.name)
}
