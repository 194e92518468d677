package git

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
)

// parseDiff reads the output of "git diff --raw -z --patch": first all files, as
//
//	:oldmode newmode oldhash newhash letter[score] NUL path NUL [new path NUL]
//
// then a NUL, then their patches in the same order. Files whose patch is empty have none.
func parseDiff(r *bufio.Reader, emit func(*FileDiff) error) error {
	p := patchParser{r: r, emit: emit}
	if err := p.readFiles(); err != nil {
		return err
	}
	if err := p.readPatches(); err != nil {
		return err
	}
	return p.passOn(len(p.files))
}

type patchParser struct {
	r     *bufio.Reader
	emit  func(*FileDiff) error
	files []*FileDiff // not handed over yet
	size  int         // bytes in the hunks of the current file
	lines int         // of the current file
	left  [2]int      // lines of the old and the new file that the current hunk still has
	cut   bool        // the line that was read was too long
	open  bool        // the line that was read has no newline at its end
}

// readFiles reads the list. It has one more than are handed over, so that whoever takes them learns of it.
func (p *patchParser) readFiles() error {
	for {
		head, err := readRecord(p.r)
		if err != nil {
			return ended(err)
		}
		if !strings.HasPrefix(head, ":") {
			return nil
		}
		f, renamed, ok := parseRaw(head)
		if f.Path, err = readRecord(p.r); err != nil {
			return ended(err)
		}
		if renamed {
			f.OldPath = f.Path
			if f.Path, err = readRecord(p.r); err != nil {
				return ended(err)
			}
		}
		if ok && len(p.files) <= MaxDiffFiles {
			p.list(&f)
		}
	}
}

// list adds a file. One in conflict may come twice: as such, and compared with one side.
func (p *patchParser) list(f *FileDiff) {
	if n := len(p.files); n > 0 && p.files[n-1].Path == f.Path && p.files[n-1].Status == Conflicted {
		p.files[n-1].OldMode, p.files[n-1].NewMode = f.OldMode, f.NewMode
		return
	}
	p.files = append(p.files, f)
}

func parseRaw(head string) (f FileDiff, renamed, ok bool) {
	parts := strings.Fields(head[1:])
	if len(parts) != 5 {
		return f, false, false
	}
	letter := parts[4][0]
	f.Status, f.OldMode, f.NewMode = stateOf(letter), mode(parts[0]), mode(parts[1])
	return f, letter == 'R' || letter == 'C', true
}

func mode(s string) string {
	if s == "000000" {
		return ""
	}
	return s
}

// passOn hands over the first n files.
func (p *patchParser) passOn(n int) error {
	for range n {
		f := p.files[0]
		p.files = p.files[1:]
		if err := p.emit(f); err != nil {
			return err
		}
	}
	return nil
}

// readPatches reads all patches. The file whose patch is being read is the first of files, once one was begun.
func (p *patchParser) readPatches() error {
	begun := false
	for {
		line, err := p.readLine()
		if err != nil {
			return ended(err)
		}
		header, isHeader := strings.CutPrefix(string(line), "diff --git ")
		switch {
		case isHeader && begun && p.files[0].typeChanged() && header == p.files[0].header():
			// its second patch: what was there goes with one, what is there comes with another
		case isHeader:
			done := 0
			if begun {
				done = 1
			}
			if err := p.passOn(done + p.find(header, done)); err != nil {
				return err
			}
			if begun = len(p.files) > 0; !begun {
				return nil
			}
			p.size, p.lines = 0, 0
		case begun && strings.HasPrefix(string(line), "@@ "):
			if err := p.readHunk(string(line)); err != nil {
				return ended(err)
			}
		case begun && strings.HasPrefix(string(line), "Binary files "):
			p.files[0].Binary = true
		}
	}
}

// find is how many files after the first `from` have no patch before the one with this header.
func (p *patchParser) find(header string, from int) int {
	for i, f := range p.files[min(from, len(p.files)):] {
		if header == f.header() {
			return i
		}
	}
	return 0 // the next in order
}

