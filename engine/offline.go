package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"coder1/engine/backup"
	"coder1/engine/session"
	"coder1/engine/workspace"
)

// ErrInUse means that a server runs on a data folder.
var ErrInUse = session.ErrLocked

// BackupFolder writes a backup of a data folder on which no server runs; the error is ErrInUse when one does.
func BackupFolder(ctx context.Context, data string, w io.Writer, head backup.Head, log *slog.Logger) error {
	if _, err := os.Stat(filepath.Join(data, "store")); err != nil {
		return fmt.Errorf("there is no store of sessions in the data folder (CODER1_DATA): %w", err)
	}
	return offline(data, log, func(a archive) error {
		head.Created = time.Now().UTC()
		return a.write(ctx, w, head)
	})
}

// RestoreFolder adds to a data folder on which no server runs, which may be empty or not there, what a backup
// has and it has not; the error is ErrInUse when one does. Prompts run when the server is started.
func RestoreFolder(ctx context.Context, data string, from io.ReadSeeker, log *slog.Logger) (got Restored, err error) {
	if err := check(ctx, from); err != nil {
		return got, err // before anything is made
	}
	if _, err := from.Seek(0, io.SeekStart); err != nil {
		return got, err
	}
	err = offline(data, log, func(a archive) error {
		set, err := workspace.Open(filepath.Join(data, "workspaces"))
		if err != nil {
			return err
		}
		got, err = a.restore(ctx, from, set, func(session.Prompt) {})
		return errors.Join(err, set.Close())
	})
	return got, err
}

func offline(data string, log *slog.Logger, do func(archive) error) error {
	if err := os.MkdirAll(data, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("make the data folder (CODER1_DATA): %w", err)
	}
	store, err := session.Open(session.Options{Dir: filepath.Join(data, "store"), Log: log})
	if err != nil {
		return err
	}
	return errors.Join(do(archive{store, data, log}), store.Close())
}
