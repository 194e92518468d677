package workspace

import (
	"unicode/utf16"
	"unicode/utf8"
)

// report passes on the matches of a search, and counts them.
type report struct {
	limit int
	emit  func(Match) error
	found Found
	last  string // the file of the match before
}

// How much of a long line is shown, in bytes.
const (
	shownBefore = 100 // the first match
	shownLine   = 400
)

// line passes on a line's matches; before is how many UTF-16 code units of it come before text. A long line
// is passed on in pieces, each around matches.
func (r *report) line(path string, number, before int, text []byte, ranges [][2]int) error {
	counted := 0 // bytes whose units are in before
	for len(ranges) > 0 {
		if r.found.Matches >= r.limit {
			return errEnough
		}
		from, to := 0, len(text)
		if to > shownLine {
			from = runeStart(text, max(0, ranges[0][0]-shownBefore))
			to = runeStart(text, min(len(text), from+shownLine))
			to = max(to, min(ranges[0][1], runeStart(text, min(len(text), ranges[0][0]+shownLine))))
		}
		n := 1
		for n < len(ranges) && ranges[n][0] < to && r.found.Matches+n < r.limit {
			n++
		}
		before += units(text[counted:ranges[0][0]])
		counted = ranges[0][0]
		m := cut(text, from, to, ranges[:n])
		m.Path, m.Line, m.Column = path, number, before+1
		if path != r.last {
			r.last = path
			r.found.Files++
		}
		r.found.Matches += n
		if err := r.emit(m); err != nil {
			return err
		}
		ranges = ranges[n:]
	}
	return nil
}

// cut makes a match of a part of a line. Bytes that are no UTF-8 become U+FFFD, one each.
func cut(line []byte, from, to int, ranges [][2]int) Match {
	m := Match{Ranges: make([][2]int, len(ranges))}
	text := make([]byte, 0, to-from)
	at, next := 0, 0 // UTF-16 units so far; index of the next range's end, two a range
	for i := from; i <= to; {
		for next < 2*len(ranges) && min(ranges[next/2][next%2], to) <= i {
			m.Ranges[next/2][next%2] = at
			next++
		}
		if i == to {
			break
		}
		c, width := utf8.DecodeRune(line[i:to])
		text = utf8.AppendRune(text, c)
		at += utf16.RuneLen(c)
		i += width
	}
	m.Text = string(text)
	return m
}

// units counts the UTF-16 code units of a text as cut shows it.
func units(text []byte) (n int) {
	for len(text) > 0 {
		c, width := utf8.DecodeRune(text)
		n += utf16.RuneLen(c)
		text = text[width:]
	}
	return n
}

// runeStart goes back from within a character to its beginning.
func runeStart(text []byte, at int) int {
	for back := 0; back < utf8.UTFMax && at-back > 0 && at < len(text); back++ {
		if utf8.RuneStart(text[at-back]) {
			return at - back
		}
	}
	return at
}
