package git

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"
)

// untracked hands over what git does not know yet, as added: what a person sees as new.
func (g *Git) untracked(ctx context.Context, repo Repo, at location, path string, emit func(*FileDiff) error) error {
	root, err := os.OpenRoot(repo.Path)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	c := call{repo: repo, at: at, what: "list of new files", kind: look}
	c.args = []string{"ls-files", "--others", "--exclude-standard", "-z"}
	if g.partPrefix != "" {
		c.args = append(c.args, "--exclude="+g.partPrefix+"*")
	}
	c.args = append(c.args, "--")
	if path != "" {
		c.args = append(c.args, path)
	}
	c.read = func(r *bufio.Reader) error {
		for {
			name, err := readRecord(r)
			if err != nil {
				return ended(err)
			}
			if f := newFile(root, name); f != nil {
				if err := emit(f); err != nil {
					return err
				}
			}
		}
	}
	return g.run(ctx, c)
}

// newFile is an untracked file as a diff of nothing with it, nil when it is gone meanwhile, or is neither file
// nor link.
func newFile(root *os.Root, name string) *FileDiff {
	if strings.HasSuffix(name, "/") { // a repository within
		return &FileDiff{Path: strings.TrimSuffix(name, "/"), Status: Added, NewMode: "160000"}
	}
	info, err := root.Lstat(name)
	if err != nil {
		return nil
	}
	f := &FileDiff{Path: name, Status: Added, NewMode: "100644"}
	switch {
	case info.Mode()&fs.ModeSymlink != 0:
		target, err := root.Readlink(name)
		if err != nil {
			return nil
		}
		f.NewMode = "120000"
		f.fill(bufio.NewReaderSize(strings.NewReader(target), readBuffer))
		return f
	case !info.Mode().IsRegular():
		return nil
	case info.Mode()&0o100 != 0:
		f.NewMode = "100755"
	}
	file, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0) // it may have become a pipe, which nobody fills
	if err != nil {
		return nil
	}
	defer file.Close()
	info, err = file.Stat()
	switch {
	case err != nil || !info.Mode().IsRegular():
		return nil
	case info.Size() > maxNewFile:
		f.Binary = true // as git sees what is beyond core.bigFileThreshold
	default:
		f.fill(bufio.NewReaderSize(io.LimitReader(file, maxNewFile), readBuffer))
	}
	return f
}

// maxNewFile is the size from which on a new file is not read: core.bigFileThreshold.
const maxNewFile = 8 << 20

// sniff is where git looks for a NUL, which makes a file binary.
const sniff = 8000

// fill reads a file as one hunk of added lines.
func (f *FileDiff) fill(r *bufio.Reader) {
	if head, _ := r.Peek(sniff); bytes.IndexByte(head, 0) >= 0 {
		f.Binary = true
		return
	}
	p := patchParser{r: r}
	f.Hunks = []Hunk{{NewStart: 1}}
	for {
		line, err := p.readLine()
		if err != nil {
			break
		}
		p.take(f, append([]byte{'+'}, line...))
		if p.open {
			p.take(f, []byte(noNewline))
		}
	}
	h := &f.Hunks[0]
	h.NewLines = f.Added
	h.Header = fmt.Sprintf("@@ -0,0 +1,%d @@", f.Added)
	f.dropEmpty()
}

// noNewline follows a last line that has none.
const noNewline = "\\ No newline at end of file"
