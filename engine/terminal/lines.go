package terminal

import (
	"bytes"
	"slices"
)

// markEvery is in how many lines the beginning of one is remembered.
const markEvery = 128

// lines knows where the last lines of a record begin.
type lines struct {
	keep  int     // how many lines a new viewer is given
	count int64   // line ends so far
	marks []int64 // where every markEvery'th line begins, of the last lines
}

// add takes in bytes at an offset.
func (l *lines) add(at int64, b []byte) {
	for {
		n := int64(bytes.Count(b, newline))
		until := markEvery - l.count%markEvery
		if n < until {
			l.count += n
			return
		}
		for range until {
			i := bytes.IndexByte(b, '\n') + 1
			b, at = b[i:], at+int64(i)
		}
		l.count += until
		l.mark(at)
	}
}

var newline = []byte{'\n'}

// mark remembers the beginning of a line, and forgets the oldest when there are twice as many as could be asked for.
func (l *lines) mark(at int64) {
	if len(l.marks) >= 2*maxMarks {
		l.marks = slices.Delete(l.marks, 0, len(l.marks)-maxMarks)
	}
	l.marks = append(l.marks, at)
}

// maxMarks is enough for the most lines that any tier keeps, 50,000.
const maxMarks = 50_000/markEvery + 2

// start is where the last keep lines begin, up to markEvery lines earlier; 0 when there were no more lines.
func (l *lines) start() int64 {
	drop := l.count - int64(l.keep) // lines that are not wanted
	if drop < markEvery || len(l.marks) == 0 {
		return 0
	}
	total := l.count / markEvery // marks ever made
	i := drop/markEvery - 1 - (total - int64(len(l.marks)))
	return l.marks[max(0, i)]
}
