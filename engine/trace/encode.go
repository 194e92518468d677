package trace

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"coder1/engine/governor"
)

// Encoder turns heads and steps into lines. Samples are written as changes against the one before, so that
// what it makes can only be read from a head on.
type Encoder struct {
	secret string // of the aliases

	at                   time.Duration
	used, pinned, shared int64
	groups               []governor.Group // of the last attributed sample

	head    bool // a head is being written
	scratch []byte
}

// NewEncoder makes an Encoder. With the same secret the same text gets the same alias; without the secret
// nobody can tell from an alias what it stands for. With an empty one names are written as they are.
func NewEncoder(secret string) *Encoder { return &Encoder{secret: secret} }

// AppendHead appends the line of a head.
func (e *Encoder) AppendHead(dst []byte, h Head) []byte {
	e.head = true
	dst = e.object(dst, headPlan, reflect.ValueOf(h))
	e.head = false
	e.at, e.used, e.pinned, e.shared, e.groups = h.At, 0, 0, 0, e.groups[:0]
	return append(dst, '\n')
}

// AppendStep appends the lines of an input and of what was decided: one each. It allocates nothing unless dst
// is too short.
func (e *Encoder) AppendStep(dst []byte, at time.Duration, ev governor.Event, out []governor.Decision) []byte {
	since := at - e.at
	e.at = at
	if s, ok := ev.(governor.Sample); ok {
		dst = e.sample(dst, since, &s)
	} else {
		dst = append(dst, `{"t":`...)
		dst = millis(dst, since)
		dst = e.named(dst, `,"e":"`, events, ev)
	}
	for _, d := range out {
		dst = e.named(append(dst, '{'), `"d":"`, decisions, d)
	}
	return dst
}

// AppendEnd appends the line that ends a recording.
func (e *Encoder) AppendEnd(dst []byte, how string) []byte {
	dst = append(dst, `{"end":`...)
	dst = quote(dst, how)
	return append(dst, '}', '\n')
}

// named appends what an event or decision is called, and its fields.
func (e *Encoder) named(dst []byte, before string, b book, one any) []byte {
	v := reflect.ValueOf(one)
	dst = append(dst, before...)
	p := b.byType[v.Type()]
	if p == nil {
		return append(dst, "unknown\"}\n"...)
	}
	dst = append(append(dst, p.name...), '"')
	dst = e.fields(dst, p, v, true)
	return append(dst, '}', '\n')
}

func (e *Encoder) object(dst []byte, p *plan, v reflect.Value) []byte {
	dst = append(dst, '{')
	dst = e.fields(dst, p, v, false)
	return append(dst, '}')
}

// fields appends what is not zero.
func (e *Encoder) fields(dst []byte, p *plan, v reflect.Value, comma bool) []byte {
	for i := range p.fields {
		f := &p.fields[i]
		field := v
		for _, n := range f.index {
			field = field.Field(n)
		}
		if e.empty(&f.value, field) {
			continue
		}
		if comma {
			dst = append(dst, ',')
		}
		dst, comma = append(dst, f.key...), true
		dst = e.value(dst, &f.value, field)
	}
	return dst
}

func (e *Encoder) empty(p *valuePlan, v reflect.Value) bool {
	switch p.kind {
	case reflect.Slice, reflect.Map:
		return v.Len() == 0
	case reflect.String:
		return v.Len() == 0 || p.text == own && !e.head
	case reflect.Int:
		return !p.named && v.IsZero()
	}
	return v.IsZero()
}

func (e *Encoder) value(dst []byte, p *valuePlan, v reflect.Value) []byte {
	switch p.kind {
	case reflect.Bool:
		return strconv.AppendBool(dst, v.Bool())
	case reflect.Int, reflect.Int64:
		if p.named {
			return quote(dst, v.Interface().(fmt.Stringer).String())
		}
		return strconv.AppendInt(dst, v.Int(), 10)
	case reflect.String:
		return e.text(dst, p, v.String())
	case reflect.Struct:
		if p.in == nil {
			return quote(dst, v.Interface().(time.Time).UTC().Format(time.RFC3339Nano))
		}
		return e.object(dst, p.in, v)
	case reflect.Map:
		return e.dictionary(dst, p, v)
	}
	dst = append(dst, '[')
	for i := range v.Len() {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = e.value(dst, p.one, v.Index(i))
	}
	return append(dst, ']')
}

// dictionary appends a map by its keys, in order.
func (e *Encoder) dictionary(dst []byte, p *valuePlan, v reflect.Value) []byte {
	values := map[string]reflect.Value{}
	for _, k := range v.MapKeys() {
		values[k.String()] = v.MapIndex(k)
	}
	dst = append(dst, '{')
	for i, k := range slices.Sorted(maps.Keys(values)) {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(e.text(dst, p, k), ':')
		dst = e.value(dst, p.one, values[k])
	}
	return append(dst, '}')
}

