package trace

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"coder1/engine/governor"
)

// A new input or decision must be recorded, and somebody must say what of its text may be.
func TestEveryInputAndDecisionIsRecorded(t *testing.T) {
	for file, b := range map[string]book{"event": events, "decision": decisions} {
		source, err := os.ReadFile(filepath.Join("..", "governor", file+".go"))
		if err != nil {
			t.Fatal(err)
		}
		all := regexp.MustCompile(`func \((\w+)\) `+file+`\(\)`).FindAllSubmatch(source, -1)
		if len(all) != len(b.byName) {
			t.Errorf("the governor has %d kinds of %s, %d are recorded", len(all), file, len(b.byName))
		}
		for _, m := range all {
			if b.byName[lowerFirst(string(m[1]))] == nil {
				t.Errorf("the %s %s is not recorded", file, m[1])
			}
		}
	}
}

func TestEveryTextHasItsTreatment(t *testing.T) {
	var seen []string
	var look func(t reflect.Type, name string)
	look = func(typ reflect.Type, name string) {
		switch typ.Kind() {
		case reflect.String:
			seen = append(seen, name)
			if _, known := texts[name]; !known {
				t.Errorf("the table of texts does not say what is written of %s", name)
			}
		case reflect.Map:
			seen = append(seen, name)
			look(typ.Elem(), name)
		case reflect.Slice, reflect.Array:
			look(typ.Elem(), name)
		case reflect.Struct:
			for i := range typ.NumField() {
				if f := typ.Field(i); f.IsExported() {
					look(f.Type, typ.Name()+"."+f.Name)
				}
			}
		}
	}
	for _, b := range []book{events, decisions} {
		for typ := range b.byType {
			look(typ, typ.Name())
		}
	}
	look(reflect.TypeFor[Head](), "Head")
	look(reflect.TypeFor[End](), "End")
	for name := range texts {
		if !slices.Contains(seen, name) {
			t.Errorf("the table of texts names %s, which is no text", name)
		}
	}
}

// fill gives every field some value; texts are those that nobody should find again.
func fill(r *rand.Rand, v reflect.Value, canary string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString([]string{"", canary, "x\"\\\n\x01é", "p"}[r.IntN(4)])
	case reflect.Int, reflect.Int64:
		v.SetInt([]int64{0, 1, -1, 1 << 40, 4096, int64(r.Uint64() >> 2)}[r.IntN(6)])
		if v.Type().Implements(stringer) && v.Type() != reflect.TypeFor[time.Duration]() {
			v.SetInt(int64(r.IntN(3)))
		}
		if v.Kind() == reflect.Int && v.Int() > 1<<30 {
			v.SetInt(7)
		}
	case reflect.Bool:
		v.SetBool(r.IntN(2) == 0)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), r.IntN(3), 3))
		for i := range v.Len() {
			fill(r, v.Index(i), canary)
		}
	case reflect.Array:
		for i := range v.Len() {
			fill(r, v.Index(i), canary)
		}
	case reflect.Map:
		m := reflect.MakeMap(v.Type())
		for range r.IntN(3) {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			fill(r, key, canary)
			fill(r, value, canary)
			m.SetMapIndex(key, value)
		}
		v.Set(m)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Unix(int64(r.IntN(1e9)), 123e6).UTC()))
			return
		}
		for i := range v.NumField() {
			if v.Type().Field(i).Tag.Get("json") != "-" { // it is told by an outer field
				fill(r, v.Field(i), canary)
			}
		}
	}
}

// blank empties texts that are not written as they are, and makes nil of what is empty.
func blank(v reflect.Value, text treatment) {
	switch v.Kind() {
	case reflect.String:
		if text != kept {
			v.SetString("")
		}
	case reflect.Slice, reflect.Array:
		if v.Kind() == reflect.Slice && v.Len() == 0 {
			v.SetZero()
		}
		for i := range v.Len() {
			blank(v.Index(i), text)
		}
	case reflect.Map:
		if v.Len() == 0 || text != kept {
			v.SetZero()
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); v.Field(i).CanSet() {
				blank(v.Field(i), texts[v.Type().Name()+"."+f.Name])
			}
		}
	}
}

