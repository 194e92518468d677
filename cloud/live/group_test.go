package live

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// Whatever is in a server's group is killed with it: a group that is ours as well is none.
func TestAServersGroupIsItsOwn(t *testing.T) {
	const server, self = 12, 7
	for name, c := range map[string]struct{ server, self, dir, says string }{
		"v1":                    {"3:memory:/coder1-12\n0::/\n", "3:memory:/\n0::/\n", "/sys/fs/cgroup/memory/coder1-12", ""},
		"v2":                    {"0::/box/coder1-12\n", "0::/box\n", "/sys/fs/cgroup/box/coder1-12", ""},
		"v1, limited outside":   {"3:memory:/box\n2:cpu:/a\n", "3:memory:/box\n2:cpu:/b\n", "", "no memory cgroup of its own"},
		"v2, limited outside":   {"0::/\n", "0::/\n", "", "no memory cgroup of its own"},
		"the server is gone":    {"", "0::/\n", "", "cgroup of process 12"},
		"ours cannot be told":   {"0::/coder1-12\n", "", "", "cgroup of process 7"},
		"ours is not of memory": {"0::/coder1-12\n", "2:cpu:/b\n", "", "cgroup of process 7: it is in none"},
	} {
		proc := t.TempDir()
		for pid, text := range map[int]string{server: c.server, self: c.self} {
			if text == "" {
				continue
			}
			dir := filepath.Join(proc, strconv.Itoa(pid))
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "cgroup"), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		g, err := ownGroup(proc, server, self)
		switch {
		case c.says == "" && (err != nil || g.dir != c.dir):
			t.Errorf("%s: %+v, %v; want %s", name, g, err, c.dir)
		case c.says != "" && (g != nil || err == nil || !strings.Contains(err.Error(), c.says)):
			t.Errorf("%s: %+v, %v; want none, and %q", name, g, err, c.says)
		}
	}
}
