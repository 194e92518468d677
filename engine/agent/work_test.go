package agent

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

var someWork = Work{
	Length: 12500 * time.Millisecond, Grows: Usage{Points: []UsagePoint{{0, 0}, {3 * time.Second, 6144}}},
	Commands: []WorkCommand{
		{Name: "npm test -- it's: all", After: 2 * time.Second, Length: 8 * time.Second,
			Uses: Usage{Points: []UsagePoint{{0, 100}, {400 * time.Millisecond, 25088}}}},
		{Name: "node leak.js", After: 11 * time.Second, Uses: Usage{PerSecond: 30 << 10}},
		{Name: "both", After: 11 * time.Second, Uses: Usage{Points: []UsagePoint{{0, 1}}, PerSecond: 1}},
		{Name: "nothing", After: 0, Length: time.Millisecond},
	},
}

func TestWorkIsReadAsItIsWritten(t *testing.T) {
	text := someWork.String()
	got, err := ParseWork(text)
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	if text != got.String() || len(got.Commands) != 4 || !reflect.DeepEqual(got.Commands[:3], someWork.Commands[:3]) || !reflect.DeepEqual(got.Grows, someWork.Grows) {
		t.Errorf("%+v\nis read as\n%+v", someWork, got)
	}
}

func TestWorkSaysWhatIsWrong(t *testing.T) {
	for text, want := range map[string]string{
		"":                                       "the first line must be like work 20s",
		"work":                                   `"" is no time`,
		"work -2s":                               `"-2s" is no time`,
		"work 25h":                               "at most 24h",
		"work 2s\nwork 2s":                       "line 2",
		"work 2s\ngrow":                          `"" is no time`,
		"work 2s\ngrow 1s":                       `"" is no size`,
		"work 2s\ngrow 1s 3":                     `"3" is no size`,
		"work 2s\ngrow 1s NaNMB":                 `"NaNMB" is no size`,
		"work 2s\ngrow 1s -1MB":                  `"-1MB" is no size`,
		"work 2s\ngrow 1s 99999MB":               "at most 65536MB",
		"work 2s\ngrow +3MB":                     "it must be like +30MB/s",
		"work 2s\ngrow 2s 1MB, 1s 1MB":           "in the order of their ages",
		"work 2s\ngrow 2s 1MB\ngrow 2s 1MB":      "line 3",
		"work 2s\nafter 1s use +1MB/s":           "it must be like after 2s",
		"work 2s\nafter 1s use +1MB/s: ":         "it must be like after 2s",
		"work 2s\nafter 1s for use +1MB/s: x":    `"use" is no time`,
		"work 2s\nafter 1s for 0s use 0s 1MB: x": "for 0s is no time",
		"work 2s\nafter 1s take 0s 1MB: x":       "it must be like after 2s",
		"work 2s" + strings.Repeat("\nafter 1s use +1MB/s: x", maxWorkCommands+1):   "line 102",
		"work 2s\ngrow 0s 0MB" + strings.Repeat(", 1s 1MB", maxPoints):              "there are 201 points",
		"work 2s\nafter 1s for 1s use 0s 1MB: x\nand now for something else 1s 1MB": "line 3",
	} {
		if _, err := ParseWork(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v; want %q", text, err, want)
		}
	}
}

func TestUsageByAge(t *testing.T) {
	u := Usage{Points: []UsagePoint{{time.Second, 1024}, {2 * time.Second, 3072}}, PerSecond: 512}
	for age, want := range map[time.Duration]int64{
		0: 1 << 20, time.Second: 1 << 20, 1500 * time.Millisecond: 2 << 20, 2 * time.Second: 3 << 20, 4 * time.Second: 4 << 20,
	} {
		if got := u.At(age); got != want {
			t.Errorf("at %v: %d, want %d", age, got, want)
		}
	}
	if got := (Usage{PerSecond: 1024}).At(1500 * time.Millisecond); got != 3<<19 {
		t.Errorf("without points: %d", got)
	}
}

func FuzzWork(f *testing.F) {
	f.Add(someWork.String())
	f.Add("work 1s\ngrow +1MB/s")
	f.Add("work 1m\nafter 1s use 0s 0.0009765625MB: x: y")
	f.Fuzz(func(t *testing.T, text string) {
		w, err := ParseWork(text)
		if err != nil {
			return
		}
		again, err := ParseWork(w.String())
		if err != nil || again.String() != w.String() {
			t.Errorf("%q is written as %q, %v", text, w, err)
		}
		for _, c := range w.Commands {
			if n := c.Uses.At(c.Length); n < 0 {
				t.Errorf("%q uses %d bytes", c.Name, n)
			}
		}
	})
}
