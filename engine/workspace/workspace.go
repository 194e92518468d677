// Package workspace holds the folders that agents work in. Every access goes through os.Root, so that no
// name, link or race leads outside.
package workspace

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
)

// Errors that callers tell apart.
var (
	ErrName     = errors.New("a workspace's name is 1 to 64 letters, digits, dots, underscores or dashes, beginning with a letter or digit")
	ErrExists   = errors.New("a workspace of this name exists already")
	ErrNotFound = errors.New("there is no workspace of this name")
)

var name = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// Workspace is one folder.
type Workspace struct {
	Name   string
	Path   string // absolute, for agents to run in
	Opened bool   // in place: it lies elsewhere on this machine, and is only referred to
	Gone   error  // why it cannot be reached, a wrapped ErrGone; nil when it can
}

// Set is all workspaces below one folder, and folders elsewhere that were opened in place. Safe for concurrent
// use.
type Set struct {
	dir     string
	root    *os.Root
	free    func(dir string) (int64, error) // the room on disk
	locks   locks
	parts   parts
	folders folders

	searches gate // at once
	lookups  gate // for paths
	imports  gate
	exports  gate
	watching watching
}

// Open opens the set, making its folder when there is none.
func Open(dir string) (*Set, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder for workspaces: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open the folder of workspaces: %w", err)
	}
	s := &Set{dir: dir, root: root, free: freeBytes, searches: make(gate, 2), lookups: make(gate, 2), imports: make(gate, 1), exports: make(gate, 2)}
	err = s.readFolders()
	if err == nil {
		err = s.sweep()
	}
	if err != nil {
		return nil, errors.Join(err, root.Close())
	}
	return s, nil
}

// Close releases the folder.
func (s *Set) Close() error { return s.root.Close() }

// CheckName returns ErrName when no workspace can have this name.
func CheckName(n string) error {
	if !name.MatchString(n) {
		return ErrName
	}
	return nil
}

// Create makes an empty workspace.
func (s *Set) Create(n string) (Workspace, error) {
	if !name.MatchString(n) {
		return Workspace{}, ErrName
	}
	if _, opened := s.folders.find(n); opened {
		return Workspace{}, ErrExists
	}
	err := s.root.Mkdir(n, 0o700)
	if errors.Is(err, fs.ErrExist) {
		return Workspace{}, ErrExists
	}
	if err != nil {
		return Workspace{}, fmt.Errorf("make workspace %s: %w", n, err)
	}
	s.watching.poke(n)
	return s.Get(n)
}

// Get finds a workspace by its name. Of a folder that was opened and is out of reach the error wraps ErrGone.
func (s *Set) Get(n string) (Workspace, error) {
	if !name.MatchString(n) {
		return Workspace{}, ErrNotFound
	}
	if path, opened := s.folders.find(n); opened {
		return s.folder(n, path)
	}
	info, err := s.root.Lstat(n)
	if errors.Is(err, fs.ErrNotExist) || (err == nil && !info.IsDir()) {
		return Workspace{}, ErrNotFound
	}
	if err != nil {
		return Workspace{}, fmt.Errorf("look at workspace %s: %w", n, err)
	}
	return Workspace{Name: n, Path: filepath.Join(s.dir, n)}, nil
}

// List returns all workspaces by name, those out of reach, too.
func (s *Set) List() ([]Workspace, error) {
	entries, err := fs.ReadDir(s.root.FS(), ".")
	if err != nil {
		return nil, fmt.Errorf("list workspaces: %w", err)
	}
	names := s.folders.names()
	for _, e := range entries {
		names = append(names, e.Name())
	}
	slices.Sort(names)
	var all []Workspace
	for _, n := range slices.Compact(names) {
		if w, err := s.Get(n); err == nil || w.Gone != nil {
			all = append(all, w)
		}
	}
	return all, nil
}

// Delete removes a workspace and everything in it. A folder that was opened in place is only forgotten.
func (s *Set) Delete(n string) error {
	w, err := s.Get(n)
	if err != nil && w.Gone == nil {
		return err
	}
	if w.Opened {
		err = s.closeFolder(n)
	} else {
		err = s.root.RemoveAll(n)
	}
	if err != nil {
		return fmt.Errorf("delete workspace %s: %w", n, err)
	}
	s.watching.poke(n)
	return nil
}

// openRoot opens a workspace's folder.
func (s *Set) openRoot(w Workspace) (*os.Root, error) {
	if !w.Opened {
		return s.root.OpenRoot(w.Name)
	}
	root, err := os.OpenRoot(w.Path)
	if err != nil {
		return nil, err
	}
	// Since it was looked at, it may have been put elsewhere, and a link in its place.
	is, err := root.Stat(".")
	if err == nil {
		_, err = s.folder(w.Name, w.Path)
	}
	if err == nil {
		var want fs.FileInfo
		if want, err = os.Lstat(w.Path); err == nil && !os.SameFile(is, want) {
			err = fmt.Errorf("%w: %s was changed for another", ErrGone, w.Path)
		}
	}
	if err != nil {
		_ = root.Close()
		return nil, err
	}
	return root, nil
}

// look looks at a workspace's folder.
func (s *Set) look(n string) (fs.FileInfo, error) {
	if path, opened := s.folders.find(n); opened {
		if _, err := s.folder(n, path); err != nil {
			return nil, err
		}
		return os.Lstat(path)
	}
	return s.root.Lstat(n)
}
