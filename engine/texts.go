package engine

import (
	"sync"

	"coder1/engine/session"
)

// texts remembers how waiting prompts begin, so that nobody reads them whole to show a line of each.
type texts struct {
	mu  sync.Mutex
	all map[string]string // prompt -> its beginning
}

// Bounds of what is remembered.
const (
	maxTexts  = 256 // prompts; more than can wait
	textRunes = 200
)

func (t *texts) beginning(prompt string, store *session.Store) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if text, known := t.all[prompt]; known {
		return text
	}
	p, err := store.Prompt(prompt)
	if err != nil {
		return ""
	}
	if t.all == nil || len(t.all) >= maxTexts {
		t.all = map[string]string{}
	}
	t.all[prompt] = beginning(p.Text, textRunes)
	return t.all[prompt]
}

// forget is called when a prompt's text has changed.
func (t *texts) forget(prompt string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.all, prompt)
}

// beginning shortens a text to n runes.
func beginning(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i] + "…"
		}
		n--
	}
	return s
}
