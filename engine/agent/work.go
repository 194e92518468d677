package agent

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Work is a turn of the demo agent that was written beforehand, with the memory that it and its commands take.
// As a prompt it is text, a line each; docs/parity.md describes it:
//
//	work 20s
//	grow 0s 0MB, 3s 6MB
//	after 2s for 8s use 0s 0MB, 400ms 24.5MB: npm test
//	after 12s use +30MB/s: node leak.js
type Work struct {
	Length   time.Duration
	Grows    Usage // of the agent itself; it keeps it
	Commands []WorkCommand
}

// WorkCommand is a shell command of a Work.
type WorkCommand struct {
	Name   string        // for people, such as "npm test"
	After  time.Duration // since the turn began
	Length time.Duration // 0: until it is stopped
	Uses   Usage
}

// Usage is memory by age: along the points, and from the last one on by so much a second.
type Usage struct {
	Points    []UsagePoint // by age
	PerSecond int64        // KB
}

// UsagePoint is a size at an age.
type UsagePoint struct {
	Age time.Duration
	KB  int64
}

// At is the size at an age, in bytes.
func (u Usage) At(age time.Duration) int64 {
	before := UsagePoint{}
	for i, p := range u.Points {
		if p.Age > age {
			if i == 0 {
				return p.KB << 10
			}
			return before.KB<<10 + int64(float64((p.KB-before.KB)<<10)*float64(age-before.Age)/float64(p.Age-before.Age))
		}
		before = p
	}
	return before.KB<<10 + int64(float64(u.PerSecond<<10)*(age-before.Age).Seconds())
}

// workCommand is the word that a Work begins with.
const workCommand = "work"

// Bounds of a Work.
const (
	maxWork         = 24 * time.Hour
	maxWorkCommands = 100
	maxPoints       = 200 // as many as a scenario's command has
	maxUsageKB      = maxTakenMB << 10
)

// String writes the Work as ParseWork reads it.
func (w Work) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %v", workCommand, w.Length)
	if !w.Grows.empty() {
		fmt.Fprintf(&b, "\ngrow %v", w.Grows)
	}
	for _, c := range w.Commands {
		fmt.Fprintf(&b, "\nafter %v", c.After)
		if c.Length != 0 {
			fmt.Fprintf(&b, " for %v", c.Length)
		}
		fmt.Fprintf(&b, " use %v: %s", c.Uses, c.Name)
	}
	return b.String()
}

func (u Usage) empty() bool { return len(u.Points) == 0 && u.PerSecond == 0 }

// String writes the usage as parseUsage reads it.
func (u Usage) String() string {
	var parts []string
	for _, p := range u.Points {
		parts = append(parts, fmt.Sprintf("%v %s", p.Age, inMB(p.KB)))
	}
	text := strings.Join(parts, ", ")
	if u.PerSecond != 0 || text == "" {
		text = strings.TrimSpace(text + " +" + inMB(u.PerSecond) + "/s")
	}
	return text
}

// inMB writes a size so that it is read back as the same number of KB.
func inMB(kb int64) string { return strconv.FormatFloat(float64(kb)/1024, 'f', -1, 64) + "MB" }

// ParseWork reads a Work. Its errors name the line, and say what would be right.
func ParseWork(text string) (w Work, err error) {
	for i, line := range strings.Split(strings.TrimSpace(text), "\n") {
		word, rest := cutWord(strings.TrimSpace(line))
		switch {
		case i == 0 && word == workCommand:
			w.Length, err = parseAge(rest)
		case i > 0 && word == "grow" && w.Grows.empty():
			w.Grows, err = parseUsage(rest)
		case i > 0 && word == "after" && len(w.Commands) < maxWorkCommands:
			var c WorkCommand
			c, err = parseCommand(rest)
			w.Commands = append(w.Commands, c)
		default:
			err = errors.New("the first line must be like work 20s, then one like grow 0s 0MB, 3s 6MB, " +
				"then up to 100 like after 2s for 8s use 0s 0MB, 1s 40MB: npm test")
		}
		if err != nil {
			return Work{}, fmt.Errorf("line %d, %q: %w", i+1, line, err)
		}
	}
	return w, nil
}

func parseCommand(text string) (c WorkCommand, err error) {
	form := errors.New("it must be like after 2s for 8s use 0s 0MB, 1s 40MB: npm test")
	how, name, ok := strings.Cut(text, ": ")
	if c.Name = strings.TrimSpace(name); !ok || c.Name == "" {
		return c, form
	}
	after, rest := cutWord(how)
	if c.After, err = parseAge(after); err != nil {
		return c, err
	}
	word, rest := cutWord(rest)
	if word == "for" {
		var length string
		length, rest = cutWord(rest)
		if c.Length, err = parseAge(length); err != nil {
			return c, err
		}
		if c.Length == 0 {
			return c, errors.New("for 0s is no time; leave for out to let the command run until it is stopped")
		}
		word, rest = cutWord(rest)
	}
	if word != "use" {
		return c, form
	}
	c.Uses, err = parseUsage(rest)
	return c, err
}

// parseUsage reads "0s 0MB, 3s 6MB", "+30MB/s", or both.
func parseUsage(text string) (u Usage, err error) {
	points, rate, more := strings.Cut(text, "+")
	if more {
		perSecond, ok := strings.CutSuffix(strings.TrimSpace(rate), "/s")
		if u.PerSecond, err = parseKB(perSecond); err != nil || !ok {
			return u, fmt.Errorf("+%s is no growth; it must be like +30MB/s", rate)
		}
	}
	if points = strings.TrimSpace(points); points == "" && more {
		return u, nil
	}
	for part := range strings.SplitSeq(points, ",") {
		var p UsagePoint
		age, size := cutWord(strings.TrimSpace(part))
		if p.Age, err = parseAge(age); err != nil {
			return u, err
		}
		if p.KB, err = parseKB(size); err != nil {
			return u, err
		}
		u.Points = append(u.Points, p)
	}
	if len(u.Points) > maxPoints {
		return u, fmt.Errorf("there are %d points; at most %d are possible", len(u.Points), maxPoints)
	}
	if !slices.IsSortedFunc(u.Points, func(a, b UsagePoint) int { return int(min(max(a.Age-b.Age, -1), 1)) }) {
		return u, errors.New("the points must be in the order of their ages")
	}
	return u, nil
}

func parseAge(text string) (time.Duration, error) {
	d, err := time.ParseDuration(strings.TrimSpace(text))
	if err != nil || d < 0 || d > maxWork {
		return 0, fmt.Errorf("%q is no time; it must be like 2s or 400ms, at most %v", text, maxWork)
	}
	return d, nil
}

func parseKB(text string) (int64, error) {
	number, ok := strings.CutSuffix(strings.TrimSpace(text), "MB")
	mb, err := strconv.ParseFloat(number, 64)
	if kb := mb * 1024; ok && err == nil && kb >= 0 && kb <= maxUsageKB {
		return int64(kb + 0.5), nil
	}
	return 0, fmt.Errorf("%q is no size; it must be like 24.5MB, at most %dMB", text, maxTakenMB)
}
