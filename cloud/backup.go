package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"

	"coder1/cloud/server"
	"coder1/engine"
	"coder1/engine/backup"
)

// remote says where the server is that a command speaks to, when one runs on the data folder.
type remote struct {
	settings `embed:""`
	Server   string `help:"Address of the server, such as https://example.onrender.com. Without it the data folder is worked on, by way of the server at HOST and PORT when one runs on it."`
}

type backupCommand struct {
	File       string `arg:"" help:"File to write; - for the standard output."`
	Workspaces bool   `help:"With the files of all workspaces."`
	remote     `embed:""`
}

type restoreCommand struct {
	File   string `arg:"" type:"existingfile" help:"File that coder1 backup wrote."`
	remote `embed:""`
}

// Run writes a backup.
func (c *backupCommand) Run() error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if c.File == "-" {
		return c.write(ctx, os.Stdout)
	}
	partial := c.File + ".partial"
	left, err := c.writeFile(ctx, partial)
	if err != nil {
		return errors.Join(err, os.Remove(partial))
	}
	if err := os.Rename(partial, c.File); err != nil {
		return fmt.Errorf("name the finished backup: %w", err)
	}
	what := "Sessions, prompts in line and agents' transcripts"
	if c.Workspaces {
		what += ", and the files of all workspaces,"
	}
	fmt.Printf("%s are in %s.\n", what, c.File)
	if left.Count > 0 {
		fmt.Printf("%d files or folders that could not be read are not in it, or not whole:\n%s\n", left.Count, strings.Join(left.First, "\n"))
	}
	if more := left.Count - len(left.First); more > 0 {
		fmt.Printf("… and %d more.\n", more)
	}
	return nil
}

// writeFile writes a backup and reads it again, so that one that is there is known to be whole. It returns what is
// not in it.
func (c *backupCommand) writeFile(ctx context.Context, name string) (left backup.LeftOut, err error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return left, err
	}
	err = c.write(ctx, f)
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err == nil {
		left, err = backup.Verify(f)
	}
	return left, errors.Join(err, f.Sync(), f.Close())
}

func (c *backupCommand) write(ctx context.Context, w io.Writer) error {
	if c.Server == "" {
		err := engine.BackupFolder(ctx, c.Data, w, backup.Head{By: version, Workspaces: c.Workspaces}, commandLog())
		if !errors.Is(err, engine.ErrInUse) {
			return err
		}
	}
	resp, err := c.call(ctx, http.MethodGet, "/api/backup?workspaces="+strconv.FormatBool(c.Workspaces), nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(w, resp.Body); err != nil {
		return fmt.Errorf("the server did not send the backup to its end; its log says why: %w", err)
	}
	return nil
}

// Run restores a backup.
func (c *restoreCommand) Run() error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	f, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer f.Close()
	got, err := c.restore(ctx, f)
	if err != nil {
		return err
	}
	fmt.Printf("%d of %d sessions were restored (%d were there already and are as they were), %d prompts are in line, %d files were added.\n",
		got.Restored, got.Sessions, got.Skipped, got.Prompts, got.Files)
	if got.LeftOut > 0 {
		fmt.Printf("%d files were left out: this system cannot have them by their names. The log says which.\n", got.LeftOut)
	}
	return nil
}

func (c *restoreCommand) restore(ctx context.Context, f *os.File) (got server.Restored, err error) {
	if c.Server == "" {
		local, err := engine.RestoreFolder(ctx, c.Data, f, commandLog())
		if !errors.Is(err, engine.ErrInUse) {
			return server.Restored(local), err
		}
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return got, err
		}
	}
	resp, err := c.call(ctx, http.MethodPost, "/api/restore", f)
	if err != nil {
		return got, err
	}
	defer resp.Body.Close()
	return got, json.NewDecoder(resp.Body).Decode(&got)
}

// call speaks to the server: with the owner's token, or with a cookie made of its hash in the data folder.
func (r *remote) call(ctx context.Context, method, path string, body io.Reader) (*http.Response, error) {
	base := r.Server
	if base == "" {
		host := r.Host
		if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
			host = "127.0.0.1"
		}
		base = "http://" + net.JoinHostPort(host, strconv.Itoa(r.Port))
	}
	req, err := http.NewRequestWithContext(ctx, method, base+path, body)
	if err != nil {
		return nil, err
	}
	if r.Token != "" {
		req.Header.Set("Authorization", "Bearer "+r.Token)
	} else if hash, err := keptHash(r.Data); err == nil && r.Server == "" {
		req.AddCookie(server.OwnerCookie(hash))
	} else if !errors.Is(err, fs.ErrNotExist) && err != nil {
		return nil, err
	} else {
		return nil, errors.New("set CODER1_TOKEN to the owner's token")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("a server runs on the data folder, and does not answer at %s (--server gives another address): %w", base, err)
	}
	if resp.StatusCode == http.StatusOK {
		return resp, nil
	}
	defer resp.Body.Close()
	var p server.Problem
	_ = json.NewDecoder(io.LimitReader(resp.Body, 64<<10)).Decode(&p) // what is no problem has no detail
	return nil, fmt.Errorf("the server at %s answered %s: %s", base, resp.Status, p.Detail)
}

func commandLog() *slog.Logger {
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
}
