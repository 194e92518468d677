package agent

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxBlocks bounds the blocks of one message that are looked at. There is one a line, as a rule.
const maxBlocks = 256

// blocks are the first elements of a JSON array, and whether there are more; none if it is no array.
func blocks(raw json.RawMessage) (list []json.RawMessage, more bool) {
	d := json.NewDecoder(bytes.NewReader(raw))
	if first, err := d.Token(); err != nil || first != json.Delim('[') {
		return nil, false
	}
	for d.More() {
		if len(list) == maxBlocks {
			return list, true
		}
		var b json.RawMessage
		if d.Decode(&b) != nil {
			break
		}
		list = append(list, b)
	}
	return list, false
}

// text is what a tool answered, which is a text or blocks, and whether that is not all of it.
func text(content json.RawMessage) (all string, more bool) {
	if s := read[string](content); s != "" {
		return s, false
	}
	list, more := blocks(content)
	var parts []string
	for _, raw := range list {
		b := read[block](raw)
		if b.Type != "text" {
			kind, _ := cut(b.Type, maxName)
			b.Text = "[" + kind + "]"
		}
		parts = append(parts, b.Text)
	}
	return strings.Join(parts, "\n"), more
}

// cut shortens a text to at most n bytes, between two runes.
func cut(s string, n int) (short string, truncated bool) {
	if len(s) <= n {
		return s, false
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n], true
}

// bounded is a tool's input, or a description of it when it is too large to be kept.
func bounded(input json.RawMessage) json.RawMessage {
	if len(input) == 0 {
		return json.RawMessage("{}")
	}
	if len(input) <= MaxOutput {
		return input
	}
	return note("input", fmt.Sprintf("%d bytes, too large to be shown", len(input)), input)
}

// unknown is a line of a type that we do not know.
func unknown(line []byte) Other {
	switch {
	case len(line) > MaxOutput:
		return oversized(line, len(line))
	case !json.Valid(slices.Concat([]byte("[[[["), line, []byte("]]]]"))):
		return Other{Raw: note("unreadable", "too deep to be kept", line)} // whoever keeps it wraps it
	}
	return Other{Raw: bytes.Clone(line)}
}

// unreadable is a line that is not JSON.
func unreadable(line []byte) Other {
	return Other{Raw: note("unreadable", "the agent wrote a line that is not JSON", line)}
}

// oversized is a line that is too long to be kept, of which we may have read only the beginning.
func oversized(line []byte, length int) Other {
	return Other{Raw: note("oversized", fmt.Sprintf("%d bytes, too large to be kept", length), line)}
}

func note(kind, why string, of []byte) json.RawMessage {
	beginning, _ := cut(string(of[:min(len(of), excerpt+utf8.UTFMax)]), excerpt)
	raw, _ := json.Marshal(struct { // of texts only
		Type      string `json:"type"`
		Note      string `json:"note"`
		Beginning string `json:"beginning"`
	}{kind, why, beginning})
	return raw
}
