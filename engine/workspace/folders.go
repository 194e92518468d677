package workspace

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// A workspace can be a folder that lies elsewhere on this machine and was opened in place. What is kept of it
// is its name and its path, in foldersFile beside the workspaces.
const (
	foldersFile = ".folders.json" // no workspace can have this name
	maxFolders  = 100             // open at once
	maxFile     = maxFolders * (maxPath*2 + 200)
)

// Errors about folders that callers tell apart.
var (
	// ErrGone is wrapped by the error that says why the folder of a workspace cannot be reached.
	ErrGone = errors.New("the workspace's folder cannot be reached")
	// ErrFolder is wrapped by the error that says why a folder cannot be opened.
	ErrFolder = errors.New("this folder cannot be opened")
)

// folders are those that were opened in place.
type folders struct {
	mu  sync.Mutex
	all map[string]string // name -> absolute path, without symbolic links
}

// find is where the folder of a name is.
func (f *folders) find(name string) (path string, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	path, ok = f.all[name]
	return path, ok
}

func (f *folders) names() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Collect(maps.Keys(f.all))
}

// OpenFolder makes a workspace of a folder of this machine: nothing is copied, and what is done in it is done
// there. A folder that is open already stays the workspace that it is. Without a name it gets its own; a name
// that is taken gets a number. What lies in keepOut, or around it, is not opened.
func (s *Set) OpenFolder(n, path, keepOut string) (w Workspace, isNew bool, err error) {
	if n != "" && !name.MatchString(n) {
		return Workspace{}, false, ErrName
	}
	path, err = s.fit(path, keepOut)
	if err != nil {
		return Workspace{}, false, err
	}
	s.folders.mu.Lock()
	defer s.folders.mu.Unlock()
	if known, ok := s.openedLocked(path); ok {
		w, err = s.folder(known, s.folders.all[known])
		return w, false, err
	}
	if len(s.folders.all) >= maxFolders {
		return Workspace{}, false, fmt.Errorf("%w: %d folders are open, which is the most; close one", ErrFolder, maxFolders)
	}
	if n == "" {
		n = nameOf(path)
	}
	all := maps.Clone(s.folders.all)
	if all == nil {
		all = map[string]string{}
	}
	n = s.unusedLocked(n)
	all[n] = path
	if err := s.keepFoldersLocked(all); err != nil {
		return Workspace{}, false, err
	}
	s.watching.poke(n)
	return Workspace{Name: n, Path: path, Opened: true}, true, nil
}

// fit returns a folder's path without symbolic links, or says why it cannot be a workspace.
func (s *Set) fit(path, keepOut string) (string, error) {
	fails := func(why string) error { return fmt.Errorf("%w: %s %s", ErrFolder, shown(path), why) }
	switch {
	case !filepath.IsAbs(path):
		return "", fails("is not the whole path; give it from the root on, like " + filepath.Join(string(filepath.Separator)+"home", "ada", "shop"))
	case len(path) > maxPath || !utf8.ValidString(path) || strings.ContainsRune(path, 0):
		return "", fails("is no path of at most 4096 bytes in UTF-8")
	}
	real, err := filepath.EvalSymlinks(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", fails("is not there")
	}
	if err != nil {
		return "", fails("cannot be looked at: " + err.Error())
	}
	folder, err := os.Open(real)
	if err != nil {
		return "", fails("cannot be read: " + err.Error())
	}
	defer folder.Close()
	if info, err := folder.Stat(); err != nil || !info.IsDir() {
		return "", fails("is not a folder")
	}
	if kept, err := filepath.EvalSymlinks(keepOut); err == nil && (isIn(real, kept) || isIn(kept, real)) {
		return "", fails("holds what Coder1 itself keeps, or is part of it (" + kept + "); choose a folder beside it")
	}
	return real, nil
}

