package session

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// An event's value is {"type":…,"time":…,"data":{…}}, in this order and without spaces, so that its line
// of NDJSON is made by cutting and joining. One that is longer than maxValue is stored in parts; the first
// begins with partMark and the length of the whole.
const partMark = 1

// maxParts is as many as a key can count. At maxValue each that is 4 GB.
const maxParts = 1<<16 - 1

const (
	beforeType = `{"type":`
	beforeTime = `,"time":"`
	beforeData = `","data":`

	valueOverhead = 64 // bytes at most: these, the time and the brace
)

// appendValue encodes an event without its sequence number.
func appendValue(b []byte, e Event) ([]byte, error) {
	if y := e.Time.Year(); y < 0 || y > 9999 {
		return b, fmt.Errorf("an event's time is in the year %d", y)
	}
	name, err := json.Marshal(e.Type)
	if err != nil {
		return b, err
	}
	out := bytes.NewBuffer(slices.Grow(b, len(e.Data)+len(name)+valueOverhead))
	out.WriteString(beforeType)
	out.Write(name)
	out.WriteString(beforeTime)
	out.Write(e.Time.AppendFormat(out.AvailableBuffer(), time.RFC3339Nano))
	out.WriteString(beforeData)
	at := out.Len()
	if isCompact(e.Data) {
		out.Write(e.Data)
	} else if err := json.Compact(out, e.Data); err != nil {
		return b, fmt.Errorf("the data of a %s is not JSON: %w", e.Type, err)
	}
	if data := out.Bytes()[at:]; len(data) < 2 || data[0] != '{' || data[len(data)-1] != '}' {
		return b, fmt.Errorf("the data of a %s is not a JSON object", e.Type)
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}

// isCompact reports whether JSON is an object on one line, as json.Marshal writes it. What is inside is its
// caller's to have right: checking it would cost more than everything else about an append.
func isCompact(data []byte) bool {
	if len(data) < 2 || data[0] != '{' || data[len(data)-1] != '}' {
		return false
	}
	for _, c := range data {
		if c < ' ' {
			return false
		}
	}
	return true
}

var errValue = errors.New("the value is not an event's")

// cut finds the parts of a value: the type as JSON, the time, the data.
func cut(value []byte) (name, at, data []byte, err error) {
	rest, ok := bytes.CutPrefix(value, []byte(beforeType))
	if !ok || len(rest) < 2 || rest[0] != '"' {
		return nil, nil, nil, errValue
	}
	end := 1
	for end < len(rest) && rest[end] != '"' {
		if rest[end] == '\\' {
			end++
		}
		end++
	}
	if end >= len(rest) {
		return nil, nil, nil, errValue
	}
	name, rest = rest[:end+1], rest[end+1:]
	rest, ok = bytes.CutPrefix(rest, []byte(beforeTime))
	i := bytes.Index(rest, []byte(beforeData))
	if !ok || i < 0 {
		return nil, nil, nil, errValue
	}
	at, data = rest[:i], rest[i+len(beforeData):]
	if len(data) < 3 || data[0] != '{' || string(data[len(data)-2:]) != "}}" {
		return nil, nil, nil, errValue
	}
	return name, at, data[:len(data)-1], nil
}

// decode reads a value; the event shares none of its memory.
func decode(seq int64, value []byte) (Event, error) {
	name, at, data, err := cut(value)
	if err != nil {
		return Event{}, fmt.Errorf("event %d: %w", seq, err)
	}
	e := Event{Seq: seq, Data: bytes.Clone(data)}
	if e.Time, err = time.Parse(time.RFC3339Nano, string(at)); err != nil {
		return Event{}, fmt.Errorf("event %d: %w", seq, err)
	}
	if err := json.Unmarshal(name, &e.Type); err != nil {
		return Event{}, fmt.Errorf("event %d: %w", seq, err)
	}
	if !json.Valid(e.Data) {
		return Event{}, fmt.Errorf("event %d: its data is not JSON", seq)
	}
	return e, nil
}

// appendLine makes of a value the flat object that Event.MarshalJSON writes.
func appendLine(b []byte, seq int64, value []byte) ([]byte, error) {
	name, at, data, err := cut(value)
	if err != nil {
		return b, fmt.Errorf("event %d: %w", seq, err)
	}
	b = append(b, `{"seq":`...)
	b = strconv.AppendInt(b, seq, 10)
	b = append(b, `,"type":`...)
	b = append(b, name...)
	b = append(b, `,"time":"`...)
	b = append(b, at...)
	b = append(b, '"')
	if len(data) > 2 {
		b = append(b, ',')
	}
	return append(b, data[1:]...), nil
}

// ParseLine reads an event that WriteLines wrote, quicker than json.Unmarshal does; ok is false for what is
// different, and for what is no JSON. It trusts that no field is there twice.
func ParseLine(b []byte) (e Event, ok bool) {
	rest, ok := bytes.CutPrefix(b, []byte(`{"seq":`))
	i := bytes.IndexByte(rest, ',')
	if !ok || i < 0 {
		return e, false
	}
	seq, err := strconv.ParseInt(string(rest[:i]), 10, 64)
	if err != nil {
		return e, false
	}
	// What follows is a value with its data spread out: bring it back into form.
	head, fields, ok := bytes.Cut(rest[i+1:], []byte(`","time":"`))
	at, fields, found := bytes.Cut(fields, []byte(`"`))
	if !ok || !found || len(fields) == 0 {
		return e, false
	}
	data := make([]byte, 1, len(fields)+1)
	data[0] = '{'
	if fields[0] == ',' {
		fields = fields[1:]
	}
	value := slices.Concat([]byte{'{'}, head, []byte(`","time":"`), at, []byte(beforeData), append(data, fields...), []byte{'}'})
	e, err = decode(seq, value)
	return e, err == nil
}

// split cuts a value into what is stored under an event's key and under those of its further parts.
func split(value []byte) (parts [][]byte, err error) {
	if len(value) <= maxValue {
		return [][]byte{value}, nil
	}
	first := binary.AppendUvarint([]byte{partMark}, uint64(len(value)))
	n := maxValue - len(first)
	parts = append(parts, append(first, value[:n]...))
	for value = value[n:]; len(value) > 0; value = value[n:] {
		n = min(len(value), maxValue)
		parts = append(parts, value[:n])
	}
	if len(parts) > maxParts {
		return nil, fmt.Errorf("an event has %d parts; %d are the most", len(parts), maxParts)
	}
	return parts, nil
}

// beginParts reads a first part: how long the whole is, and how it begins.
func beginParts(value []byte) (total int, begins []byte, ok bool) {
	if len(value) == 0 || value[0] != partMark {
		return 0, nil, false
	}
	n, size := binary.Uvarint(value[1:])
	if size <= 0 || n > maxParts*maxValue {
		return 0, nil, false
	}
	return int(n), value[1+size:], true
}
