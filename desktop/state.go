package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// state is what is remembered from one start to the next, in a file of the data folder.
type state struct {
	mu   sync.Mutex
	path string
	kept
}

// kept is the file's content.
type kept struct {
	Width   int    `json:"width"`
	Height  int    `json:"height"`
	Maximal bool   `json:"maximised"`
	Plan    plan   `json:"plan"`
	Port    int    `json:"port"` // of the engine: the page's own memory is tied to its address
	Remote  string `json:"remote,omitempty"`
}

// openState reads what was remembered. A file that cannot be understood is as none: it holds nothing that
// would be missed.
func openState(data string) (*state, error) {
	s := &state{path: filepath.Join(data, "desktop.json")}
	raw, err := os.ReadFile(s.path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read what the window remembers: %w", err)
	}
	if json.Unmarshal(raw, &s.kept) != nil {
		s.kept = kept{}
	}
	if s.Width < 600 || s.Height < 400 {
		s.Width, s.Height = 1280, 800
	}
	if _, err := custom(s.Plan.Memory); err != nil {
		s.Plan = plans[1]
	}
	return s, nil
}

func (s *state) get() kept {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.kept
}

func (s *state) change(do func(*kept)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	do(&s.kept)
	raw, err := json.MarshalIndent(s.kept, "", "\t")
	if err == nil {
		err = os.WriteFile(s.path+".new", append(raw, '\n'), 0o600)
	}
	if err == nil {
		err = os.Rename(s.path+".new", s.path)
	}
	if err != nil {
		return fmt.Errorf("keep what the window remembers: %w", err)
	}
	return nil
}
