package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"coder1/engine/backup"
	"coder1/engine/session"
	"coder1/engine/workspace"
)

// What is in a backup, by path:
//
//	sessions/ID/000001.jsonl, …  the log, an event a line, in files of about partBytes
//	sessions/ID/meta.json        the session; behind its log
//	prompts/000001.json, …       the prompts in line, in its order
//	kept/NAME.json               what is kept beside sessions, such as rules and what was learned
//	agents/…                     the agents' transcripts, without their credentials
//	workspaces/NAME/…            if asked for; folders that were opened in place are not copied
const (
	partBytes = 256 << 10
	maxLine   = 64 << 20 // bytes of one event
)

// secrets are files of agents that do not belong into a backup.
var secrets = map[string]bool{".credentials.json": true}

// Backup writes a backup of everything as it is at this moment, while the server goes on. Files of workspaces
// are only in it if asked for.
func (e *Engine) Backup(ctx context.Context, w io.Writer, workspaces bool) error {
	return archive{e.store, e.settings.Data, e.log}.write(ctx, w, backup.Head{Created: time.Now().UTC(), By: e.version, Workspaces: workspaces})
}

// archive is what backups are made of.
type archive struct {
	store *session.Store
	data  string // the data folder
	log   *slog.Logger
}

func (a archive) write(ctx context.Context, w io.Writer, head backup.Head) error {
	out, err := backup.NewWriter(w, head)
	if err != nil {
		return err
	}
	if err := a.writeStore(ctx, out); err != nil {
		return err
	}
	folders := []string{"agents"}
	if head.Workspaces {
		folders = append(folders, "workspaces")
	}
	for _, folder := range folders {
		if err := a.writeFolder(ctx, out, folder); err != nil {
			return err
		}
	}
	if left := out.LeftOut(); left.Count > 0 {
		a.log.Warn("a backup is without what could not be read", "count", left.Count, "first", left.First)
	}
	return out.Close()
}

func (a archive) writeStore(ctx context.Context, out *backup.Writer) error {
	at, err := a.store.Snapshot()
	if err != nil {
		return err
	}
	defer func() { _ = at.Close() }()
	err = at.Sessions(func(m session.Meta) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if m.Hidden {
			return nil // it works for another one, or is not whole
		}
		if err := writeLog(ctx, out, at, m.ID); err != nil {
			return err
		}
		return out.JSON("sessions/"+m.ID+"/meta.json", m)
	})
	if err != nil {
		return err
	}
	n := 0
	err = at.Prompts(func(p session.Prompt) error {
		n++
		return out.JSON(fmt.Sprintf("prompts/%06d.json", n), p)
	})
	if err != nil {
		return err
	}
	return at.Kept(func(name string, value json.RawMessage) error {
		if !fs.ValidPath(name) {
			return fmt.Errorf("what is kept as %q cannot be written: that is no path", name)
		}
		return out.Bytes("kept/"+name+".json", value)
	})
}

// writeLog writes a session's log in parts, so that no more than one is in memory.
func writeLog(ctx context.Context, out *backup.Writer, at *session.Snapshot, id string) error {
	var part bytes.Buffer
	n := 0
	flush := func() error {
		n++
		defer part.Reset()
		return out.Bytes(fmt.Sprintf("sessions/%s/%06d.jsonl", id, n), part.Bytes())
	}
	err := at.Lines(id, func(line []byte) error {
		part.Write(line)
		part.WriteByte('\n')
		if part.Len() < partBytes {
			return nil
		}
		return errors.Join(ctx.Err(), flush())
	})
	if err == nil && part.Len() > 0 {
		err = flush()
	}
	return err
}

