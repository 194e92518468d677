package session

import "encoding/binary"

// The keys of the database. IDs hold no slash; sequence numbers are big-endian, so that keys order as
// they do.
//
//	format                  version of all this, decimal
//	e/SESSION/SEQ           Event as {"type","time","data"}
//	k/NAME                  what Keep was given
//	p/PROMPT                Prompt
//	s/SESSION               Meta
const (
	formatKey     = "format"
	formatVersion = "1"
)

func eventKey(session string, seq int64) []byte {
	return binary.BigEndian.AppendUint64(eventPrefix(session), uint64(seq))
}

func eventPrefix(session string) []byte { return append(append([]byte("e/"), session...), '/') }
func metaKey(session string) []byte     { return append([]byte("s/"), session...) }
func keptKey(name string) []byte        { return append([]byte("k/"), name...) }
func promptKey(prompt string) []byte    { return append([]byte("p/"), prompt...) }

// seqOf reads the sequence number at the end of an event's key.
func seqOf(key []byte) int64 {
	if len(key) < 8 {
		return 0
	}
	return int64(binary.BigEndian.Uint64(key[len(key)-8:]))
}

// after is the first key behind all that begin with a prefix ending in '/'.
func after(prefix []byte) []byte {
	end := append([]byte(nil), prefix...)
	end[len(end)-1]++
	return end
}
