package agenttest

import (
	"encoding/json"
	"regexp"
	"strings"
)

// request is what this imitation looks at of a call.
type request struct {
	Model    string          `json:"model"`
	Stream   bool            `json:"stream"`
	System   json.RawMessage `json:"system"`
	Messages []turn          `json:"messages"`
}

type turn struct {
	Role    string  `json:"role"`
	Content content `json:"content"`
}

// content is a list of blocks, or a text that stands for a list of one.
type content []block

type block struct {
	Type    string  `json:"type"`
	Text    string  `json:"text"`
	Content content `json:"content"` // of a tool_result
}

func (c *content) UnmarshalJSON(b []byte) error {
	var text string
	if json.Unmarshal(b, &text) == nil {
		*c = content{{Type: "text", Text: text}}
		return nil
	}
	return json.Unmarshal(b, (*[]block)(c))
}

// aside matches what the CLI adds to a user's words.
var aside = regexp.MustCompile(`(?s)<system-reminder>.*?</system-reminder>`)

// said is what a user typed in a turn, without what the CLI added; "" when it only carries tool results.
func (t turn) said() string {
	if t.Role != "user" {
		return ""
	}
	last := ""
	for _, b := range t.Content {
		if text := strings.TrimSpace(aside.ReplaceAllString(b.Text, "")); b.Type == "text" && text != "" {
			last = text
		}
	}
	return last
}

// prompt is the last thing the user said, how many things he said in all, and the results of the tools
// that were used since.
func (r *request) prompt() (text string, count int, results []string) {
	for _, t := range r.Messages {
		if said := t.said(); said != "" {
			text, results = said, nil
			count++
		}
		for _, b := range t.Content {
			if b.Type == "tool_result" {
				results = append(results, b.Content.text())
			}
		}
	}
	return text, count, results
}

func (c content) text() string {
	var parts []string
	for _, b := range c {
		parts = append(parts, b.Text)
	}
	return strings.Join(parts, "\n")
}

// tokens is the size of the request, understated so that a big prompt does not make the CLI compact it.
func (r *request) tokens() int {
	n := len(r.System)
	for _, t := range r.Messages {
		n += len(t.Content.text())
	}
	return 1 + n/64
}