// made makes one of each type in a book, filled.
func made[T any](r *rand.Rand, b book, canary string) []T {
	names := make([]string, 0, len(b.byName))
	for name := range b.byName {
		names = append(names, name)
	}
	slices.Sort(names)
	var all []T
	for _, name := range names {
		v := reflect.New(b.byName[name]).Elem()
		fill(r, v, canary)
		all = append(all, v.Interface().(T))
	}
	return all
}

func blanked[T any](one T) T {
	v := reflect.New(reflect.TypeOf(one)).Elem()
	v.Set(reflect.ValueOf(one))
	blank(v, kept)
	return v.Interface().(T)
}

// copied is a deep enough copy of a step.
func copied(s Step) Step {
	s.Decisions = slices.Clone(s.Decisions)
	if sample, ok := s.Event.(governor.Sample); ok {
		sample.Groups = slices.Clone(sample.Groups)
		s.Event = sample
	}
	return s
}

func items(data []byte) []Item {
	var all []Item
	for it := range Parse(data).Items() {
		if s, ok := it.(Step); ok {
			it = copied(s)
		}
		all = append(all, it)
	}
	return all
}

func TestWhatIsWrittenIsReadAgain(t *testing.T) {
	const canary = "kept"
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 5))
		e := NewEncoder("secret")
		var head Head
		fill(r, reflect.ValueOf(&head).Elem(), canary)
		head.Trace, head.At = FormatVersion, 5*time.Second
		data := e.AppendHead(nil, head)
		want := []Item{head}
		at := head.At
		for range 3 {
			for _, ev := range made[governor.Event](r, events, canary) {
				at += time.Duration(r.IntN(3)) * 1234567
				step := Step{At: at, Event: ev, Decisions: made[governor.Decision](r, decisions, canary)[:r.IntN(len(decisions.byName))]}
				data = e.AppendStep(data, at, ev, step.Decisions)
				want = append(want, step)
			}
		}
		want = append(want, End{Closed})
		data = e.AppendEnd(data, Closed)
		got := items(data)
		if len(got) != len(want) {
			t.Fatalf("seed %d: wrote %d, read %d; the last: %+v", seed, len(want), len(got), got[len(got)-1])
		}
		for i := range want {
			if a, b := spell(want[i]), spell(got[i]); a != b {
				t.Fatalf("seed %d: wrote %s\nread  %s", seed, a, b)
			}
		}
	}
}

// spell is an item without what is not written.
func spell(it Item) string {
	s, ok := it.(Step)
	if !ok {
		return fmt.Sprintf("%+v", blanked(it))
	}
	if sample, ok := s.Event.(governor.Sample); ok && !sample.Attributed {
		sample.Groups = nil // nobody reads them
		s.Event = sample
	}
	line := fmt.Sprintf("%v %+v", s.At, blanked(s.Event))
	for _, d := range s.Decisions {
		line += fmt.Sprintf("; %T%+v", d, blanked(d))
	}
	return line
}

func TestUsersWordsAreNotWritten(t *testing.T) {
	const canary = "rosebud"
	e := NewEncoder("secret")
	for seed := range uint64(100) {
		r := rand.New(rand.NewPCG(seed, 6))
		var data []byte
		for _, ev := range made[governor.Event](r, events, canary) {
			data = e.AppendStep(data, 0, ev, made[governor.Decision](r, decisions, canary))
		}
		for _, line := range strings.Split(string(data), "\n") {
			for _, field := range regexp.MustCompile(`"(\w+)":"`+canary).FindAllStringSubmatch(line, -1) {
				harmless := slices.Contains([]string{"prompt", "session", "agent", "before", "terminal", "group", "id", "what", "outcome", "severity"}, field[1])
				alert := field[1] == "name" && strings.Contains(line, "Alert")
				if !harmless && !alert {
					t.Fatalf("%s is written as it is: %s", field[1], line)
				}
			}
		}
	}
}

