package terminal

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"coder1/engine/process"
)

// babble is n bytes of text as programs write it: words of many languages, line ends, colours, and bytes that
// are no text at all.
func babble(rng *rand.Rand, n int) []byte {
	words := []string{"make ", "größer ", "€ ", "日本語 ", "👩‍👩‍👧 ", "\r\n", "\n", "\x1b[31mred\x1b[0m", "\xff", "\xe2\x82", "\x80\x80\x80", "\xf0\x9f"}
	var b bytes.Buffer
	for b.Len() < n {
		b.WriteString(words[rng.IntN(len(words))])
	}
	return b.Bytes()[:n]
}

// Viewers come and go at random, and ask for where they were, or for any place. Whatever the viewer does, what
// it gets from an offset on is what was said from there on.
func TestResumeAtRandomOffsets(t *testing.T) {
	for seed := range uint64(8) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(seed, 1))
			all := babble(rng, 3<<20)
			term, s := play(t, int64(100_000+rng.IntN(1<<20)))
			term.mu.lossy = false
			go func() {
				for rest := all; len(rest) > 0; {
					n := min(len(rest), 1+rng.IntN(9000))
					s.say(rest[:n])
					rest = rest[n:]
				}
				s.end(process.Exit{})
			}()
			viewers := make(chan error)
			for i := range 3 {
				go func() { viewers <- wander(term, all, rand.New(rand.NewPCG(seed, uint64(i+2)))) }()
			}
			for range 3 {
				if err := <-viewers; err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// wander looks at a terminal again and again until it has seen its end.
func wander(term *Terminal, all []byte, rng *rand.Rand) error {
	at := int64(0)
	for {
		asked := at
		switch rng.IntN(4) {
		case 0:
			asked = rng.Int64N(term.Info().Offset + 1)
		case 1:
			asked = Oldest
		}
		v, err := term.Attach(asked, nil)
		if err != nil {
			return err
		}
		over, err := follow(v, all, asked, rng, &at)
		v.Close()
		if over || err != nil {
			return err
		}
	}
}

func follow(v *Viewer, all []byte, asked int64, rng *rand.Rand, at *int64) (over bool, err error) {
	start := v.Start()
	switch o := start.Offset; {
	case asked >= 0 && start.Lost > 0 && o != asked+start.Lost:
		return false, fmt.Errorf("asked for %d it starts at %d and says that %d are lost", asked, o, start.Lost)
	case asked >= 0 && start.Lost == 0 && (o > asked || o < asked-3):
		return false, fmt.Errorf("asked for %d it starts at %d", asked, o)
	case within(all[max(0, o-3):o], all[o:]) > 0:
		return false, fmt.Errorf("it starts in the middle of a rune at %d", o)
	}
	*at = start.Offset
	buf := make([]byte, utf8.UTFMax+rng.IntN(64<<10))
	dead := time.After(deadMan)
	for range rng.IntN(40) {
		e, ok := v.Next(buf)
		if !ok {
			select {
			case <-v.C():
			case <-dead:
				return false, errors.New("nothing more came")
			}
			continue
		}
		switch e.Kind {
		case Exited:
			if *at != int64(len(all)) {
				return false, fmt.Errorf("the end came at %d of %d", *at, len(all))
			}
			return true, nil
		case Gone:
			return false, e.Err
		case Output:
			got, want := buf[:e.N], all[*at:*at+int64(e.N)]
			if !bytes.Equal(got, want) {
				return false, fmt.Errorf("at %d came %.40q, said was %.40q", *at, got, want)
			}
			if *at += int64(e.N); within(got[max(0, len(got)-3):], all[*at:]) > 0 {
				return false, fmt.Errorf("a rune was cut in two at %d: %q", *at, got[max(0, len(got)-4):])
			}
			v.Ack(int64(e.N))
		}
	}
	return false, nil
}

func TestLinesOfATier(t *testing.T) {
	term, s := play(t, 0)
	var all bytes.Buffer
	for i := range 60_000 {
		fmt.Fprintf(&all, "line %d\r\n", i)
	}
	s.say(all.Bytes())
	eventually(t, "all is said", func() bool { return term.Info().Offset == int64(all.Len()) })
	for _, lines := range []int{50_000, 25_000, 10_000, 100, 50_000} {
		term.Trim(lines)
		v := attach(t, term, Oldest)
		got := string(read(t, v, all.Len()-int(v.Start().Offset)))
		v.Close()
		if n := strings.Count(got, "\n"); n < lines || n >= lines+markEvery {
			t.Errorf("of %d lines a new viewer gets %d", lines, n)
		}
		if !strings.HasPrefix(got, "line ") || v.Start().Lost != 0 {
			t.Errorf("it begins with %.20q, %+v", got, v.Start())
		}
	}
}

func TestFewLinesBeginAtTheBeginning(t *testing.T) {
	var l lines
	l.keep = 10
	l.add(0, []byte(strings.Repeat("x\n", 50)))
	if at := l.start(); at != 0 {
		t.Errorf("of 50 lines the last 10 begin at %d: fewer than %d are not told apart", at, markEvery)
	}
}

func TestMemoryIsGivenBack(t *testing.T) {
	term, s := play(t, 0)
	all := letters(0, 200_000)
	s.say(all)
	eventually(t, "all is said", func() bool { return term.Info().Offset == int64(len(all)) })
	if freed := term.Trim(0); freed < tailSize/2 || term.mu.record.tail != nil {
		t.Errorf("%d bytes were given back", freed)
	}
	s.say(letters(200_000, 10))
	v := attach(t, term, 0)
	if got := read(t, v, len(all)+10); !bytes.Equal(got, letters(0, len(all)+10)) {
		t.Error("something was lost")
	}
}

func TestAnIdleTerminalHasNoFileAndLittleMemory(t *testing.T) {
	term, s := play(t, 0)
	s.say([]byte("$ "))
	eventually(t, "it is said", func() bool { return term.Info().Offset == 2 })
	if n := cap(term.mu.record.tail); n > 1024 {
		t.Errorf("two bytes take %d", n)
	}
	if _, err := os.Stat(term.mu.record.path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("there is a file: %v", err)
	}
}

// A disk that does not take the past: the program goes on, who looks loses nothing, and is told.
func TestADiskThatFails(t *testing.T) {
	s := newStage()
	term := newTerminal(Spec{ID: "t", Command: []string{"sh"}, Size: Size{80, 24}, lines: 1000}, s, s,
		filepath.Join(t.TempDir(), "not", "there"), quiet)
	go term.live()
	v := attach(t, term, 0)
	all := letters(0, 1<<20)
	go s.say(all)
	var got []byte
	buf, notices := make([]byte, 10_000), 0
	for len(got) < len(all) {
		e, ok := v.Next(buf)
		switch {
		case !ok:
			<-v.C()
		case e.Kind == Noticed:
			notices++
			if !strings.Contains(e.Text, "no such file") {
				t.Errorf("the notice is %q", e.Text)
			}
		default:
			got = append(got, buf[:e.N]...)
			v.Ack(int64(e.N))
		}
	}
	if !bytes.Equal(got, all) || notices != 1 {
		t.Errorf("%d of %d bytes came, and %d notices", len(got), len(all), notices)
	}
	v.Close()
	go s.say(all)
	eventually(t, "without a viewer the program goes on", func() bool { return term.Info().Offset == 2<<20 })
	if i := term.Info(); i.Offset-i.First > tailSize {
		t.Errorf("%d bytes are kept, which are nowhere", i.Offset-i.First)
	}
	term.close(ErrClosed)
	<-term.over
}

func FuzzRunes(f *testing.F) {
	for _, s := range []string{"", "a", "ä", "\xc3", "a\xe2\x82", "\xe2\x82\xac", "\xf0\x9f\x91", "\x80\x80\x80\x80", "\xff\xfe", "\xc0\x80"} {
		f.Add([]byte(s), 1)
	}
	f.Fuzz(func(t *testing.T, b []byte, cut int) {
		n := whole(b)
		if n < 0 || n > len(b) || n < len(b)-3 {
			t.Fatalf("whole(%q) = %d", b, n)
		}
		if held := b[n:]; len(held) > 0 && (utf8.FullRune(held) || !utf8.RuneStart(held[0])) {
			t.Fatalf("of %q the end %q is held back, which is no beginning of a rune", b, held)
		}
		if utf8.Valid(b) && n != len(b) {
			t.Fatalf("of %q, which is whole, %d are held back", b, len(b)-n)
		}
		if len(b) == 0 {
			return
		}
		cut = int(uint(cut) % uint(len(b)))
		in := within(b[max(0, cut-3):cut], b[cut:])
		if in < 0 || in > 3 || utf8.Valid(b) && !utf8.RuneStart(b[cut]) != (in > 0) {
			t.Fatalf("within %q at %d is %d", b, cut, in)
		}
		if s := stray(b); s > 3 || utf8.Valid(b) && s != 0 {
			t.Fatalf("stray(%q) = %d", b, s)
		}
	})
}

func FuzzLines(f *testing.F) {
	f.Add([]byte("a\nb\n\n"), 3, 2)
	f.Fuzz(func(t *testing.T, b []byte, chunk, keep int) {
		b = bytes.Repeat(b, 1+4000/(len(b)+1))
		chunk, keep = 1+int(uint(chunk)%512), 1+int(uint(keep)%2000)
		l := lines{keep: keep}
		for at := 0; at < len(b); at += chunk {
			l.add(int64(at), b[at:min(len(b), at+chunk)])
		}
		start := l.start()
		if start > 0 && b[start-1] != '\n' {
			t.Fatalf("a line begins at %d, behind %q", start, b[start-1])
		}
		total, given := bytes.Count(b, newline), bytes.Count(b[start:], newline)
		if given < min(keep, total) || given > keep+markEvery {
			t.Fatalf("of %d lines %d are given, and %d should be", total, given, keep)
		}
	})
}
