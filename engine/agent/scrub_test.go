package agent

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// scrubber makes a recording that is the same on every machine: no paths, no IDs that were drawn by lot, no
// times, and nothing that is only bulk.
type scrubber struct {
	places *strings.Replacer
	ids    map[string]string
}

func newScrubber(h *house) *scrubber {
	key := func(path string) string { return strings.ReplaceAll(path, "/", "-") }
	return &scrubber{ids: map[string]string{}, places: strings.NewReplacer(
		h.dir, "/workspace", h.config, "/config", key(h.dir), "-workspace",
	)}
}

func (s *scrubber) scrub(t *testing.T, lines [][]byte) []byte {
	t.Helper()
	var out bytes.Buffer
	for _, l := range lines {
		d := json.NewDecoder(bytes.NewReader(l))
		d.UseNumber()
		var v any
		if err := d.Decode(&v); err != nil {
			t.Fatalf("%v: %s", err, l)
		}
		e := json.NewEncoder(&out)
		e.SetEscapeHTML(false)
		if err := e.Encode(s.value("", v)); err != nil {
			t.Fatal(err)
		}
	}
	return out.Bytes()
}

// bulk are lists of which the first element shows what they are.
var bulk = map[string]bool{
	"agents": true, "capabilities": true, "commands": true, "skills": true, "slash_commands": true,
	"terminal_slash_commands": true, "tools": true, "plugins": true, "models": true,
}

func (s *scrubber) value(key string, v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			v[k] = s.value(k, e)
		}
	case []any:
		if bulk[key] && len(v) > 1 {
			v = v[:1]
		}
		for i, e := range v {
			v[i] = s.value("", e)
		}
		return v
	case json.Number:
		if strings.HasSuffix(key, "_ms") || key == "pid" {
			return json.Number("10")
		}
	case string:
		return s.text(key, v)
	}
	return v
}

var (
	uuids = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
	hosts = regexp.MustCompile(`127\.0\.0\.1:\d+`)
	temps = regexp.MustCompile(`/tmp/[^" ]*`)
)

func (s *scrubber) text(key, v string) string {
	if key == "timestamp" {
		return "2026-01-01T00:00:00.000Z"
	}
	v = hosts.ReplaceAllString(s.places.Replace(v), "127.0.0.1:1")
	v = temps.ReplaceAllString(v, "/tmp/file")
	return uuids.ReplaceAllStringFunc(v, func(id string) string {
		if s.ids[id] == "" {
			s.ids[id] = fmt.Sprintf("00000000-0000-4000-8000-%012d", len(s.ids)+1)
		}
		return s.ids[id]
	})
}
