package summary

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Now is what the log does not tell of where a session stands.
type Now struct {
	State    string // "idle", "queued", "running" or "waiting", as the session's
	Position int    // of its first prompt in line; 1 goes next
	Reason   string // why that one waits
}

// Standing says in words where the session stands.
func (s *Summary) Standing(now Now) string {
	switch now.State {
	case "waiting":
		if len(s.asks) > 0 {
			return "waits for your permission " + s.asks[0].what
		}
		return "waits for your permission"
	case "running":
		for _, p := range s.open {
			if p.started {
				return "is working on “" + oneLine(p.Text, 120) + "”"
			}
		}
		return "is working"
	case "queued":
		text := fmt.Sprintf("is in line at #%d", max(1, now.Position))
		if now.Reason != "" {
			text += ": " + now.Reason
		}
		return text
	}
	return s.ended()
}

// ended says how the last prompt ended.
func (s *Summary) ended() string {
	if len(s.open) > 0 {
		return "was cut off while working on “" + oneLine(s.open[len(s.open)-1].Text, 120) + "”"
	}
	if s.last == nil {
		return "nothing was asked for yet"
	}
	reason := strings.TrimRight(oneLine(s.last.Reason, 240), ".")
	with := func(words string) string {
		if reason == "" {
			return words
		}
		return words + ": " + reason
	}
	switch s.last.Outcome {
	case "done":
		if said := sentences(s.last.Answer, 240); said != "" {
			return "finished: " + said
		}
		return "finished"
	case "failed":
		return with("failed")
	case "interrupted":
		return with("stopped")
	case "cancelled":
		return with("its last prompt was cancelled")
	case "parked":
		return with("put aside")
	default:
		return with("ended")
	}
}

// Text is all of it as Markdown: some KB as a rule, and never more than MaxText bytes. The prompt named without, if any, is left out.
func (s *Summary) Text(now Now, without string) string {
	var b strings.Builder
	s.writeAsked(&b, without)
	section(&b, "Files changed", s.Files.Dropped, "earlier ones", s.Files.List, func(f *File) string {
		return fmt.Sprintf("%s %s%s", code(f.Path), f.How, times(f.Times))
	})
	section(&b, "Commands run", s.Commands.Dropped, "earlier ones", s.Commands.List, func(c *Command) string {
		outcome := "ok"
		if !c.OK {
			outcome = "failed"
		}
		return fmt.Sprintf("%s: %s%s", code(c.Text), outcome, times(c.Times))
	})
	if s.Model != nil {
		fmt.Fprintf(&b, "## In the words of a model (%s)\n\n%s\n\n", s.Model.Time.UTC().Format("2006-01-02 15:04"), s.Model.Text)
	}
	fmt.Fprintf(&b, "## Figures\n\n%s\n", s.figures())
	if standing := s.Standing(now); without == "" {
		fmt.Fprintf(&b, "\n## Where it stands\n\nThe session %s\n", ending(standing))
	}
	return beginning(b.String(), MaxText)
}

// Empty reports whether there is nothing to tell beside the prompt named.
func (s *Summary) Empty(without string) bool {
	for _, p := range s.Asked {
		if p.ID != beginning(without, nameBytes) || p.Answer != "" {
			return false
		}
	}
	return len(s.Files.List)+len(s.Commands.List) == 0
}

func (s *Summary) writeAsked(b *strings.Builder, without string) {
	b.WriteString("## What was asked for\n\n")
	without = beginning(without, nameBytes)
	for i, p := range s.Asked {
		if i == firstAsked && s.Unshown > 0 {
			fmt.Fprintf(b, "(%d more in between)\n\n", s.Unshown)
		}
		if without != "" && p.ID == without && p.Answer == "" {
			continue
		}
		fmt.Fprintf(b, "%s\n\n", quote(p.Text))
		if p.Answer != "" {
			fmt.Fprintf(b, "Answered: %s\n\n", p.Answer)
		}
		if p.Outcome != "" && p.Outcome != "done" {
			fmt.Fprintf(b, "(%s)\n\n", p.Outcome)
		}
	}
	if len(s.Asked) == 0 {
		b.WriteString("Nothing yet.\n\n")
	}
}

func section[T any](b *strings.Builder, title string, dropped int, what string, list []T, line func(T) string) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintf(b, "## %s\n\n", title)
	for _, one := range slices.Backward(list) {
		fmt.Fprintf(b, "- %s\n", line(one))
	}
	if dropped > 0 {
		fmt.Fprintf(b, "- and %d %s\n", dropped, what)
	}
	b.WriteString("\n")
}

func (s *Summary) figures() string {
	parts := []string{plural(s.Turns, "turn"), s.Worked.Round(time.Second).String() + " of work"}
	if cost := s.CostUSD + s.ModelCost; cost > 0 {
		parts = append(parts, fmt.Sprintf("$%.4f", cost))
	}
	if t := s.Tokens; t.Input+t.Output+t.CacheRead+t.CacheWrite > 0 {
		parts = append(parts, fmt.Sprintf("%d tokens in, %d out, %d read from the cache, %d written to it", t.Input, t.Output, t.CacheRead, t.CacheWrite))
	}
	return strings.Join(parts, ", ") + "."
}

func plural(n int, unit string) string {
	if n == 1 {
		return "1 " + unit
	}
	return fmt.Sprintf("%d %ss", n, unit)
}

func times(n int) string {
	if n < 2 {
		return ""
	}
	return fmt.Sprintf(" (%d times)", n)
}

func quote(text string) string { return "> " + strings.ReplaceAll(text, "\n", "\n> ") }

// code is a text as Markdown shows it unchanged.
func code(text string) string {
	fence := "`"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	if len(fence) > 1 {
		return fence + " " + text + " " + fence
	}
	return fence + text + fence
}

func ending(sentence string) string {
	if strings.HasSuffix(sentence, ".") || strings.HasSuffix(sentence, "…") {
		return sentence
	}
	return sentence + "."
}

// beginning is at most n bytes of a text, between two characters, with a mark where it was cut.
func beginning(text string, n int) string {
	if len(text) <= n {
		return text
	}
	n -= len("…")
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n] + "…"
}

// oneLine is the beginning of a text with its white space closed up.
func oneLine(text string, n int) string {
	if len(text) > 4*n {
		text = beginning(text, 4*n)
	}
	return beginning(strings.Join(strings.Fields(text), " "), n)
}

// sentences are the first whole ones of a text's first paragraph, or its beginning when they are long.
func sentences(text string, n int) string {
	for paragraph := range strings.SplitSeq(text, "\n\n") {
		line := strings.TrimSpace(oneLine(strings.TrimLeft(paragraph, "#>*- \n"), 4*n))
		if line == "" {
			continue
		}
		if len(line) <= n {
			return line
		}
		for i := n; i > n/3; i-- {
			if strings.IndexByte(".!?", line[i-1]) >= 0 && line[i] == ' ' {
				return line[:i]
			}
		}
		return beginning(line, n)
	}
	return ""
}
