package workspace

import (
	"bytes"
	"context"
	"errors"
	"io"
)

// chunk is how much of a file is read at once, in bytes. It grows for a line that is longer, to maxLine.
const chunk = 256 << 10

// builtin searches by walking through the files itself.
func (f *Files) builtin(ctx context.Context, finder *finder, g globs, r *report) error {
	s := scan{finder: finder, report: r, buf: make([]byte, chunk)}
	w := walk{files: f, enter: g.enters, visit: func(p string, rules *rules) error {
		if !g.takes(p, rules) {
			return nil
		}
		file, err := f.openFile(p)
		if err != nil {
			return nil // it is gone, or not ours to read
		}
		defer file.Close()
		if info, err := file.Stat(); err != nil || info.Size() > maxSearched {
			return nil
		}
		return s.file(ctx, p, io.LimitReader(file, maxSearched))
	}}
	err := w.run(ctx)
	r.found.Truncated = r.found.Truncated || w.truncated
	return err
}

// scan looks through one file after the other.
type scan struct {
	finder *finder
	report *report
	buf    []byte // reused

	path   string
	number int // of the line that comes next
	before int // UTF-16 units of it that were looked at already, because it is too long
}

// file looks through a file, a number of lines at a time, up to its first zero byte.
func (s *scan) file(ctx context.Context, path string, file io.Reader) error {
	s.path, s.number, s.before = path, 1, 0
	have := 0 // bytes in buf
	for {
		n, err := io.ReadFull(file, s.buf[have:])
		end := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !end {
			return nil // it cannot be read to its end
		}
		text := s.buf[:have+n]
		if bytes.IndexByte(text[have:], 0) >= 0 {
			return nil
		}
		whole := bytes.LastIndexByte(text, '\n') + 1
		if end {
			whole = len(text)
		}
		if whole == 0 && !end && len(s.buf) < maxLine {
			s.buf, have = append(s.buf, make([]byte, len(s.buf))...), len(text)
			continue
		}
		if whole == 0 && !end {
			whole = runeStart(text, len(text)-1)
		}
		if err := s.lines(text[:whole]); err != nil {
			return err
		}
		if end || ctx.Err() != nil {
			return ctx.Err()
		}
		have = copy(s.buf, text[whole:])
	}
}

// lines looks through whole lines, but for a piece of a long one.
func (s *scan) lines(text []byte) error {
	h := s.finder.in(text)
	for at := 0; at < len(text); {
		found := s.finder.next(h.slice(at, len(text)))
		if found < 0 {
			s.pass(text[at:])
			return nil
		}
		start := at + bytes.LastIndexByte(text[at:at+found], '\n') + 1
		s.pass(text[at:start])
		end, next := len(text), len(text)
		if i := bytes.IndexByte(text[start:], '\n'); i >= 0 {
			end, next = start+i, start+i+1
		}
		line := h.slice(start, end)
		if n := len(line.text); n > 0 && line.text[n-1] == '\r' {
			line = line.slice(0, n-1)
		}
		if ranges := s.finder.all(line); len(ranges) > 0 {
			if err := s.report.line(s.path, s.number, s.before, line.text, ranges); err != nil {
				return err
			}
		}
		s.pass(text[start:next])
		at = next
	}
	return nil
}

// pass counts what has been looked at.
func (s *scan) pass(text []byte) {
	n := bytes.Count(text, []byte{'\n'})
	if s.number += n; n > 0 {
		s.before = 0
	}
	if rest := text[bytes.LastIndexByte(text, '\n')+1:]; len(rest) > 0 {
		s.before += units(rest)
	}
}
