package engine

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"coder1/engine/backup"
	"coder1/engine/governor"
	"coder1/engine/session"
	"coder1/engine/workspace"
)

// Restored says what came of restoring a backup. What is there already is never changed.
type Restored struct {
	Sessions int // in the backup
	Restored int // that were not there
	Skipped  int // that were
	Prompts  int // put back in line
	Files    int // of agents, and of workspaces that were not there
	LeftOut  int // of those, that this system cannot have; the log says which
}

// Restore adds to a running server what a backup has and it has not. The backup is read to its end before
// anything is done: a damaged one, or one of a newer version, changes nothing. Its prompts get in line.
func (e *Engine) Restore(ctx context.Context, from io.Reader) (Restored, error) {
	file, err := e.spool(ctx, from)
	if err != nil {
		return Restored{}, err
	}
	defer func() { _ = errors.Join(file.Close(), os.Remove(file.Name())) }()
	var prompts []session.Prompt
	got, err := archive{e.store, e.settings.Data, e.log}.restore(ctx, file, e.workspaces, func(p session.Prompt) { prompts = append(prompts, p) })
	e.rules.mu.Lock()
	err = errors.Join(err, e.rules.open(e.store))
	e.rules.mu.Unlock()
	for _, p := range prompts {
		if meta, err := e.store.Get(p.Session); err == nil {
			e.settle(e.ask(governor.PromptRestored{PromptOffered: e.offered(meta, p.ID), Attempts: p.Attempts}))
		}
	}
	e.watchers.changed()
	leftOut := ""
	if got.LeftOut > 0 {
		leftOut = fmt.Sprintf("; %d files were left out, which this system cannot have by their names", got.LeftOut)
	}
	e.journal.enter(Entry{Kind: "restored", Reason: fmt.Sprintf("%d sessions were restored from a backup, %d were there already%s", got.Restored, got.Skipped, leftOut)})
	return got, err
}

// spool writes an upload to disk, to be read twice, as long as there is room.
func (e *Engine) spool(ctx context.Context, from io.Reader) (*os.File, error) {
	dir := filepath.Join(e.settings.Data, tempFolder)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("keep the backup while it is checked: %w", err)
	}
	file, err := os.CreateTemp(dir, "restore-*")
	if err != nil {
		return nil, fmt.Errorf("keep the backup while it is checked: %w", err)
	}
	if err = copyWithRoom(ctx, e.store, file, from); err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close(), os.Remove(file.Name()))
	}
	return file, nil
}

// copyWithRoom copies to disk as long as there is room.
func copyWithRoom(ctx context.Context, store *session.Store, to io.Writer, from io.Reader) error {
	for {
		if err := errors.Join(ctx.Err(), store.Room()); err != nil {
			return err
		}
		if _, err := io.CopyN(to, from, 4<<20); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
	}
}

// restore adds what is missing, and reports the prompts that are new.
func (a archive) restore(ctx context.Context, from io.ReadSeeker, set *workspace.Set, prompt func(session.Prompt)) (got Restored, err error) {
	if err := check(ctx, from); err != nil {
		return got, err
	}
	if _, err := from.Seek(0, io.SeekStart); err != nil {
		return got, err
	}
	r, err := backup.NewReader(from)
	if err != nil {
		return got, err
	}
	defer r.Close()
	root, err := os.OpenRoot(a.data)
	if err != nil {
		return got, fmt.Errorf("open the data folder: %w", err)
	}
	defer func() { _ = root.Close() }()
	in := restoring{archive: a, from: r, root: root, set: set, prompt: prompt, got: &got, isNew: map[string]bool{}}
	err = in.all(ctx)
	return got, err
}

// check reads a backup to its end and makes sure that its logs can be read.
func check(ctx context.Context, from io.Reader) error {
	r, err := backup.NewReader(from)
	if err != nil {
		return err
	}
	defer r.Close()
	for {
		e, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err := errors.Join(err, ctx.Err()); err != nil {
			return err
		}
		if _, file, ok := sessionPath(e.Path); ok && strings.HasSuffix(file, ".jsonl") {
			if err := eachLine(r, func(session.Event) error { return nil }); err != nil {
				return fmt.Errorf("%w: %s: %w", backup.ErrDamaged, e.Path, err)
			}
		}
	}
}

// eachLine visits the events of a part of a log.
func eachLine(r io.Reader, visit func(session.Event) error) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, 64<<10), maxLine)
	for lines.Scan() {
		e, ok := session.ParseLine(lines.Bytes())
		if !ok {
			return errors.New("a line is not an entry of a log")
		}
		if err := visit(e); err != nil {
			return err
		}
	}
	return lines.Err()
}

// restoring is a backup on its way in.
type restoring struct {
	archive
	from   *backup.Reader
	root   *os.Root // the data folder
	set    *workspace.Set
	prompt func(session.Prompt)
	got    *Restored

	current string            // session being brought in
	in      *session.Incoming // nil for one that is there already
	isNew   map[string]bool   // sessions that were brought in, and "workspaces/NAME" of those that were made
}

func (r *restoring) all(ctx context.Context) (err error) {
	defer func() {
		if r.in != nil { // cut short
			err = errors.Join(err, r.in.Abort())
		}
	}()
	for {
		e, err := r.from.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err := errors.Join(err, ctx.Err()); err != nil {
			return err
		}
		if err := r.entry(ctx, e); err != nil {
			return fmt.Errorf("restore %s: %w", e.Path, err)
		}
	}
}

