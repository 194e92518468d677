// Package session is what lasts: the log of every session and the queue of prompts, in one Pebble
// database. Whatever a method acknowledges is on disk.
package session

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Errors that callers tell apart.
var (
	ErrNotFound = errors.New("not found")
	ErrDiskFull = errors.New("the disk is nearly full: nothing more is accepted until there is room; delete something")
	ErrExists   = errors.New("it is there already")
	ErrFormat   = errors.New("the store was written by a newer version of Coder1; start that version, or set the store aside")
)

// Event is one entry of a session's log.
type Event struct {
	Seq  int64 // from 1, without gaps
	Time time.Time
	Type string
	Data json.RawMessage // an object with the event's own fields, as json.Marshal writes it
}

// head is what every event has, as JSON.
type head struct {
	Seq  int64     `json:"seq"`
	Type string    `json:"type"`
	Time time.Time `json:"time"`
}

// MarshalJSON writes one flat object: seq, type and time, and then the event's own fields.
func (e Event) MarshalJSON() ([]byte, error) {
	b, err := json.Marshal(head{e.Seq, e.Type, e.Time})
	if err != nil {
		return nil, err
	}
	fields := bytes.TrimSpace(e.Data)
	if len(fields) < 2 || fields[0] != '{' {
		return nil, fmt.Errorf("the data of event %d is not a JSON object", e.Seq)
	}
	if len(bytes.TrimSpace(fields[1:len(fields)-1])) == 0 {
		return b, nil
	}
	return append(append(b[:len(b)-1], ','), fields[1:]...), nil
}

// UnmarshalJSON reads what MarshalJSON wrote. Data holds the other fields, in their order and as they were
// written, so that the event is written again byte for byte.
func (e *Event) UnmarshalJSON(b []byte) error {
	var read Event
	given := map[string]bool{}
	fields := []byte{'{'}
	err := eachField(b, func(name string, value json.RawMessage) error {
		into := map[string]any{"seq": &read.Seq, "type": &read.Type, "time": &read.Time}[name]
		switch {
		case given[name]:
			return fmt.Errorf("there are two fields named %q", name)
		case into != nil:
			if err := json.Unmarshal(value, into); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		default:
			key, _ := json.Marshal(name) // a text
			fields = append(append(append(fields, key...), ':'), value...)
			fields = append(fields, ',')
		}
		given[name] = true
		return nil
	})
	if err != nil {
		return err
	}
	read.Data = append(bytes.TrimSuffix(fields, []byte{','}), '}')
	*e = read
	return nil
}

// eachField goes through the fields of a JSON object in their order.
func eachField(object []byte, each func(name string, value json.RawMessage) error) error {
	d := json.NewDecoder(bytes.NewReader(object))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return errors.Join(errors.New("it is not a JSON object"), err)
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return err
		}
		if err := each(name.(string), value); err != nil { // the decoder lets nothing else be a name
			return err
		}
	}
	_, err := d.Token()
	return err
}

// Meta is what is known of a session without reading its log.
type Meta struct {
	ID           string    `json:"id"`
	User         string    `json:"user"`
	Workspace    string    `json:"workspace"`
	Agent        string    `json:"agent"`
	Title        string    `json:"title"`
	Created      time.Time `json:"created"`
	Updated      time.Time `json:"updated"`
	Conversation string    `json:"conversation,omitempty"` // the agent's own name for it, to resume it
	HistoryBytes int64     `json:"historyBytes"`           // stored so far
	Turns        int       `json:"turns"`
	CostUSD      float64   `json:"costUsd"`
	LastSeq      int64     `json:"lastSeq"`

	Pinned     bool    `json:"pinned,omitempty"` // its user wants it at the top; it is never removed or shortened by itself
	ForkedFrom *Origin `json:"forkedFrom,omitempty"`

	TranscriptBytes int64    `json:"transcriptBytes,omitempty"` // what the agent had on disk of Conversation after its last turn
	Past            []string `json:"past,omitempty"`            // earlier conversations that the agent may still have on disk

	Shortened int64 `json:"shortened,omitempty"` // events up to here have been shortened where they were long

	// Hidden sessions are not shown: those that work for another one, and those that are not whole yet.
	Hidden bool   `json:"hidden,omitempty"`
	For    string `json:"for,omitempty"` // the session that a hidden one works for
}

// Origin is where a session's log was copied from.
type Origin struct {
	Session string `json:"session"`
	Seq     int64  `json:"seq"` // the last event that was copied
}

// Prompt is one that waits or runs. It is gone once its turn has ended.
type Prompt struct {
	ID        string    `json:"id"`
	Session   string    `json:"session"`
	User      string    `json:"user"`
	Text      string    `json:"text,omitempty"`  // stored apart: Prompts leaves it out
	Order     int64     `json:"order,omitempty"` // place in line, lower first; the store gives it out
	Created   time.Time `json:"created"`
	Attempts  int       `json:"attempts"` // turns begun for it
	Running   bool      `json:"running"`
	TextParts int       `json:"textParts,omitempty"` // the store's own
}
