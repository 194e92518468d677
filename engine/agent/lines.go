package agent

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"unicode/utf8"
)

// maxLine bounds a line of an agent's output, in bytes.
const maxLine = 8 << 20

// lineReader reads lines, whatever their length, with bounded memory.
type lineReader struct {
	r   *bufio.Reader
	max int
}

func newLineReader(r io.Reader) *lineReader {
	return &lineReader{r: bufio.NewReaderSize(r, 64<<10), max: maxLine}
}

// next returns the next line without its end, as valid UTF-8. Of a line longer than the bound it returns
// the beginning, and its length in skipped. A line is valid until the next call.
func (l *lineReader) next() (line []byte, skipped int, err error) {
	line, err = l.r.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		line, skipped, err = l.long(bytes.Clone(line))
	}
	if len(line) > 0 && errors.Is(err, io.EOF) {
		err = nil // the last line may lack its end
	}
	line = bytes.TrimRight(line, "\r\n")
	if !utf8.Valid(line) {
		line = bytes.ToValidUTF8(line, []byte("\uFFFD"))
	}
	return line, skipped, err
}

// long reads on in a line that is longer than the buffer.
func (l *lineReader) long(line []byte) (_ []byte, skipped int, err error) {
	length := len(line)
	for {
		more, err := l.r.ReadSlice('\n')
		length += len(more)
		if length <= l.max {
			line = append(line, more...)
		} else if len(line) > excerpt {
			line = bytes.Clone(line[:excerpt])
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if length > l.max {
			skipped = length
		}
		return line, skipped, err
	}
}

// excerpt is how much is kept of what is too long to be kept.
const excerpt = 4 << 10
