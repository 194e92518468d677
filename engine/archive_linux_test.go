package engine

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"coder1/engine/backup"

	"golang.org/x/sys/unix"
)

// unprivileged does something with nobody's rights to files: root may read everything.
func unprivileged(t *testing.T, do func() error) error {
	if os.Geteuid() != 0 {
		return do()
	}
	const nobody = 65534
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.Setfsuid(nobody); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := unix.Setfsuid(0); err != nil {
			t.Fatal(err)
		}
	}()
	return do()
}

func TestABackupGoesOnWithoutWhatCannotBeRead(t *testing.T) {
	data := t.TempDir()
	shop := filepath.Join(data, "workspaces", "shop")
	err := os.MkdirAll(filepath.Join(shop, "closed"), 0o755)
	for _, name := range []string{"a", "closed/b", "secret", "z"} {
		err = errors.Join(err, os.WriteFile(filepath.Join(shop, name), []byte(name), 0o644))
	}
	err = errors.Join(err, os.Chmod(filepath.Join(shop, "secret"), 0), os.Chmod(filepath.Join(shop, "closed"), 0))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(filepath.Join(shop, "closed"), 0o700) })
	root, err := os.OpenRoot(data)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	var b bytes.Buffer
	out, err := backup.NewWriter(&b, backup.Head{Workspaces: true})
	if err == nil {
		err = unprivileged(t, func() error { return writeBelow(t.Context(), out, root, "workspaces") })
	}
	if err := errors.Join(err, out.Close()); err != nil {
		t.Fatal(err)
	}
	in, err := backup.NewReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	var paths []string
	for {
		e, err := in.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		paths = append(paths, strings.TrimPrefix(e.Path, "workspaces/shop"))
	}
	if want := []string{"", "/a", "/closed", "/z"}; !slices.Equal(paths, want) {
		t.Errorf("the backup has %q, want %q", paths, want)
	}
	want := []string{"workspaces/shop/closed: permission denied", "workspaces/shop/secret: permission denied"}
	if left := in.LeftOut(); left.Count != 2 || !slices.Equal(left.First, want) {
		t.Errorf("left out are %+v, want %q", left, want)
	}
}
