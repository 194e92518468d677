package session

import (
	"encoding/binary"
	"time"
)

// The keys of the database. IDs hold no slash; numbers are big-endian, so that keys order as they do. No
// value is longer than maxValue: what is longer goes on in parts.
//
//	format                  version of all this, decimal
//	c/SESSION               what every event changes of its Meta
//	e/SESSION/SEQ           Event as {"type","time","data"}, or its first part: see value.go
//	e/SESSION/SEQ PART      a further part of it
//	k/NAME                  what Keep was given, or its first part
//	k/NAME 0 PART           a further part of it
//	n/SESSION               nothing: the session is pinned
//	o/PROMPT                the prompt's place in line
//	p/PROMPT                Prompt, without its text and place
//	s/SESSION               Meta
//	t/PROMPT/PART           a part of the prompt's text
//	u/MINUTE/SESSION        the session was last used in this minute; the latest minute is first. Holds
//	                        "1" when nothing is left in it to shorten.
//
// What begins with o and p stands together, so that the line is read in one go.
const (
	formatKey     = "format"
	formatVersion = 2
	maxValue      = 64 << 10
)

func eventKey(session string, seq int64) []byte {
	return binary.BigEndian.AppendUint64(eventPrefix(session), uint64(seq))
}

func partKey(event []byte, part int) []byte {
	return binary.BigEndian.AppendUint16(append([]byte(nil), event...), uint16(part))
}

func eventPrefix(session string) []byte { return append(append([]byte("e/"), session...), '/') }
func metaKey(session string) []byte     { return append([]byte("s/"), session...) }
func countKey(session string) []byte    { return append([]byte("c/"), session...) }
func pinKey(session string) []byte      { return append([]byte("n/"), session...) }
func keptKey(name string) []byte        { return append([]byte("k/"), name...) }
func promptKey(prompt string) []byte    { return append([]byte("p/"), prompt...) }
func placeKey(prompt string) []byte     { return append([]byte("o/"), prompt...) }
func textPrefix(prompt string) []byte   { return append(append([]byte("t/"), prompt...), '/') }

// usedKey is where a session stands in the order of use.
func usedKey(session string, used time.Time) []byte {
	return append(usedPrefix(used), session...)
}

func usedPrefix(used time.Time) []byte {
	return append(binary.BigEndian.AppendUint64([]byte("u/"), ^minute(used)), '/')
}

// minute counts minutes in a way that never is negative.
func minute(t time.Time) uint64 { return uint64(t.Unix()/60 + 1<<40) }

// usedOf reads a key that usedKey made.
func usedOf(key []byte) (session string, at uint64) {
	const prefix = len("u/") + 8 + len("/")
	if len(key) < prefix {
		return "", 0
	}
	return string(key[prefix:]), ^binary.BigEndian.Uint64(key[len("u/"):])
}

// place takes the key of an event or a part of one to pieces; part is 0 for the event itself.
func place(key []byte, prefix int) (seq int64, part int, ok bool) {
	switch rest := key[prefix:]; len(rest) {
	case 8:
		return int64(binary.BigEndian.Uint64(rest)), 0, true
	case 10:
		return int64(binary.BigEndian.Uint64(rest)), int(binary.BigEndian.Uint16(rest[8:])), true
	default:
		return 0, 0, false
	}
}

// after is the first key behind all that begin with a prefix ending in '/'.
func after(prefix []byte) []byte {
	end := append([]byte(nil), prefix...)
	end[len(end)-1]++
	return end
}