// Commands of the same name have the same alias, in one recording only.
func TestAliases(t *testing.T) {
	line := func(e *Encoder, name string) string {
		return string(e.AppendStep(nil, 0, governor.CommandAsked{Name: name}, nil))
	}
	a, b := NewEncoder("a"), NewEncoder("b")
	if x, y := line(a, "npm test"), line(a, "npm test"); x != y || !strings.Contains(x, `"name":"command `) {
		t.Errorf("the same name: %s%s", x, y)
	}
	if x, y := line(a, "npm test"), line(a, "make"); x == y {
		t.Errorf("two names: %s%s", x, y)
	}
	if x, y := line(a, "npm test"), line(b, "npm test"); x == y {
		t.Errorf("two recordings: %s%s", x, y)
	}
}

// The path that is taken when memory is nearly out.
func TestTheEmergencyPathAllocatesNothing(t *testing.T) {
	e := NewEncoder("secret")
	sample := governor.Sample{Used: 460 << 20, Pinned: 450 << 20, Attributed: true, Groups: []governor.Group{
		{ID: "process/1", Process: 1, Name: "claude", Bytes: 100 << 20}, {ID: "process/1/command/3", Kind: governor.KindTool, Process: 1, Name: "npm test", Bytes: 200 << 20}}}
	out := []governor.Decision{
		governor.SetLevel{Level: governor.LevelEmergency, Reason: "x"}, governor.Freeze{Group: "process/1/command/3", Session: "s", Reason: "x"},
		governor.Thaw{Group: "process/1/command/3", Stood: time.Second}, governor.Kill{Group: "process/1", Session: "s", Reason: "x", Verdict: "y"},
		governor.EndTurn{Prompt: "p", Outcome: governor.Requeued, Attempts: 1},
	}
	var ev governor.Event = sample
	var tick governor.Event = governor.Tick{}
	buf := make([]byte, 0, bufferBytes)
	e.AppendStep(buf, 0, ev, out)
	at := time.Duration(0)
	n := testing.AllocsPerRun(100, func() {
		at += 5 * time.Millisecond
		sample.Groups[0].Bytes += 4096
		e.AppendStep(buf, at, ev, out)
		e.AppendStep(buf, at, tick, nil)
	})
	if n != 0 {
		t.Errorf("it allocates %v times", n)
	}
}

// Unknown lines, fields, inputs and decisions come from newer programs. They do not harm.
func TestWhatIsNotKnownIsSkipped(t *testing.T) {
	e := NewEncoder("")
	data := e.AppendHead(nil, Head{Trace: FormatVersion, Settings: governor.Config{Budget: 1}})
	data = bytes.Replace(data, []byte(`{"trace"`), []byte(`{"aNewField":{"deep":[1]},"trace"`), 1)
	data = append(data, `{"note":"a kind of line"}`+"\n"...)
	data = append(data, `{"t":5,"e":"dream","of":"sheep"}`+"\n"...)
	data = append(data, `{"d":"sing","song":1}`+"\n"...)
	data = append(data, `{"s":5,"u":1,"new":[1,2]}`+"\n"...)
	data = append(data, `{"d":"evict","process":3,"new":{}}`+"\n"...)
	got := items(data)
	if len(got) != 3 {
		t.Fatalf("read %+v", got)
	}
	if s := got[1].(Step); s.Event != nil || s.Name != "dream" || s.Unknown != 1 || s.At != 5*time.Millisecond {
		t.Errorf("an unknown event: %+v", s)
	}
	want := Step{Line: 5, At: 10 * time.Millisecond, Name: "sample", Event: governor.Sample{Used: 1024, Pinned: 1024},
		Decisions: []governor.Decision{governor.Evict{Process: 3}}}
	if s := got[2].(Step); !reflect.DeepEqual(s, want) {
		t.Errorf("read %+v, want %+v", s, want)
	}
}

func TestANewerFormatIsRefused(t *testing.T) {
	got := items([]byte(fmt.Sprintf(`{"trace":%d}`+"\n", FormatVersion+1)))
	if len(got) != 1 || !strings.Contains(fmt.Sprint(got[0]), "version") {
		t.Errorf("read %+v", got)
	}
}