// typeChanged reports that the file is of another type than it was: a link, say, or a submodule.
func (f *FileDiff) typeChanged() bool {
	return f.OldMode != "" && f.NewMode != "" && !strings.HasPrefix(f.NewMode, f.OldMode[:min(2, len(f.OldMode))])
}

// header is what follows "diff --git " in a file's patch.
func (f *FileDiff) header() string {
	old := f.OldPath
	if old == "" {
		old = f.Path
	}
	return quote("a/"+old) + " " + quote("b/"+f.Path)
}

// quote writes a name as git does in a patch when core.quotePath is off.
func quote(name string) string {
	if !strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == '"' || r == '\\' || r == 0x7f }) {
		return name
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range []byte(name) {
		switch letter := strings.IndexByte("\a\b\t\n\v\f\r\"\\", c); {
		case letter >= 0:
			b.WriteByte('\\')
			b.WriteByte("abtnvfr\"\\"[letter])
		case c < ' ' || c == 0x7f:
			fmt.Fprintf(&b, "\\%03o", c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// readHunk reads as many lines as the hunk's header says that it has.
func (p *patchParser) readHunk(head string) error {
	f := p.files[0]
	h := Hunk{Header: strings.ToValidUTF8(head[:min(len(head), maxLine)], "�"), OldLines: 1, NewLines: 1}
	if !h.parse(head) {
		return nil
	}
	f.Hunks = append(f.Hunks, h)
	defer f.dropEmpty()
	p.left = [2]int{h.OldLines, h.NewLines}
	for p.left[0] > 0 || p.left[1] > 0 {
		line, err := p.readLine()
		if err != nil {
			f.Truncated = true
			return err
		}
		if len(line) == 0 {
			line = []byte(" ") // an empty line of context, as some write it
		}
		p.take(f, line)
	}
	next, err := p.r.Peek(1)
	if err == nil && next[0] == '\\' {
		line, err := p.readLine()
		if err != nil {
			return err
		}
		p.take(f, line)
	}
	return nil
}

// dropEmpty takes the last hunk away when there was no room for any of its lines.
func (f *FileDiff) dropEmpty() {
	if last := len(f.Hunks) - 1; len(f.Hunks[last].Lines) == 0 {
		f.Hunks = f.Hunks[:last]
	}
}

// take counts a line of a hunk, and keeps it when there is room.
func (p *patchParser) take(f *FileDiff, line []byte) {
	switch line[0] {
	case ' ':
		p.left[0]--
		p.left[1]--
	case '-':
		p.left[0]--
	case '+':
		p.left[1]--
	}
	p.lines++
	p.size += min(len(line), maxLine)
	if p.lines <= maxFileLines && p.size <= maxFileBytes {
		f.add(line, p.cut)
		return
	}
	f.Truncated = true
	f.count(line)
}

// readLine reads a line without its end. Of one longer than the buffer only the beginning is returned.
func (p *patchParser) readLine() ([]byte, error) {
	line, err := p.r.ReadSlice('\n')
	if p.cut = errors.Is(err, bufio.ErrBufferFull); p.cut {
		line = append(make([]byte, 0, maxLine+1), line[:maxLine+1]...)
		for errors.Is(err, bufio.ErrBufferFull) {
			_, err = p.r.ReadSlice('\n')
		}
	}
	p.open = errors.Is(err, io.EOF) && len(line) > 0
	switch {
	case p.open:
		return line, nil
	case err == nil && !p.cut:
		line = line[:len(line)-1]
	}
	return line, err
}

// parse reads "@@ -1,2 +3,4 @@ …". A count that is left out is 1.
func (h *Hunk) parse(head string) bool {
	ranges, _, ok := strings.Cut(strings.TrimPrefix(head, "@@ -"), " @@")
	old, changed, both := strings.Cut(ranges, " +")
	return ok && both && span(old, &h.OldStart, &h.OldLines) && span(changed, &h.NewStart, &h.NewLines)
}

func span(s string, start, count *int) bool {
	first, n, counted := strings.Cut(s, ",")
	if !digits(first) || counted && !digits(n) {
		return false
	}
	*start = number(first)
	if counted {
		*count = number(n)
	}
	return true
}

func digits(s string) bool {
	return s != "" && len(s) < 10 && strings.Trim(s, "0123456789") == ""
}