// writeFolder writes what is in a folder of the data folder, files and folders, as they are when they are come to.
// One that is gone by then is left out, and so is one that cannot be read, which is put down.
func (a archive) writeFolder(ctx context.Context, out *backup.Writer, folder string) error {
	root, err := os.OpenRoot(a.data)
	if err != nil {
		return fmt.Errorf("open the data folder: %w", err)
	}
	defer func() { _ = root.Close() }()
	if err := writeBelow(ctx, out, root, folder); err != nil {
		return fmt.Errorf("back up the folder %s: %w", folder, err)
	}
	return nil
}

// writeBelow writes what is in a folder. fs.WalkDir would do, if it took names that are not UTF-8.
func writeBelow(ctx context.Context, out *backup.Writer, root *os.Root, folder string) error {
	entries, err := readDir(root, folder)
	if err != nil {
		unread(out, folder, err) // what was read of it goes on
	}
	for _, d := range entries {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		name := folder + "/" + d.Name()
		var err error
		switch {
		case folder == "workspaces" && (!d.IsDir() || workspace.CheckName(d.Name()) != nil):
			// what is under way, and what is kept of the folders that are open, which are not copied
		case d.IsDir():
			if err = writeDir(out, root, name); err == nil {
				err = writeBelow(ctx, out, root, name)
			}
		case strings.HasPrefix(name, "agents/") && (secrets[d.Name()] || !d.Type().IsRegular()):
		default:
			err = writeFile(out, root, name, d)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// readDir returns what is in a folder, in the order of names.
func readDir(root *os.Root, folder string) ([]fs.DirEntry, error) {
	f, err := root.Open(folder)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	entries, err := f.ReadDir(-1)
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, err
}

// writeDir writes a folder without what is in it.
func writeDir(out *backup.Writer, root *os.Root, name string) error {
	info, err := root.Lstat(name)
	if err != nil {
		unread(out, name, err)
		return nil
	}
	if !info.IsDir() {
		return nil // it is gone
	}
	return out.File(backup.Entry{Path: name, Mode: info.Mode(), Modified: info.ModTime()}, nil)
}

func writeFile(out *backup.Writer, root *os.Root, name string, d fs.DirEntry) error {
	if d.Type()&fs.ModeSymlink != 0 {
		target, err := root.Readlink(name)
		if err != nil {
			unread(out, name, err)
			return nil
		}
		return out.File(backup.Entry{Path: name, Link: filepath.ToSlash(target)}, nil)
	}
	if !d.Type().IsRegular() {
		return nil // sockets and the like
	}
	f, err := root.Open(name)
	if err != nil {
		unread(out, name, err)
		return nil
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		unread(out, name, err)
		return nil
	}
	content := &padded{from: f}
	err = out.File(backup.Entry{Path: name, Size: info.Size(), Mode: info.Mode(), Modified: info.ModTime()}, content)
	if content.err != nil {
		out.LeaveOut(name, fmt.Errorf("its end is zeros: %w", reason(content.err)))
	}
	return err
}

// unread puts down that something could not be read, unless it is gone.
func unread(out *backup.Writer, name string, err error) {
	if !errors.Is(err, fs.ErrNotExist) {
		out.LeaveOut(name, reason(err))
	}
}

// reason is a system's error without the path, which is said already.
func reason(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}

// padded goes on with zeros where a file ends, or cannot be read any further: it may get shorter while it is read.
type padded struct {
	from io.Reader
	done bool
	err  error // why it cannot be read any further
}

func (p *padded) Read(b []byte) (n int, err error) {
	if !p.done {
		n, err = p.from.Read(b)
	}
	if err != nil {
		p.done = true
		if !errors.Is(err, io.EOF) {
			p.err = err
		}
	}
	if p.done {
		clear(b[n:])
		return len(b), nil
	}
	return n, nil
}

// sessionPath takes the path of a session's file apart.
func sessionPath(p string) (id, file string, ok bool) {
	rest, ok := strings.CutPrefix(p, "sessions/")
	id, file = path.Split(rest)
	id = strings.TrimSuffix(id, "/")
	return id, file, ok && id != "" && !strings.ContainsAny(id, `/\`) && utf8.ValidString(p)
}
