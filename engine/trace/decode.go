package trace

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"coder1/engine/governor"
)

// decoder turns lines into items. It is the Encoder read backwards, and forgiving: lines of a kind that it
// does not know are skipped, and so are fields.
type decoder struct {
	at                   time.Duration
	used, pinned, shared int64
	groups               []governor.Group

	begun   bool // there was a head
	pending bool // step is not complete: decisions may follow
	step    Step
	skipped int // lines of an unknown kind
}

// keys are what tells one kind of line from another, and the fields of a sample.
type keys struct {
	Trace *int         `json:"trace"`
	T     *json.Number `json:"t"`
	E     string       `json:"e"`
	D     string       `json:"d"`
	End   *string      `json:"end"`

	S      *json.Number `json:"s"`
	U      int64        `json:"u"`
	F      int64        `json:"f"`
	H      int64        `json:"h"`
	Q      int          `json:"q"`
	B      int          `json:"b"`
	G      []int64      `json:"g"`
	Groups *[]struct {
		governor.Group
		Size int64 `json:"size"`
	} `json:"groups"`
}

var errNoHead = errors.New("there is no head before it")

// line takes a line in. It yields what that completes; yield returns false to stop.
func (d *decoder) line(n int, raw []byte, yield func(Item) bool) (goOn bool, err error) {
	k, quick := quickSample(raw)
	if !quick {
		k, quick = quickEvent(raw)
	}
	if !quick {
		k = &keys{}
		if err := json.Unmarshal(raw, k); err != nil {
			return true, fmt.Errorf("line %d is not as lines are: %w", n, err)
		}
	}
	switch {
	case k.Trace != nil:
		return d.head(n, *k.Trace, raw, yield)
	case !d.begun:
		return true, fmt.Errorf("line %d: %w", n, errNoHead)
	case k.S != nil:
		goOn = d.flush(yield)
		err = d.sample(k)
	case k.T != nil:
		goOn = d.flush(yield)
		err = d.event(k, raw, quick)
	case k.D != "":
		return true, d.decision(k.D, raw)
	case k.End != nil:
		return d.flush(yield) && yield(End{*k.End}), nil
	default:
		d.skipped++
		return true, nil
	}
	if err != nil {
		return goOn, fmt.Errorf("line %d: %w", n, err)
	}
	d.step.Line, d.pending = n, true
	return goOn, nil
}

// flush yields the step that is complete now.
func (d *decoder) flush(yield func(Item) bool) bool {
	if !d.pending {
		return true
	}
	d.pending = false
	return yield(d.step)
}

// breakOff yields the step that may not be complete, and forgets all until the next head.
func (d *decoder) breakOff(yield func(Item) bool) bool {
	d.step.Cut, d.begun = true, false
	return d.flush(yield)
}

func (d *decoder) head(n, version int, raw []byte, yield func(Item) bool) (bool, error) {
	if !d.flush(yield) {
		return false, nil
	}
	d.begun = false
	if version > FormatVersion {
		return true, fmt.Errorf("line %d: the format has version %d; this program reads up to %d", n, version, FormatVersion)
	}
	var h Head
	if err := json.Unmarshal(raw, &h); err != nil {
		return true, fmt.Errorf("line %d: the head: %w", n, err)
	}
	d.begun, d.at, d.used, d.pinned, d.shared, d.groups = true, h.At, 0, 0, 0, d.groups[:0]
	return yield(h), nil
}

// advance moves the clock on and begins a step.
func (d *decoder) advance(since json.Number) error {
	t, err := parseMillis(string(since))
	d.at += t
	d.step = Step{At: d.at, Decisions: d.step.Decisions[:0]}
	return err
}

func (d *decoder) event(k *keys, raw []byte, bare bool) error {
	if err := d.advance(*k.T); err != nil {
		return err
	}
	d.step.Name = k.E
	t := events.byName[k.E]
	if t == nil {
		return nil
	}
	v := reflect.New(t)
	if !bare {
		if err := json.Unmarshal(raw, v.Interface()); err != nil {
			return fmt.Errorf("the event %s: %w", k.E, err)
		}
	}
	d.step.Event = v.Elem().Interface().(governor.Event)
	return nil
}

func (d *decoder) decision(name string, raw []byte) error {
	t := decisions.byName[name]
	if t == nil {
		d.step.Unknown++
		return nil
	}
	v := reflect.New(t)
	if err := json.Unmarshal(raw, v.Interface()); err != nil {
		return fmt.Errorf("the decision %s: %w", name, err)
	}
	d.step.Decisions = append(d.step.Decisions, v.Elem().Interface().(governor.Decision))
	return nil
}

