package agent

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// transcript is what the demo agent remembers of a conversation: the prompts, in a file of its own.
type transcript struct {
	dir     *os.Root
	id      string
	file    *os.File // nil until there is something to remember
	torn    bool     // the file does not end with a whole line
	said    int      // prompts
	prompts []string // the last of them
	before  string   // what it was told before the first
}

// maxPrompts is how many prompts are kept in memory.
const maxPrompts = 100

type transcriptLine struct {
	Before string `json:"before,omitempty"`
	Prompt string `json:"prompt"`
}

func newTranscript(configDir, id string) (*transcript, error) {
	path := filepath.Join(configDir, "transcripts")
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder for transcripts: %w", err)
	}
	dir, err := os.OpenRoot(path)
	if err != nil {
		return nil, fmt.Errorf("open the folder for transcripts: %w", err)
	}
	return &transcript{dir: dir, id: id}, nil
}

var errNoConversation = errors.New("no conversation found with session ID")

func resumeTranscript(configDir, id string) (*transcript, error) {
	t, err := newTranscript(configDir, id)
	if err != nil {
		return nil, err
	}
	f, err := t.dir.Open(t.name())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %s", errNoConversation, id)
	}
	if err != nil {
		return nil, fmt.Errorf("open the transcript: %w", err)
	}
	defer f.Close()
	lines := bufio.NewReader(f)
	for {
		raw, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			t.torn = len(raw) > 0 // we were killed while it was written
			return t, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read the transcript: %w", err)
		}
		var line transcriptLine
		if json.Unmarshal(raw, &line) == nil {
			t.remember(line.Before, line.Prompt)
		}
	}
}

func (t *transcript) name() string { return t.id + ".jsonl" }

func (t *transcript) remember(before, prompt string) {
	if before != "" {
		t.before = before
	}
	t.said++
	t.prompts = append(t.prompts[max(0, len(t.prompts)-maxPrompts+1):], prompt)
}

// add remembers a prompt and what came before it, shortened.
func (t *transcript) add(before, prompt string) (err error) {
	before, _ = cut(before, excerpt)
	prompt, _ = cut(prompt, excerpt)
	if t.file == nil {
		if t.file, err = t.dir.OpenFile(t.name(), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600); err != nil {
			return fmt.Errorf("open the transcript: %w", err)
		}
	}
	raw, err := json.Marshal(transcriptLine{before, prompt})
	if err != nil {
		return fmt.Errorf("write the transcript: %w", err)
	}
	if t.torn {
		raw = append([]byte("\n"), raw...)
	}
	if _, err := t.file.Write(append(raw, '\n')); err != nil {
		t.torn = true
		return fmt.Errorf("write the transcript: %w", err)
	}
	t.torn = false
	t.remember(before, prompt)
	return nil
}

// reset begins another transcript.
func (t *transcript) reset() {
	if t.file != nil {
		t.file.Close()
	}
	*t = transcript{dir: t.dir, id: newID()}
}

func (t *transcript) close() {
	if t.file != nil {
		t.file.Close()
	}
	_ = t.dir.Close()
}
