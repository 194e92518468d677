package agent

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"
)

// Transcript is what a kind of agent has on disk of a conversation, to resume it.
type Transcript struct {
	Bytes   int64
	Damaged bool // it ends in zeros, as a file does whose last writes never reached the disk
}

// fileNames are the patterns of the files that belong to a conversation, below the agent's configuration. ID
// stands for the conversation. The first is the transcript.
type fileNames []string

// claudeFiles are those of Claude Code 2.1: in a folder for each working directory, whose name we need not
// know, and beside it what its tools keep.
var claudeFiles = fileNames{
	"projects/*/ID.jsonl", "projects/*/ID", "tasks/ID", "todos/ID*", "file-history/ID", "session-env/ID", "debug/ID.txt",
}

var demoFiles = fileNames{"transcripts/ID.jsonl"}

// conversationName is what the name of a conversation may be, to be part of a file's name.
var conversationName = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z-]{0,127}$`)

// find opens the configuration folder and lists what there is of a conversation in the order of the names. The
// folder is to be closed.
func (names fileNames) find(configDir, conversation string) (*os.Root, [][]string, error) {
	if !conversationName.MatchString(conversation) {
		return nil, nil, fmt.Errorf("conversation %q: %w", conversation, fs.ErrNotExist)
	}
	root, err := os.OpenRoot(configDir)
	if err != nil {
		return nil, nil, fmt.Errorf("open the folder for transcripts: %w", err)
	}
	found := make([][]string, len(names))
	for i, name := range names {
		if found[i], err = fs.Glob(root.FS(), strings.ReplaceAll(name, "ID", conversation)); err != nil {
			_ = root.Close()
			return nil, nil, fmt.Errorf("look for conversation %s: %w", conversation, err)
		}
	}
	return root, found, nil
}

// transcript opens a configuration folder and finds a conversation's transcript in it. The folder is to be
// closed.
func (names fileNames) transcript(configDir, conversation string) (*os.Root, string, error) {
	root, found, err := names.find(configDir, conversation)
	if err != nil {
		return nil, "", err
	}
	if len(found[0]) == 0 {
		_ = root.Close()
		return nil, "", fmt.Errorf("conversation %s: %w", conversation, fs.ErrNotExist)
	}
	return root, found[0][0], nil
}

func (p *program) Transcript(configDir, conversation string) (Transcript, error) {
	root, name, err := p.files.transcript(configDir, conversation)
	if err != nil {
		return Transcript{}, err
	}
	defer func() { _ = root.Close() }()
	f, err := root.Open(name)
	if err != nil {
		return Transcript{}, fmt.Errorf("open the transcript of %s: %w", conversation, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return Transcript{}, fmt.Errorf("look at the transcript of %s: %w", conversation, err)
	}
	t := Transcript{Bytes: info.Size()}
	if t.Bytes > 0 {
		var last [1]byte
		if _, err := f.ReadAt(last[:], t.Bytes-1); err != nil {
			return t, fmt.Errorf("read the transcript of %s: %w", conversation, err)
		}
		t.Damaged = last[0] == 0
	}
	return t, nil
}

func (p *program) Fork(configDir, conversation string) (fork string, err error) {
	root, name, err := p.files.transcript(configDir, conversation)
	if err != nil {
		return "", err
	}
	defer func() { _ = root.Close() }()
	fork = newID()
	copied := path.Join(path.Dir(name), strings.Replace(path.Base(name), conversation, fork, 1))
	if err := copyFile(root, name, copied); err != nil {
		return "", errors.Join(fmt.Errorf("copy the transcript of %s: %w", conversation, err), ignoreMissing(root.Remove(copied)))
	}
	return fork, nil
}

func copyFile(root *os.Root, from, to string) (err error) {
	in, err := root.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := root.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	if _, err := io.Copy(out, in); err != nil {
		return err
	}
	return out.Sync()
}

func (p *program) Forget(configDir, conversation string) error {
	root, found, err := p.files.find(configDir, conversation)
	if err != nil {
		return ignoreMissing(err)
	}
	defer func() { _ = root.Close() }()
	var errs []error
	for _, names := range found {
		for _, name := range names {
			errs = append(errs, root.RemoveAll(name))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("delete the transcript of %s: %w", conversation, err)
	}
	return nil
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
