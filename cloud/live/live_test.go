package live

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"coder1/engine/agent"
	"coder1/engine/scenario"
	"coder1/engine/trace"
)

// What a turn of the library takes is what the demo agent is told to take.
func TestTurnsBecomeOrders(t *testing.T) {
	all, err := scenario.Library()
	if err != nil {
		t.Fatal(err)
	}
	commands := 0
	for _, s := range all {
		for _, p := range s.Script(1).Prompts {
			w, err := agent.ParseWork(workOf(p.Turn))
			if err != nil {
				t.Fatalf("%s, %s: %v", s.Name, p.Offer.Prompt, err)
			}
			if w.Length != p.Turn.Length || len(w.Commands) != len(p.Turn.Commands) {
				t.Errorf("%s, %s: %+v becomes %+v", s.Name, p.Offer.Prompt, p.Turn, w)
			}
			for i, c := range p.Turn.Commands {
				commands++
				got := w.Commands[i]
				if got.Name != c.Name || got.After != c.After || (got.Length != c.Length) != (c.Length == trace.Never) {
					t.Errorf("%s: %+v becomes %+v", s.Name, c, got)
				}
				for age := time.Duration(0); age < 5*time.Second; age += 300 * time.Millisecond {
					if a, b := c.Uses.At(age), got.Uses.At(age); max(a-b, b-a) > 64<<10 {
						t.Errorf("%s, %s at %v: %d becomes %d", s.Name, c.Name, age, a, b)
					}
				}
			}
		}
	}
	if commands < 20 {
		t.Errorf("only %d commands were looked at", commands)
	}
}

func TestActsAreInOrder(t *testing.T) {
	var a acts
	for _, at := range []time.Duration{3, 1, 2, 1} {
		a.add(at, nil)
	}
	var got []time.Duration
	for _, one := range a.inOrder() {
		got = append(got, one.at)
	}
	if len(got) != 4 || got[0] != 1 || got[1] != 1 || got[2] != 2 || got[3] != 3 {
		t.Errorf("in order: %v", got)
	}
}

func TestWhatCannotBePlayedSaysSo(t *testing.T) {
	s := &scenario.Scenario{}
	if _, err := Play(t.Context(), s, &scenario.Script{NoMeter: []scenario.Window{{From: 1, To: 2}}}, Options{}); !errors.Is(err, ErrSimulated) {
		t.Errorf("a meter that fails: %v", err)
	}
	big := scenario.Prompt{Turn: trace.Turn{Length: time.Second, Commands: []trace.Command{{Name: "npm test", Uses: trace.Flat(1 << 40)}}}}
	big.Offer.Prompt = "user1/1"
	if _, err := Play(t.Context(), s, &scenario.Script{Prompts: []scenario.Prompt{big}}, Options{Target: Cloud, Program: "/no/such/program"}); err == nil ||
		!strings.Contains(err.Error(), "prompt user1/1 cannot be played") || !strings.Contains(err.Error(), "at most 65536MB") {
		t.Errorf("orders that the agent refuses: %v", err)
	}
	t.Setenv("TMPDIR", t.TempDir())
	for target, o := range map[string]struct {
		Options
		says string
	}{
		"cloud":   {Options{Target: Cloud, Program: "/no/such/program"}, "start the server"},
		"desktop": {Options{Target: Desktop, Window: "/no/such/window"}, "make desktop-build"},
	} {
		if _, err := Play(t.Context(), s, &scenario.Script{}, o.Options); err == nil || !strings.Contains(err.Error(), o.says) {
			t.Errorf("%s: %v, without %q", target, err, o.says)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "*")); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// The nth agent that is started takes as long as the script says of the nth.
func TestTheStandInStartsAsTheScriptSays(t *testing.T) {
	s, err := scenario.Parse("slow", strings.NewReader("about: x\nlength: 10s\nusers: [{prompts: 1, turn: {length: 1s}}]\nfaults: {slow-boot: 2s..9s}\n"))
	if err != nil {
		t.Fatal(err)
	}
	script := s.Script(1)
	root := filepath.Join(t.TempDir(), "it's here")
	if err := os.Mkdir(root, 0o700); err != nil {
		t.Fatal(err)
	}
	echo := filepath.Join(t.TempDir(), "echo")
	if err := os.WriteFile(echo, []byte("#!/bin/sh\necho \"$PWD\" \"$@\"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	p := &place{Options: Options{Program: echo}, script: script, root: root}
	if err := p.standIn(); err != nil {
		t.Fatal(err)
	}
	for n := 1; n <= 3; n++ {
		cmd := exec.Command(p.standInPath(), "-p", "two words")
		cmd.Dir = "/"
		out, err := cmd.Output()
		want := "--boot " + script.Boot(n).Round(time.Millisecond).String() + " -p two words\n"
		if err != nil || !strings.HasPrefix(string(out), "/ "+agent.DemoCommand+" --weighs ") || !strings.HasSuffix(string(out), want) {
			t.Errorf("start %d: %q, %v; want %q", n, out, err, want)
		}
	}
}

// Who asks a server that is killed hears of it before the watch does. That is a death, and no failure of the run.
func TestADeathInTheMidstOfACallIsADeath(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(nil, "")
		go func() {
			time.Sleep(watchPause)
			close(s.dead)
		}()
		if !s.died() {
			t.Error("a server that dies a moment later is taken to live")
		}
		if newServer(nil, "").died() {
			t.Error("a server that lives is taken to be dead")
		}
	})
}

func TestACrashTakesTheOldestInATurn(t *testing.T) {
	for _, c := range []struct {
		all  []agentProcess
		want int
	}{
		{nil, 0},
		{[]agentProcess{{3, 103, "idle"}, {2, 102, "stopping"}}, 102},
		{[]agentProcess{{1, 101, "idle"}, {4, 104, "running"}, {3, 103, "running"}}, 103},
		{[]agentProcess{{1, 101, "stopping"}, {2, 102, "starting"}, {3, 103, "running"}}, 102},
	} {
		if got := victim(c.all); got != c.want {
			t.Errorf("of %+v: %d, want %d", c.all, got, c.want)
		}
	}
}