func (d *decoder) sample(k *keys) error {
	if err := d.advance(*k.S); err != nil {
		return err
	}
	unit := int64(kb)
	if k.B != 0 {
		unit = 1
	}
	d.used += k.U * unit
	d.pinned += k.U*unit - k.F*unit
	d.shared += k.H * unit
	s := governor.Sample{Used: d.used, Pinned: d.pinned, Shared: d.shared, Squeezed: k.Q != 0}
	switch {
	case k.Groups != nil:
		d.groups = d.groups[:0]
		for _, g := range *k.Groups {
			g.Bytes = g.Size * unit
			d.groups = append(d.groups, g.Group)
		}
		s.Attributed = true
	case len(k.G) > len(d.groups):
		return fmt.Errorf("%d groups have changed, and there are %d", len(k.G), len(d.groups))
	case k.G != nil:
		for i, change := range k.G {
			d.groups[i].Bytes += change * unit
		}
		s.Attributed = true
	}
	if s.Attributed {
		s.Groups = d.groups
	}
	d.step.Name, d.step.Event = "sample", s
	return nil
}

// quickSample reads the line of a sample as the Encoder writes it, which most lines are. It reports false for
// any other line.
func quickSample(raw []byte) (*keys, bool) {
	r := scanner{rest: raw}
	if !r.skip(`{"s":`) {
		return nil, false
	}
	s := json.Number(r.digits())
	k := &keys{S: &s}
	if r.skip(`,"u":`) {
		k.U = r.number()
	}
	if r.skip(`,"f":`) {
		k.F = r.number()
	}
	if r.skip(`,"h":`) {
		k.H = r.number()
	}
	if r.skip(`,"q":1`) {
		k.Q = 1
	}
	if r.skip(`,"b":1`) {
		k.B = 1
	}
	if r.skip(`,"g":[`) {
		k.G = []int64{}
		for !r.bad && !r.skip(`]`) {
			k.G = append(k.G, r.number())
			if !r.skip(`,`) && (len(r.rest) == 0 || r.rest[0] != ']') {
				r.bad = true
			}
		}
	}
	return k, !r.bad && string(r.rest) == "}"
}

// quickEvent reads the line of an event without fields, such as a tick.
func quickEvent(raw []byte) (*keys, bool) {
	r := scanner{rest: raw}
	if !r.skip(`{"t":`) {
		return nil, false
	}
	t := json.Number(r.digits())
	if !r.skip(`,"e":"`) || r.bad {
		return nil, false
	}
	name, end, _ := bytes.Cut(r.rest, []byte{'"'})
	return &keys{T: &t, E: string(name)}, string(end) == "}" && !bytes.ContainsRune(name, '\\')
}

// scanner reads a line from left to right.
type scanner struct {
	rest []byte
	bad  bool
}

func (s *scanner) skip(prefix string) bool {
	if len(s.rest) < len(prefix) || string(s.rest[:len(prefix)]) != prefix {
		return false
	}
	s.rest = s.rest[len(prefix):]
	return true
}

// digits reads what belongs to a number.
func (s *scanner) digits() string {
	n := 0
	for n < len(s.rest) && (s.rest[n] >= '0' && s.rest[n] <= '9' || s.rest[n] == '-' || s.rest[n] == '.') {
		n++
	}
	s.bad = s.bad || n == 0
	digits := string(s.rest[:n])
	s.rest = s.rest[n:]
	return digits
}

func (s *scanner) number() int64 {
	n, err := strconv.ParseInt(s.digits(), 10, 64)
	s.bad = s.bad || err != nil
	return n
}

// parseMillis reads what millis writes.
func parseMillis(text string) (time.Duration, error) {
	whole, part, _ := strings.Cut(text, ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || len(part) > 6 || n > int64(maxTime/time.Millisecond) || n < 0 {
		return 0, fmt.Errorf("%q is no number of milliseconds since the line before", text)
	}
	rest := 0
	if part != "" {
		if rest, err = strconv.Atoi(part + "000000"[len(part):]); err != nil || rest < 0 {
			return 0, fmt.Errorf("%q is no number of milliseconds since the line before", text)
		}
	}
	return time.Duration(n)*time.Millisecond + time.Duration(rest), nil
}

// maxTime is longer than any server runs.
const maxTime = 100 * 365 * 24 * time.Hour
