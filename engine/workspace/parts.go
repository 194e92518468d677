package workspace

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"strings"
	"sync"
)

// A part is a file, or a folder, that is being written beside the place it will have, so that it can be put
// there in one step. Its name is shown nowhere. While it exists its path is noted in notesFolder, beside the
// workspaces, so that what a crash leaves behind is found at the next start without looking everywhere.
const (
	// PartPrefix begins the name of every part.
	PartPrefix  = ".coder1-part-"
	notesFolder = ".parts" // no workspace can have this name
)

// parts are those that are being written.
type parts struct {
	mu   sync.Mutex
	live map[string]bool // by name
}

type part struct {
	files *Files
	name  string
	path  string
}

// newPart makes up a part's name in a folder, and notes it. The part itself is made by the caller, who
// discards it in the end.
func (f *Files) newPart(folder string) (*part, error) {
	p := &part{files: f, name: PartPrefix + rand.Text()}
	p.path = path.Join(folder, p.name)
	f.set.parts.add(p.name)
	if err := f.set.root.WriteFile(p.note(), []byte(path.Join(f.Name, p.path)), 0o600); err != nil {
		f.set.parts.remove(p.name)
		return nil, explain(p.path, err)
	}
	return p, nil
}

func (p *part) note() string { return filepath.Join(notesFolder, p.name) }

func (p *part) local() string { return filepath.FromSlash(p.path) }

// discard removes the part if it is still there, and its note.
func (p *part) discard() {
	err := p.files.root.RemoveAll(p.local())
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		_ = p.files.set.root.Remove(p.note()) // the next start tries again
	}
	p.files.set.parts.remove(p.name)
}

func (p *parts) add(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.live == nil {
		p.live = map[string]bool{}
	}
	p.live[name] = true
}

func (p *parts) remove(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.live, name)
}

// leftover reports that a name is that of a part which nobody is writing any more: its folder was moved
// meanwhile, or its note was lost with the power.
func (p *parts) leftover(name string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.HasPrefix(name, PartPrefix) && !p.live[name]
}

// maxNote is more than the longest note.
const maxNote = 64 + 1 + maxPath + 1 + len(PartPrefix) + 26

// sweep removes the parts that an earlier run left behind, and what else is in the folder of notes.
func (s *Set) sweep() error {
	notes, err := fs.ReadDir(s.root.FS(), notesFolder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("look for unfinished files: %w", err)
	}
	for _, n := range notes {
		if n.Type().IsRegular() && strings.HasPrefix(n.Name(), PartPrefix) {
			s.sweepPart(filepath.Join(notesFolder, n.Name()))
		}
	}
	if err := s.root.RemoveAll(notesFolder); err != nil {
		return fmt.Errorf("remove unfinished files: %w", err)
	}
	if err := s.root.Mkdir(notesFolder, 0o700); err != nil {
		return fmt.Errorf("make the folder for unfinished files: %w", err)
	}
	return nil
}

// sweepPart removes the part that a note is about. It may be gone, and its workspace, too; one that cannot
// be removed is removed when its folder is looked at.
func (s *Set) sweepPart(note string) {
	file, err := s.root.Open(note)
	if err != nil {
		return
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, int64(maxNote)))
	name, p, ok := strings.Cut(string(text), "/")
	if err != nil || !ok || !fs.ValidPath(p) || !strings.HasPrefix(path.Base(p), PartPrefix) {
		return
	}
	f, err := s.Files(name)
	if err != nil {
		return
	}
	defer func() { _ = f.Close() }()
	_ = f.root.RemoveAll(filepath.FromSlash(p))
}
