package trace

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	"coder1/engine/governor"

	"github.com/klauspost/compress/zstd"
)

// small is a recording of two files, as they are handed out, and its steps.
func small(t testing.TB) (data []byte, steps []Step) {
	e := NewEncoder("secret")
	var b bytes.Buffer
	at := time.Duration(0)
	for range 2 {
		s := governor.New(testConfig())
		pack, err := zstd.NewWriter(&b, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(windowBytes), zstd.WithEncoderCRC(false))
		if err != nil {
			t.Fatal(err)
		}
		write := func(lines []byte) {
			if _, err := pack.Write(lines); err != nil {
				t.Fatal(err)
			}
			if err := pack.Flush(); err != nil {
				t.Fatal(err)
			}
		}
		write(e.AppendHead(nil, Head{Trace: FormatVersion, Run: random(4), Time: newClock().now, At: at, Settings: testConfig(), State: s.Snapshot()}))
		at = 0
		for i := range 12 {
			var ev governor.Event = governor.Sample{Used: int64(300+i*10) << 20, Pinned: int64(290+i*10) << 20, Attributed: true}
			if i%3 == 0 {
				ev = governor.Tick{}
			}
			out := slices.Clone(s.Step(at, ev))
			write(e.AppendStep(nil, at, ev, out))
			steps = append(steps, Step{At: at, Event: ev, Decisions: out})
			at += time.Second
		}
		if err := pack.Close(); err != nil {
			t.Fatal(err)
		}
		at = 0
	}
	return b.Bytes(), steps
}

// Whatever is missing at the end, what comes before it is used, and the loss is told.
func TestAFileThatWasCutAnywhere(t *testing.T) {
	data, steps := small(t)
	half := len(steps) / 2
	whole := 0
	for f := range frames(data) {
		if f.offset == 0 {
			whole = len(f.data)
		}
	}
	last := 0
	for n := range len(data) + 1 {
		var read []Step
		damaged := 0
		for _, it := range items(data[:n]) {
			switch it := it.(type) {
			case Step:
				read = append(read, it)
			case Damage:
				damaged++
			}
		}
		for i, s := range read {
			if a, b := spell(s), spell(steps[i]); a != b && !s.Cut {
				t.Fatalf("%d of %d bytes: step %d is %s, was %s", n, len(data), i, a, b)
			}
		}
		if len(read) < last {
			t.Fatalf("%d of %d bytes give %d steps, %d bytes gave %d", n, len(data), len(read), n-1, last)
		}
		last = len(read)
		if n >= whole && len(read) < half {
			t.Fatalf("%d bytes hold the first file, and give %d of its %d steps", n, len(read), half)
		}
		complete := n == len(data) || n == whole || n == 0
		if complete != (damaged == 0) || damaged > 1 {
			t.Fatalf("%d of %d bytes: told of %d damages", n, len(data), damaged)
		}
		if r := Replay(Parse(data[:n])); r.Difference != nil {
			t.Fatalf("%d of %d bytes: replays otherwise: %+v", n, len(data), r.Difference)
		}
	}
	if last != len(steps) {
		t.Errorf("the whole file gives %d of %d steps", last, len(steps))
	}
}

// A file whose beginning is damaged can be read from the next one in it on.
func TestWhatFollowsDamageIsUsed(t *testing.T) {
	data, steps := small(t)
	half := len(steps) / 2
	dice := rand.New(rand.NewPCG(1, 1))
	first := 0
	for f := range frames(data) {
		if f.offset == 0 {
			first = len(f.data)
		}
	}
	rescued := 0
	for range 500 {
		bad := bytes.Clone(data)
		at := 6 + dice.IntN(first-6)
		bad[at] ^= byte(1 + dice.IntN(255))
		var read []Step
		for _, it := range items(bad) {
			if s, ok := it.(Step); ok {
				read = append(read, s)
			}
		}
		tail := read[max(0, len(read)-half):]
		if len(tail) == half && spell(tail[0]) == spell(steps[half]) && spell(tail[half-1]) == spell(steps[len(steps)-1]) {
			rescued++
		}
	}
	if rescued < 490 { // where a length is damaged, a frame may swallow the next
		t.Errorf("with one byte damaged in the first file, the second was read %d of 500 times", rescued)
	}
}

// A file that was unpacked, or packed anew by others, is read as well.
func TestOtherToolsMayPackIt(t *testing.T) {
	data, _ := small(t)
	raw, err := Parse(data).Raw()
	if err != nil {
		t.Fatal(err)
	}
	pack, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	want := items(data)
	for what, other := range map[string][]byte{"unpacked": raw, "packed anew": pack.EncodeAll(raw, nil)} {
		if got := items(other); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: read %d items, want %d", what, len(got), len(want))
		}
	}
}

func TestLoadSaysWhatIsWrong(t *testing.T) {
	empty := t.TempDir()
	for what, path := range map[string]string{"no file": filepath.Join(empty, "none"), "an empty folder": empty} {
		if _, err := Load(path); err == nil {
			t.Errorf("%s: loaded", what)
		}
	}
	name := filepath.Join(empty, "notes.txt")
	if err := os.WriteFile(name, []byte("not a recording"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := Load(name)
	if err != nil {
		t.Fatal(err)
	}
	if s := Summarize(f); s.Lives != 0 || len(s.Damage) != 1 {
		t.Errorf("a file of something else: %+v", s)
	}
}

func FuzzReader(f *testing.F) {
	data, _ := small(f)
	raw, err := Parse(data).Raw()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add(raw)
	f.Add(data[:len(data)/2])
	f.Add([]byte(`{"trace":1,"settings":{"budget":1},"state":{"groups":[{"id":"x"}]}}` + "\n" + `{"s":1,"g":[1]}` + "\n" + `{"d":"startTurn","how":"nonsense"}` + "\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		file := Parse(data)
		for range file.Items() {
		}
		Replay(file)
		mend(data)
	})
}
