package engine

import (
	"bytes"
	"strings"
)

// prefilter tells in a hurry that an event cannot hold a text, from its JSON as it is stored: most events are
// passed over without being decoded. (It knows nothing of the Kelvin sign and the long s, which Unicode holds to be a k and an s.)
type prefilter struct {
	lower []byte // the longest run of letters and digits of the text, in lower case; empty for none
	rare  int    // where its rarest byte is
}

// rarest are the letters of English text and code, the rarest first.
const rarest = "zqxjkvbwygpfmuhdclrnsoiate"

func newPrefilter(text string) prefilter {
	var p prefilter
	plain := func(r rune) bool {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
	}
	for run := range strings.FieldsFuncSeq(text, func(r rune) bool { return !plain(r) }) {
		if len(run) > len(p.lower) {
			p.lower = []byte(strings.ToLower(run))
		}
	}
	for i, c := range p.lower {
		if strings.IndexByte(rarest, c) < strings.IndexByte(rarest, p.lower[p.rare]) { // a digit, -1, is rarer still
			p.rare = i
		}
	}
	return p
}

// letters are how JSON from elsewhere may write letters; ours never does.
var letters = [][]byte{[]byte(`\u004`), []byte(`\u005`), []byte(`\u006`), []byte(`\u007`)}

// mayHold reports whether the text may be in an event's JSON.
func (p prefilter) mayHold(raw []byte) bool {
	if len(p.lower) == 0 || p.found(raw) {
		return true
	}
	for _, l := range letters {
		if bytes.Contains(raw, l) {
			return true
		}
	}
	return false
}

func (p prefilter) found(raw []byte) bool {
	low := p.lower[p.rare]
	up := low
	if 'a' <= low && low <= 'z' {
		up = low - 'a' + 'A'
	}
	return p.foundBy(raw, low) || up != low && p.foundBy(raw, up)
}

// foundBy looks at every place where the rarest byte stands in one of its cases.
func (p prefilter) foundBy(raw []byte, rare byte) bool {
	for from := 0; ; {
		i := bytes.IndexByte(raw[from:], rare)
		if i < 0 {
			return false
		}
		begin := from + i - p.rare
		end := begin + len(p.lower)
		if begin >= 0 && end <= len(raw) && equalFold(raw[begin:end], p.lower) {
			return true
		}
		from += i + 1
	}
}

func equalFold(raw, lower []byte) bool {
	for i, c := range raw {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}