func (e *Encoder) text(dst []byte, p *valuePlan, s string) []byte {
	switch p.text {
	case aliased:
		return e.alias(dst, p.alias, s)
	case exit:
		return quote(dst, exitWords.FindString(s))
	}
	return quote(dst, s)
}

// exitWords are the words of engine/process for how a process ended.
var exitWords = regexp.MustCompile(`^(ended by itself|ended with code -?\d+|ended in an unknown way|was (stopped|killed)|was ended by signal \d+)`)

// alias appends another name for s.
func (e *Encoder) alias(dst []byte, kind, s string) []byte {
	if e.secret == "" {
		return quote(dst, s)
	}
	e.scratch = append(append(e.scratch[:0], e.secret...), s...)
	sum := sha256.Sum256(e.scratch)
	dst = append(append(dst, '"'), kind...)
	dst = hex.AppendEncode(dst, sum[:5])
	return append(dst, '"')
}

const kb = 1 << 10

// sample appends a measurement: what has changed since the last one, in KB, or in bytes where that would
// lose some.
func (e *Encoder) sample(dst []byte, since time.Duration, s *governor.Sample) []byte {
	used, files, shared := s.Used-e.used, (s.Used-s.Pinned)-(e.used-e.pinned), s.Shared-e.shared
	e.used, e.pinned, e.shared = s.Used, s.Pinned, s.Shared
	same := s.Attributed && e.sameGroups(s.Groups)
	unit := int64(kb)
	if (used|files|shared|e.odd(s))&(kb-1) != 0 {
		unit = 1
	}
	dst = millis(append(dst, `{"s":`...), since)
	dst = number(dst, `,"u":`, used/unit)
	dst = number(dst, `,"f":`, files/unit)
	dst = number(dst, `,"h":`, shared/unit)
	if s.Squeezed {
		dst = append(dst, `,"q":1`...)
	}
	if unit == 1 {
		dst = append(dst, `,"b":1`...)
	}
	switch {
	case same:
		dst = e.changes(dst, s.Groups, unit)
	case s.Attributed:
		dst = e.allGroups(dst, s.Groups, unit)
	}
	return append(dst, '}', '\n')
}

// odd has the bits of all sizes of groups, to see whether any is no multiple of a KB.
func (e *Encoder) odd(s *governor.Sample) (bits int64) {
	for i := range s.Groups {
		bits |= s.Groups[i].Bytes
	}
	for i := range e.groups {
		bits |= e.groups[i].Bytes
	}
	return bits
}

func (e *Encoder) sameGroups(gs []governor.Group) bool {
	return slices.EqualFunc(gs, e.groups, func(a, b governor.Group) bool {
		a.Bytes, b.Bytes = 0, 0
		return a == b
	})
}

// changes appends by how much each group has changed, without the zeros at the end.
func (e *Encoder) changes(dst []byte, gs []governor.Group, unit int64) []byte {
	dst = append(dst, `,"g":[`...)
	end := len(dst)
	for i := range gs {
		if i > 0 {
			dst = append(dst, ',')
		}
		change := gs[i].Bytes - e.groups[i].Bytes
		e.groups[i].Bytes = gs[i].Bytes
		dst = strconv.AppendInt(dst, change/unit, 10)
		if change != 0 {
			end = len(dst)
		}
	}
	return append(dst[:end], ']')
}

// allGroups appends which groups there are and what they have.
func (e *Encoder) allGroups(dst []byte, gs []governor.Group, unit int64) []byte {
	dst = append(dst, `,"groups":[`...)
	for i := range gs {
		g := &gs[i]
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = quote(append(dst, `{"id":`...), g.ID)
		dst = number(dst, `,"kind":`, int64(g.Kind))
		dst = number(dst, `,"process":`, int64(g.Process))
		if g.Name != "" {
			dst = e.alias(append(dst, `,"name":`...), aliasOf["Name"], g.Name)
		}
		dst = append(number(dst, `,"size":`, g.Bytes/unit), '}')
	}
	e.groups = append(e.groups[:0], gs...)
	return append(dst, ']')
}

// number appends a number with its key, unless it is 0.
func number(dst []byte, key string, n int64) []byte {
	if n == 0 {
		return dst
	}
	return strconv.AppendInt(append(dst, key...), n, 10)
}

// millis appends a duration in milliseconds, exactly.
func millis(dst []byte, d time.Duration) []byte {
	if d < 0 {
		dst, d = append(dst, '-'), -d
	}
	dst = strconv.AppendInt(dst, int64(d/time.Millisecond), 10)
	rest := int64(d % time.Millisecond)
	if rest == 0 {
		return dst
	}
	dst = append(dst, '.')
	digits := strconv.AppendInt(dst[len(dst):], int64(time.Millisecond)+rest, 10) // 1 before six digits
	return append(dst, bytes.TrimRight(digits[1:], "0")...)
}

const hexDigits = "0123456789abcdef"

// quote appends a text as JSON has it.
func quote(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r < 0x20:
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[r>>4], hexDigits[r&15])
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	return append(dst, '"')
}
