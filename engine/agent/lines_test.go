package agent

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"
)

func TestLines(t *testing.T) {
	long := strings.Repeat("x", 100<<10) // longer than the reader's buffer
	huge := strings.Repeat("0123456789", maxLine/10+1)
	for _, c := range []struct {
		name, in string
		want     []string
		skipped  int
	}{
		{name: "none", in: ""},
		{name: "with and without an end", in: "a\nb", want: []string{"a", "b"}},
		{name: "empty", in: "\n\na\n", want: []string{"", "", "a"}},
		{name: "of another system", in: "a\r\nb\r\n", want: []string{"a", "b"}},
		{name: "not UTF-8", in: "a\xff\xfeb\n", want: []string{"a\uFFFDb"}},
		{name: "long", in: "a\n" + long + "\nb\n", want: []string{"a", long, "b"}},
		{name: "long without an end", in: long, want: []string{long}},
		{name: "too long", in: "a\n" + huge + "\nb\n", want: []string{"a", huge[:excerpt], "b"}, skipped: len(huge) + 1},
		{name: "too long without an end", in: huge, want: []string{huge[:excerpt]}, skipped: len(huge)},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newLineReader(iotest.HalfReader(strings.NewReader(c.in)))
			for i, want := range c.want {
				line, skipped, err := r.next()
				if string(line) != want || err != nil {
					t.Fatalf("line %d: %d bytes, want %d; error %v", i, len(line), len(want), err)
				}
				if skipped != 0 && skipped != c.skipped {
					t.Errorf("line %d: %d bytes skipped, want %d", i, skipped, c.skipped)
				}
			}
			if line, _, err := r.next(); !errors.Is(err, io.EOF) {
				t.Errorf("after the last: %q, %v", line, err)
			}
		})
	}
}

func TestLinesOfABrokenReader(t *testing.T) {
	r := newLineReader(io.MultiReader(strings.NewReader("whole\nhalf"), iotest.ErrReader(io.ErrClosedPipe)))
	if line, _, err := r.next(); string(line) != "whole" || err != nil {
		t.Fatalf("%q, %v", line, err)
	}
	if _, _, err := r.next(); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("then %v", err)
	}
}

func FuzzLines(f *testing.F) {
	f.Add([]byte("a\nb\r\n\n\xffc"))
	f.Add(bytes.Repeat([]byte("0123456789abcdef"), 30))
	f.Add(append(bytes.Repeat([]byte("\xffx"), 40), "\nrest"...))
	const limit = 64
	f.Fuzz(func(t *testing.T, in []byte) {
		r := lineReader{r: bufio.NewReaderSize(bytes.NewReader(in), 16), max: limit}
		for rest := in; len(rest) > 0; {
			whole, after, _ := bytes.Cut(rest, []byte("\n"))
			ended := len(whole) < len(rest)
			length := len(whole)
			if ended {
				length++
			}
			rest = after
			line, skipped, err := r.next()
			if err != nil {
				t.Fatalf("%v before %q", err, whole)
			}
			if len(line) > 2*limit || !utf8.Valid(line) {
				t.Fatalf("%d bytes, valid: %v", len(line), utf8.Valid(line))
			}
			if skipped != 0 {
				if skipped != length || length <= limit {
					t.Fatalf("%d bytes skipped of a line of %d", skipped, length)
				}
				continue
			}
			want := bytes.ToValidUTF8(bytes.TrimRight(whole, "\r"), []byte("\uFFFD"))
			if !bytes.Equal(line, want) {
				t.Fatalf("%q, want %q", line, want)
			}
		}
		if line, _, err := r.next(); !errors.Is(err, io.EOF) {
			t.Fatalf("after the last line: %q, %v", line, err)
		}
	})
}
