package process

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// socketName is the supervisor's socket in its runtime folder.
const socketName = "commands"

// maxSocketPath is the longest path that the kernel takes for a socket.
const maxSocketPath = 107

// folderPrefix begins the names of an engine's runtime folders. It is as short as the brand's number of the
// engine, and as unique.
func folderPrefix(id string) string {
	return "coder1-" + strconv.FormatUint(uint64((engineBrand(id)&^isBrand)>>treeBits), 36) + "-"
}

// makeFolder makes a folder that is only ours, with the wrapper in it.
func makeFolder(id, self string) (string, error) {
	temp, err := filepath.Abs(os.TempDir())
	if err != nil {
		return "", err
	}
	folder, err := os.MkdirTemp(temp, folderPrefix(id)+"*")
	if err != nil {
		return "", err
	}
	if socket := filepath.Join(folder, socketName); len(socket) > maxSocketPath {
		err = fmt.Errorf("the path of a socket in TMPDIR is too long: %s", socket)
	} else {
		err = os.Symlink(realPath(self), filepath.Join(folder, shellName))
	}
	if err != nil {
		_ = os.RemoveAll(folder)
		return "", err
	}
	return folder, nil
}

// realPath is a path of this program that holds in other processes. When its file was replaced, that is
// what the kernel keeps of it as long as we live.
func realPath(self string) string {
	if own, err := ownPath(); err != nil || self != own {
		if path, err := filepath.Abs(self); err == nil {
			return path // another program, or the same by a name that was given to us
		}
	}
	ours, err := os.Stat("/proc/self/exe")
	if err != nil {
		return self
	}
	if path, err := filepath.EvalSymlinks(self); err == nil {
		if file, err := os.Stat(path); err == nil && os.SameFile(file, ours) {
			return path
		}
	}
	return fmt.Sprintf("/proc/%d/exe", os.Getpid())
}

// sweepFolders removes the runtime folders that earlier runs of an engine have left.
func sweepFolders(id string) {
	entries, _ := os.ReadDir(os.TempDir()) // none, nothing to sweep
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !e.IsDir() || !strings.HasPrefix(e.Name(), folderPrefix(id)) {
			continue
		}
		if stat, ok := info.Sys().(*syscall.Stat_t); ok && int(stat.Uid) == os.Geteuid() {
			_ = os.RemoveAll(filepath.Join(os.TempDir(), e.Name()))
		}
	}
}