func (r *restoring) entry(ctx context.Context, e backup.Entry) error {
	kind, rest, _ := strings.Cut(e.Path, "/")
	switch kind {
	case "sessions":
		return r.session(e)
	case "prompts":
		return r.putInLine(e)
	case "kept":
		return r.keep(e, strings.TrimSuffix(rest, ".json"))
	case "agents":
		return r.file(ctx, e)
	case "workspaces":
		name, _, _ := strings.Cut(rest, "/")
		if workspace.CheckName(name) != nil {
			return nil // what is kept beside the workspaces is no part of one
		}
		if isNew, err := r.workspace(name); err != nil || !isNew {
			return err
		}
		return r.file(ctx, e)
	}
	return nil // of a later version that this one can do without
}

func (r *restoring) session(e backup.Entry) error {
	id, file, ok := sessionPath(e.Path)
	if !ok {
		return backup.ErrDamaged
	}
	if id != r.current {
		if err := r.begin(id); err != nil {
			return err
		}
	}
	switch {
	case strings.HasSuffix(file, ".jsonl") && r.in != nil:
		return eachLine(r.from, r.in.Add)
	case file == "meta.json":
		return r.commit(e, id)
	}
	return nil
}

func (r *restoring) begin(id string) error {
	r.got.Sessions++
	r.current = id
	in, err := r.store.Receive(id)
	if errors.Is(err, session.ErrExists) {
		r.got.Skipped++
		return nil
	}
	r.in = in
	return err
}

func (r *restoring) commit(e backup.Entry, id string) error {
	if r.in == nil {
		return nil
	}
	var m session.Meta
	if err := r.decode(e, &m); err != nil {
		return err
	}
	if _, err := r.workspace(m.Workspace); err != nil {
		return err
	}
	in := r.in
	r.in = nil
	if err := in.Commit(m); err != nil {
		return err
	}
	r.isNew[id] = true
	r.got.Restored++
	return nil
}

func (r *restoring) decode(e backup.Entry, into any) error {
	raw, err := r.from.Bytes(e)
	if err != nil {
		return err
	}
	return json.Unmarshal(raw, into)
}

// putInLine puts a prompt in line, if its session was not there.
func (r *restoring) putInLine(e backup.Entry) error {
	var p session.Prompt
	if err := r.decode(e, &p); err != nil {
		return err
	}
	if !r.isNew[p.Session] {
		return nil
	}
	p.Running = false
	if _, err := r.store.Write(p.Session, session.Change{Put: []session.Prompt{p}}); err != nil {
		return err
	}
	r.got.Prompts++
	r.prompt(p)
	return nil
}

// keep keeps what is not kept here yet.
func (r *restoring) keep(e backup.Entry, name string) error {
	var there json.RawMessage
	if err := r.store.Kept(name, &there); !errors.Is(err, session.ErrNotFound) {
		return err
	}
	var value json.RawMessage
	if err := r.decode(e, &value); err != nil {
		return err
	}
	return r.store.Keep(name, value)
}

// workspace makes a workspace if it is not there, and reports whether this restoring made it.
func (r *restoring) workspace(name string) (made bool, err error) {
	key := "workspaces/" + name
	if r.isNew[key] {
		return true, nil
	}
	switch _, err := r.set.Get(name); {
	case isThere(err):
		return false, nil
	case !errors.Is(err, workspace.ErrNotFound):
		return false, err
	}
	if _, err := r.set.Create(name); err != nil {
		return false, err
	}
	r.isNew[key] = true
	return true, nil
}

// file writes a file, or makes a folder, that is not there, unless this system cannot have it.
func (r *restoring) file(ctx context.Context, e backup.Entry) error {
	name, ok := e.Local()
	if !ok {
		return r.leaveOut(e, fs.ErrInvalid)
	}
	info, err := r.root.Lstat(name)
	if err == nil && (strings.HasPrefix(e.Path, "agents/") || e.Mode.IsDir() && info.IsDir()) {
		return nil
	}
	err = r.make(ctx, e, name)
	if cannotHave(err) {
		return r.leaveOut(e, err)
	}
	if err == nil && !e.Mode.IsDir() {
		r.got.Files++
	}
	return err
}

func (r *restoring) make(ctx context.Context, e backup.Entry, name string) error {
	if err := r.root.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	switch {
	case e.Link != "":
		return r.root.Symlink(filepath.FromSlash(e.Link), name)
	case e.Mode.IsDir():
		return r.root.Mkdir(name, e.Mode.Perm()|0o700)
	}
	f, err := r.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, e.Mode|0o600)
	if err != nil {
		return err
	}
	if err := copyWithRoom(ctx, r.store, f, r.from); err != nil {
		return errors.Join(err, f.Close(), r.root.Remove(name))
	}
	return errors.Join(f.Close(), r.root.Chtimes(name, e.Modified, e.Modified))
}

// leaveOut tells of a file that this system cannot have.
func (r *restoring) leaveOut(e backup.Entry, why error) error {
	r.got.LeftOut++
	r.log.Warn("a file of a backup is left out: this system cannot have it by its name", "path", e.Path, "error", why)
	return nil
}

// cannotHave reports that the system refused a name: for its bytes, as macOS does when they are not UTF-8, its
// characters, as Windows does a question mark, or its length, or since it takes it for that of another file.
func cannotHave(err error) bool {
	const errorInvalidName = syscall.Errno(123) // of Windows
	return errors.Is(err, fs.ErrExist) || errors.Is(err, syscall.ENOTDIR) || errors.Is(err, syscall.EILSEQ) ||
		errors.Is(err, syscall.ENAMETOOLONG) || runtime.GOOS == "windows" && errors.Is(err, errorInvalidName)
}
