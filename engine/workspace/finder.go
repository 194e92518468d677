package workspace

import (
	"bytes"
	"encoding/binary"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// finder finds a query in bytes. It belongs to one search.
type finder struct {
	word bool

	// Plain text is looked for as it is, in a copy in small letters when case does not count.
	literal []byte
	fold    bool
	small   []byte // the copy
	// strange: K and S have a third form in Unicode, which the copy does not know.
	strange bool

	expr     *regexp.Regexp // everything else, and strange text
	parsed   *syntax.Regexp // the same, as it was understood; nil for plain text
	byLine   bool           // the expression has to be given one line at a time
	lineEnds bool           // it asks where lines end, which is before a carriage return, too
}

// newFinder makes a finder, or a *QueryError.
func newFinder(q Query) (*finder, error) {
	switch {
	case q.Text == "":
		return nil, &QueryError{"q", "give a text to search for"}
	case utf8.RuneCountInString(q.Text) > MaxQuery || !utf8.ValidString(q.Text):
		return nil, &QueryError{"q", "a query is UTF-8 and has 1000 characters at most"}
	case strings.ContainsAny(q.Text, "\n\r\x00"):
		return nil, &QueryError{"q", "a search is within lines: the query can have no line breaks and no zero bytes"}
	}
	f := &finder{word: q.Word && !q.Regex}
	expr := regexp.QuoteMeta(q.Text)
	switch {
	case !q.Regex:
		f.plain(q)
	case q.Word:
		expr = `\b(?:` + q.Text + `)\b`
	default:
		expr = q.Text
	}
	flags := "(?m"
	if !q.Case {
		flags += "i"
	}
	expr = flags + ":" + expr + ")"
	var err error
	if f.expr, err = regexp.Compile(expr); err != nil {
		return nil, &QueryError{"q", "this is no regular expression: " + reason(err)}
	}
	if q.Regex {
		if f.parsed, err = syntax.Parse(expr, syntax.Perl); err != nil {
			return nil, &QueryError{"q", "this is no regular expression: " + reason(err)}
		}
		f.byLine, f.lineEnds = has(f.parsed, mindsTheEnd), has(f.parsed, func(e *syntax.Regexp) bool { return e.Op == syntax.OpEndLine })
	}
	return f, nil
}

func reason(err error) string {
	return strings.TrimPrefix(err.Error(), "error parsing regexp: ")
}

// plain prepares to look for plain text without an expression, where that finds the same.
func (f *finder) plain(q Query) {
	text := q.Text
	if !q.Case {
		if strings.ContainsFunc(text, func(r rune) bool { return r >= utf8.RuneSelf }) {
			return
		}
		text = strings.ToLower(text)
		f.fold, f.strange = true, strings.ContainsAny(text, "ks")
	}
	f.literal = []byte(text)
}

// has reports that something is true of an expression or of a part of it.
func has(e *syntax.Regexp, is func(*syntax.Regexp) bool) bool {
	return is(e) || slices.ContainsFunc(e.Sub, func(sub *syntax.Regexp) bool { return has(sub, is) })
}

// mindsTheEnd reports that it matters to an expression where a text begins or ends: it asks for that, or
// matches line breaks.
func mindsTheEnd(e *syntax.Regexp) bool {
	switch e.Op {
	case syntax.OpBeginText, syntax.OpEndText, syntax.OpAnyChar:
		return true
	case syntax.OpLiteral:
		return slices.Contains(e.Rune, '\n')
	case syntax.OpCharClass:
		for i := 0; i+1 < len(e.Rune); i += 2 {
			if e.Rune[i] <= '\n' && '\n' <= e.Rune[i+1] {
				return true
			}
		}
	}
	return false
}

// hay is text to be searched.
type hay struct {
	text   []byte
	small  []byte // the same in small letters, nil where that is not needed
	exact  bool   // literal has to be looked for, else the expression
	byLine bool   // the expression has to be given one line at a time
}

// in prepares to search a text. The one before is over.
func (f *finder) in(text []byte) hay {
	h := hay{text: text, exact: f.literal != nil, byLine: f.byLine || f.lineEnds && bytes.IndexByte(text, '\r') >= 0}
	if f.strange && (bytes.Contains(text, []byte("\u212a")) || bytes.Contains(text, []byte("\u017f"))) {
		h.exact = false
	}
	if h.exact && f.fold {
		f.small = lower(append(f.small[:0], text...))
		h.small = f.small
	}
	return h
}

// lower makes ASCII's capital letters small, eight at a time: in each byte below 128, adding to the lower
// seven bits carries into the eighth from 'A' on, and again from beyond 'Z'.
func lower(b []byte) []byte {
	const each = 0x0101010101010101
	i := 0
	for ; i+8 <= len(b); i += 8 {
		x := binary.LittleEndian.Uint64(b[i:])
		low := x & (0x7f * each)
		capital := ^x & (low + (0x80-'A')*each) &^ (low + (0x80-'Z'-1)*each) & (0x80 * each)
		binary.LittleEndian.PutUint64(b[i:], x|capital>>2)
	}
	for ; i < len(b); i++ {
		if c := b[i]; 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return b
}

func (h hay) slice(from, to int) hay {
	h.text = h.text[from:to]
	if h.small != nil {
		h.small = h.small[from:to]
	}
	return h
}

// next is where the first line that may match has its match, at the earliest; -1 when there is none.
func (f *finder) next(h hay) int {
	switch {
	case h.exact && h.small != nil:
		return bytes.Index(h.small, f.literal)
	case h.exact:
		return bytes.Index(h.text, f.literal)
	case h.byLine:
		return min(0, len(h.text)-1)
	}
	if at := f.expr.FindIndex(h.text); at != nil {
		return at[0]
	}
	return -1
}

// maxPerLine is how many matches of one line are counted.
const maxPerLine = 10_000

// inLine finds the matches in a line that stands alone.
func (f *finder) inLine(line []byte) [][2]int { return f.all(f.in(line)) }

// all finds the matches in one line, as bytes. Empty ones do not count.
func (f *finder) all(h hay) (ranges [][2]int) {
	if !h.exact {
		for _, at := range f.expr.FindAllIndex(h.text, maxPerLine) {
			if at[0] < at[1] && f.standsAlone(h.text, at[0], at[1]) {
				ranges = append(ranges, [2]int{at[0], at[1]})
			}
		}
		return ranges
	}
	for from := 0; len(ranges) < maxPerLine; {
		at := f.next(h.slice(from, len(h.text)))
		if at < 0 {
			break
		}
		start, end := from+at, from+at+len(f.literal)
		from = start + 1
		if f.standsAlone(h.text, start, end) {
			ranges = append(ranges, [2]int{start, end})
			from = end
		}
	}
	return ranges
}

// standsAlone reports that a match in a line is a word, if it has to be one.
func (f *finder) standsAlone(line []byte, start, end int) bool {
	if !f.word {
		return true
	}
	before, _ := utf8.DecodeLastRune(line[:start])
	after, _ := utf8.DecodeRune(line[end:])
	return !isWordRune(before) && !isWordRune(after)
}

func isWordRune(r rune) bool {
	return r == '_' || r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r))
}
