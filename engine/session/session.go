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
	ErrFormat   = errors.New("the store was written by a newer version of Coder1; start that version, or set the store aside")
)

// Event is one entry of a session's log.
type Event struct {
	Seq  int64 // from 1, without gaps
	Time time.Time
	Type string
	Data json.RawMessage // an object with the event's own fields
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

// UnmarshalJSON reads what MarshalJSON wrote. Data holds the object without seq, type and time.
func (e *Event) UnmarshalJSON(b []byte) error {
	var h head
	if err := json.Unmarshal(b, &h); err != nil {
		return err
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(b, &fields); err != nil {
		return err
	}
	for _, name := range []string{"seq", "type", "time"} {
		delete(fields, name)
	}
	data, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	*e = Event{h.Seq, h.Time, h.Type, data}
	return nil
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
}

// Prompt is one that waits or runs. It is gone once its turn has ended.
type Prompt struct {
	ID       string    `json:"id"`
	Session  string    `json:"session"`
	User     string    `json:"user"`
	Text     string    `json:"text"`
	Order    int64     `json:"order"` // place in line, lower first; assigned when it is stored
	Created  time.Time `json:"created"`
	Attempts int       `json:"attempts"` // turns begun for it
	Running  bool      `json:"running"`
}
