package workspace

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Runner starts rg in a folder, ranked below the server and charged.
type Runner func(folder string, args []string) (Program, error)

// Program is a running one.
type Program interface {
	Stdin() io.WriteCloser
	Stdout() io.Reader
	Kill()
	Done() <-chan struct{} // closed when it is gone
}

// errNoRipgrep says that rg could not do it, and nothing has been passed on.
var errNoRipgrep = errors.New("rg is not here, or does not take this query")

// maxAnswer is the longest line of rg's answer that is taken in: a matching line and its matches in JSON.
const maxAnswer = 1 << 20

// ripgrep searches with rg, which finds the lines. They are looked up again in the files: rg could be led
// outside the workspace by a folder that is replaced by a link under its feet, and what it finds there is
// dropped. What in a line matches is for the finder to say.
func (f *Files) ripgrep(ctx context.Context, q Query, finder *finder, g globs, run Runner, r *report) error {
	p, err := run(f.Path, ripgrepArgs(q, finder, g))
	if err != nil {
		return errNoRipgrep
	}
	_ = p.Stdin().Close()
	stop := context.AfterFunc(ctx, p.Kill)
	defer func() {
		stop()
		p.Kill()
		<-p.Done()
	}()
	a := answer{files: f, finder: finder, report: r}
	defer a.close()
	r.found.Engine = "ripgrep"
	err = a.read(p.Stdout())
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return err
	case !a.complete && r.found.Matches == 0: // it says why on its standard error, which is for those who call it
		r.found = Found{Engine: "builtin"}
		return errNoRipgrep
	case !a.complete:
		r.found.Truncated = true
	}
	return nil
}

// ripgrepArgs asks rg for the lines that builtin finds, or more.
func ripgrepArgs(q Query, finder *finder, g globs) []string {
	args := []string{"--json", "--no-config", "--hidden", "--no-require-git", "--no-ignore-global", "--no-ignore-parent",
		"--no-messages", "--no-mmap", "--crlf", "--sort", "path", "--encoding", "none", "--max-filesize", strconv.Itoa(maxSearched)}
	expr := q.Text
	switch {
	case q.Regex: // as it was understood: what "\w" is differs
		expr = strings.NewReplacer(`\\`, `\\`, `\b`, `(?-u:\b)`, `\B`, `(?-u:\B)`, `\A`, `(?m:^)`, `\z`, `(?m:$)`).Replace(finder.parsed.String())
	case q.Case:
		args = append(args, "--fixed-strings")
	default:
		args = append(args, "--fixed-strings", "--ignore-case")
	}
	for _, one := range g.includeText {
		args = append(args, "--glob", one)
	}
	for _, one := range slices.Concat(g.excludeText, []string{".git", PartPrefix + "*"}) {
		args = append(args, "--glob", "!"+one)
	}
	return append(args, "--regexp", expr, "./")
}

// answer is what rg says, a JSON object a line.
type answer struct {
	files    *Files
	finder   *finder
	report   *report
	complete bool // it came to its end

	path string // of the open file
	file *os.File
}

type said struct {
	Type string
	Data struct {
		Path, Lines said64
		Line        int   `json:"line_number"`
		Offset      int64 `json:"absolute_offset"`
	}
}

// said64 is text, or in base64 what is not UTF-8.
type said64 struct {
	Text  *string
	Bytes []byte
}

func (s said64) bytes() []byte {
	if s.Text != nil {
		return []byte(*s.Text)
	}
	return s.Bytes
}

// read takes an answer in to its end, or until enough has been found.
func (a *answer) read(out io.Reader) error {
	lines := bufio.NewReaderSize(out, 64<<10)
	for {
		line, err := readLine(lines, maxAnswer)
		if errors.Is(err, bufio.ErrTooLong) {
			a.report.found.Truncated = true
			continue
		}
		if err != nil {
			return nil // the end, of whatever kind: complete tells
		}
		if err := a.take(line); err != nil {
			return err
		}
	}
}

func (a *answer) take(line []byte) error {
	var s said
	if json.Unmarshal(line, &s) != nil {
		return nil
	}
	switch s.Type {
	case "summary":
		a.complete = true
	case "match":
		return a.match(&s)
	}
	return nil
}

func (a *answer) match(s *said) error {
	path := strings.TrimPrefix(filepath.ToSlash(string(s.Data.Path.bytes())), "./")
	text := s.Data.Lines.bytes()
	if !a.holds(path, s.Data.Offset, text) {
		return nil
	}
	text = bytes.TrimSuffix(bytes.TrimSuffix(text, []byte("\n")), []byte("\r"))
	return a.report.line(path, s.Data.Line, 0, text, a.finder.inLine(text))
}

// holds reports that a file of the workspace has the text there.
func (a *answer) holds(path string, offset int64, text []byte) bool {
	if path != a.path {
		a.close()
		if check(path) != nil {
			return false
		}
		file, err := a.files.openFile(path)
		if err != nil {
			return false
		}
		a.path, a.file = path, file
	}
	there := make([]byte, len(text))
	n, _ := a.file.ReadAt(there, offset)
	return n == len(text) && bytes.Equal(there, text)
}

func (a *answer) close() {
	if a.file != nil {
		a.file.Close()
	}
	a.path, a.file = "", nil
}

// readLine reads a line of at most limit bytes; a longer one is passed over and bufio.ErrTooLong. What is
// returned is valid until the next call.
func readLine(r *bufio.Reader, limit int) (line []byte, err error) {
	for {
		piece, err := r.ReadSlice('\n')
		switch {
		case err == nil && line == nil:
			return piece, nil
		case err != nil && !errors.Is(err, bufio.ErrBufferFull):
			return nil, err
		}
		if len(line) <= limit {
			line = append(line, piece...)
		}
		if err == nil && len(line) > limit {
			return nil, bufio.ErrTooLong
		}
		if err == nil {
			return line, nil
		}
	}
}
