package agent

import (
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestDemoUnderstands(t *testing.T) {
	for _, c := range []struct {
		prompt, command, rest string
	}{
		{"list", "list", ""},
		{"  List   folder  ", "list", "folder"},
		{"help!", "help", ""},
		{"`run ls -l`", "run", "ls -l"},
		{"run echo `date`", "run", "echo `date`"},
		{"run\nset -e\nls", "run", "set -e\nls"},
		{"$ make test", "run", "make test"},
		{"write a.txt  two  words", "write", "a.txt  two  words"},
		{"say: 40 words", "say", "40 words"},
		{"listing", "", ""},
		{"please list", "", ""},
		{"", "", ""},
	} {
		command, rest := parseDemo(c.prompt)
		if want := demoCommands[c.command]; reflect.ValueOf(command).Pointer() != reflect.ValueOf(want).Pointer() {
			t.Errorf("%q is not understood as %q", c.prompt, c.command)
		}
		if command != nil && rest != c.rest {
			t.Errorf("%q: %q, want %q", c.prompt, rest, c.rest)
		}
	}
}

func TestDemoAmounts(t *testing.T) {
	for s, want := range map[string][2]int{
		"100 MB for 10 seconds":     {100, 10},
		"100MB for 3s":              {100, 3},
		"100":                       {100, 10},
		"1.5 GB, 3s":                {1536, 3},
		"2 gigabytes for 2 minutes": {2048, 120},
		"50 megabytes":              {50, 10},
		"64 m 60 min.":              {64, 3600},
		"100 MB for 0 seconds":      {100, 0},
		"":                          {},
		"some":                      {},
		"0 MB":                      {},
		"0.5 MB":                    {},
		"100 kB":                    {},
		"100 MB for ever":           {},
		"100 MB for 10 hours":       {},
		"100 MB for 61 minutes":     {},
		"65 GB":                     {},
		"1e9 MB":                    {},
		"-5 MB":                     {},
	} {
		megabytes, seconds, ok := parseAmount(s)
		if got := [2]int{megabytes, seconds}; got != want || ok != (want[0] > 0) {
			t.Errorf("%q: %v, %v; want %v", s, got, ok, want)
		}
	}
}

func FuzzDemoParse(f *testing.F) {
	for _, s := range []string{
		"take 100 MB for 10 seconds", "write a/../../b text", "run `x`", "`", "read \\..\\x", "list //", "take 1.5 GB, 3s", "say 40", "\u2003$\u2003ls",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, prompt string) {
		command, rest := parseDemo(prompt)
		if command != nil && !strings.Contains(prompt, rest) {
			t.Errorf("%q has no %q in it", prompt, rest)
		}
		if name := inside(prompt); !filepath.IsLocal(name) {
			t.Errorf("the path %q becomes %q", prompt, name)
		}
		megabytes, seconds, ok := parseAmount(prompt)
		if ok != (megabytes > 0) || megabytes < 0 || megabytes > maxTakenMB || seconds < 0 || seconds > maxTakenSeconds {
			t.Errorf("%q: %d MB for %d s, %v", prompt, megabytes, seconds, ok)
		}
	})
}