// isIn reports that a path is another or lies in it.
func isIn(path, folder string) bool {
	rel, err := filepath.Rel(folder, path)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

// openedLocked finds the workspace that a folder is already: by what it is, not by how its path is written.
func (s *Set) openedLocked(path string) (n string, ok bool) {
	info, err := os.Stat(path)
	if err != nil {
		return "", false
	}
	for n, there := range s.folders.all {
		if known, err := os.Stat(there); err == nil && os.SameFile(info, known) {
			return n, true
		}
	}
	return "", false
}

// nameOf makes a workspace's name of a folder's.
func nameOf(path string) string {
	n := strings.Map(func(r rune) rune {
		if r < utf8.RuneSelf && name.MatchString("a"+string(r)) {
			return r
		}
		return '-'
	}, filepath.Base(path))
	n = strings.TrimLeft(n, "-._")
	if n == "" {
		return "folder"
	}
	return n[:min(len(n), 60)] // which leaves room for a number
}

// unusedLocked is a name that no workspace has, on systems that do not tell capital from small letters either.
func (s *Set) unusedLocked(n string) string {
	taken := func(n string) bool {
		_, err := s.root.Lstat(n)
		return err == nil || slices.ContainsFunc(slices.Collect(maps.Keys(s.folders.all)), func(o string) bool { return strings.EqualFold(o, n) })
	}
	one := n
	for i := 2; taken(one); i++ {
		number := "-" + strconv.Itoa(i)
		one = n[:min(len(n), 64-len(number))] + number
	}
	return one
}

// folder is a workspace in a folder that was opened, or a wrapped ErrGone that says why it is out of reach.
func (s *Set) folder(n, path string) (Workspace, error) {
	w := Workspace{Name: n, Path: path, Opened: true}
	gone := func(why string) (Workspace, error) {
		w.Gone = fmt.Errorf("%w: %s %s", ErrGone, path, why)
		return w, w.Gone
	}
	real, err := filepath.EvalSymlinks(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return gone("is not there. It was moved or deleted, or its disk is not connected. Put it back, or close it here and open it where it is now")
	case err != nil:
		return gone("cannot be looked at: " + err.Error())
	case real != path:
		return gone("leads to " + real + " now. Close it here and open that")
	}
	if info, err := os.Stat(path); err != nil || !info.IsDir() {
		return gone("is no folder any more")
	}
	return w, nil
}

// closeFolder forgets a folder, and leaves it as it is.
func (s *Set) closeFolder(n string) error {
	s.folders.mu.Lock()
	defer s.folders.mu.Unlock()
	all := maps.Clone(s.folders.all)
	delete(all, n)
	return s.keepFoldersLocked(all)
}

// keepFoldersLocked puts down which folders are open.
func (s *Set) keepFoldersLocked(all map[string]string) error {
	raw, err := json.MarshalIndent(all, "", "\t")
	if err != nil {
		return fmt.Errorf("put down which folders are open: %w", err)
	}
	if err := s.replace(foldersFile, append(raw, '\n')); err != nil {
		return fmt.Errorf("put down which folders are open: %w", err)
	}
	s.folders.all = all
	return nil
}

// replace writes a file beside the workspaces, wholly or not at all.
func (s *Set) replace(file string, content []byte) (err error) {
	f, err := s.root.OpenFile(file+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return s.root.Rename(file+".new", file)
}

// readFolders finds the folders that were open when the set was last used.
func (s *Set) readFolders() error {
	info, err := s.root.Stat(foldersFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	var raw []byte
	if err == nil && info.Size() > maxFile {
		err = fmt.Errorf("it has %d bytes", info.Size())
	}
	if err == nil {
		raw, err = s.root.ReadFile(foldersFile)
	}
	if err == nil {
		err = json.Unmarshal(raw, &s.folders.all)
	}
	if err != nil {
		return fmt.Errorf("read which folders are open (%s; without it none is): %w", filepath.Join(s.dir, foldersFile), err)
	}
	maps.DeleteFunc(s.folders.all, func(n, path string) bool { return !name.MatchString(n) || !filepath.IsAbs(path) })
	return nil
}
