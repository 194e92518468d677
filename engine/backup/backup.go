// Package backup is the format of backup files: a tar archive in zstd, so that ordinary tools can open it.
// Its first entry says what it is and of which version, its last one proves that it is whole.
package backup

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"
)

// Version is that of the format. Since version 2 folders are in it.
const Version = 2

// Names of the first and last entry, and of the one before that, which is there when something was left out.
const (
	headName    = "coder1-backup.json"
	leftOutName = "left-out.json"
	endName     = "end.json"
)

// Errors of a Reader. A damaged backup is one of which a byte is not as it was written, or missing.
var (
	ErrDamaged = errors.New("the backup is damaged or not whole")
	ErrForeign = errors.New("this is not a backup of Coder1")
	ErrVersion = errors.New("the backup was written by a newer version of Coder1; restore it with that one")
)

// Head says what a backup is.
type Head struct {
	Version    int       `json:"coder1Backup"`
	Created    time.Time `json:"created"`
	By         string    `json:"by"`         // version of the program
	Workspaces bool      `json:"workspaces"` // the files of workspaces are in it
}

// LeftOut says what is not in a backup because it could not be read.
type LeftOut struct {
	Count int      `json:"count"`
	First []string `json:"first"` // paths and why, at most maxLeftOut
}

const maxLeftOut = 20

func (l *LeftOut) add(path string, why error) {
	if l.Count++; len(l.First) < maxLeftOut {
		l.First = append(l.First, fmt.Sprintf("%s: %v", strings.ToValidUTF8(path, "\uFFFD"), why))
	}
}

// end proves that everything before it is there as it was written.
type end struct {
	Entries int    `json:"entries"`
	SHA256  string `json:"sha256"` // of names, sizes and contents
}

// Entry is one file or folder of a backup.
type Entry struct {
	Path     string // relative, with slashes, clean, without "..", of any bytes; see Local
	Size     int64
	Mode     fs.FileMode // permissions, and whether it is a folder
	Modified time.Time
	Link     string // what a symbolic link points to; "" for a file
}

// Local is the entry's path as this system writes it. It has none for some that others can have: on Windows a
// backslash stands between names.
func (e Entry) Local() (path string, ok bool) {
	if filepath.Separator == '/' {
		return e.Path, true
	}
	path, err := filepath.Localize(e.Path)
	return path, err == nil
}

// tarName is what the entry is called in the tar archive, where folders end with a slash.
func (e Entry) tarName() string {
	if e.Mode.IsDir() {
		return e.Path + "/"
	}
	return e.Path
}

// isInside reports that a path is clean and leads nowhere outside. Names have any bytes, as files' names do.
func isInside(path string) bool {
	for name := range strings.SplitSeq(path, "/") {
		if name == "" || name == "." || name == ".." {
			return false
		}
	}
	return !strings.ContainsRune(path, 0)
}

// sum adds up entries for the proof.
type sum struct {
	entries int
	hash    hash.Hash
}

func newSum() sum { return sum{hash: sha256.New()} }

func (s *sum) entry(e Entry) {
	s.entries++
	_, _ = fmt.Fprintf(s.hash, "%q %d %q\n", e.tarName(), e.Size, e.Link)
}

func (s *sum) end() end { return end{s.entries, hex.EncodeToString(s.hash.Sum(nil))} }

// Writer writes a backup. It holds some 4 MB, whatever the size of what goes through it.
type Writer struct {
	zip *zstd.Encoder
	tar *tar.Writer
	sum sum

	leftOut LeftOut
}

// NewWriter begins a backup.
func NewWriter(w io.Writer, head Head) (*Writer, error) {
	zip, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(1<<20), zstd.WithLowerEncoderMem(true))
	if err != nil {
		return nil, err
	}
	b := &Writer{zip: zip, tar: tar.NewWriter(zip), sum: newSum()}
	head.Version = Version
	return b, b.JSON(headName, head)
}

// JSON adds a file that holds a value.
func (w *Writer) JSON(name string, value any) error {
	raw, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("write %s into the backup: %w", name, err)
	}
	return w.Bytes(name, raw)
}

// Bytes adds a file.
func (w *Writer) Bytes(name string, content []byte) error {
	return w.File(Entry{Path: name, Size: int64(len(content)), Mode: 0o600}, strings.NewReader(string(content)))
}

// File adds a file of e.Size bytes, or what needs no content: a folder, a link. Of one that grows while it is read
// the beginning is taken; one that gets shorter is an error.
func (w *Writer) File(e Entry, content io.Reader) error {
	h := &tar.Header{Name: e.tarName(), Size: e.Size, Mode: int64(e.Mode.Perm()), ModTime: e.Modified, Typeflag: tar.TypeReg, Format: tar.FormatPAX}
	switch {
	case e.Link != "":
		h.Typeflag, h.Linkname, h.Size = tar.TypeSymlink, e.Link, 0
	case e.Mode.IsDir():
		h.Typeflag = tar.TypeDir
	}
	w.sum.entry(e)
	err := w.tar.WriteHeader(h)
	if err == nil && h.Typeflag == tar.TypeReg {
		_, err = io.CopyN(io.MultiWriter(w.tar, w.sum.hash), content, e.Size)
	}
	if err != nil {
		return fmt.Errorf("write %s into the backup: %w", e.Path, err)
	}
	return nil
}

// LeaveOut puts down that something is not in the backup, or not all of it.
func (w *Writer) LeaveOut(path string, why error) { w.leftOut.add(path, why) }

// LeftOut is what was left out so far.
func (w *Writer) LeftOut() LeftOut { return w.leftOut }

// Close ends the backup. Without it a backup does not count as whole.
func (w *Writer) Close() error {
	var err error
	if w.leftOut.Count > 0 {
		err = w.JSON(leftOutName, w.leftOut)
	}
	return errors.Join(err, w.JSON(endName, w.sum.end()), w.tar.Close(), w.zip.Close())
}

// Reader reads a backup.
type Reader struct {
	zip  *zstd.Decoder
	tar  *tar.Reader
	sum  sum
	head Head
	body io.Reader // of the current entry

	leftOut LeftOut
}

// maxWindow bounds the memory that reading takes, whatever the file says.
const maxWindow = 8 << 20

// maxSmall bounds the entries that are read whole.
const maxSmall = 4 << 20

// NewReader begins to read a backup.
func NewReader(r io.Reader) (*Reader, error) {
	zip, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrForeign, err)
	}
	b := &Reader{zip: zip, tar: tar.NewReader(zip), sum: newSum()}
	e, err := b.next()
	if err == nil && e.Path == headName {
		err = b.decode(e, &b.head)
	}
	switch {
	case err == nil && (e.Path != headName || b.head.Version < 1), errors.Is(err, io.EOF), errors.Is(err, zstd.ErrMagicMismatch), errors.Is(err, tar.ErrHeader):
		zip.Close()
		return nil, ErrForeign
	case err != nil:
		zip.Close()
		return nil, err
	case b.head.Version > Version:
		zip.Close()
		return nil, fmt.Errorf("%w (version %d of the format; this one knows %d)", ErrVersion, b.head.Version, Version)
	}
	return b, nil
}

// Head says what the backup is.
func (r *Reader) Head() Head { return r.head }

// LeftOut is what is not in the backup. It is known when the backup has been read to its end.
func (r *Reader) LeftOut() LeftOut { return r.leftOut }

// Close gives back what reading took.
func (r *Reader) Close() { r.zip.Close() }

// Next moves to the next entry. It returns io.EOF after the last one, when the backup has been found whole.
func (r *Reader) Next() (Entry, error) {
	before := r.sum.entries
	e, err := r.next()
	if err == nil && e.Path == leftOutName {
		if err = r.decode(e, &r.leftOut); err == nil {
			e, err = r.next()
		}
	}
	switch {
	case errors.Is(err, io.EOF):
		return e, fmt.Errorf("%w: it ends after %d entries", ErrDamaged, before)
	case err != nil:
		return e, err
	case e.Path != endName:
		return e, nil
	}
	return e, r.check(e)
}

// next moves to the next entry, and leaves it to Read to add up its content.
func (r *Reader) next() (Entry, error) {
	if r.body != nil {
		if _, err := io.Copy(io.Discard, r); err != nil {
			return Entry{}, err
		}
	}
	h, err := r.tar.Next()
	if errors.Is(err, io.EOF) {
		return Entry{}, io.EOF
	}
	if err != nil {
		return Entry{}, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	e := Entry{Path: h.Name, Size: h.Size, Mode: fs.FileMode(h.Mode).Perm(), Modified: h.ModTime}
	switch h.Typeflag {
	case tar.TypeReg:
	case tar.TypeSymlink:
		e.Link = h.Linkname
	case tar.TypeDir:
		e.Path, e.Mode = strings.TrimSuffix(h.Name, "/"), e.Mode|fs.ModeDir
	default:
		return e, fmt.Errorf("%w: %s is neither a file nor a folder nor a link", ErrDamaged, h.Name)
	}
	if !isInside(e.Path) {
		return e, fmt.Errorf("%w: %q is not a path inside it", ErrDamaged, e.Path)
	}
	if e.Path != endName {
		r.sum.entry(e)
	}
	r.body = r.tar
	return e, nil
}

// Read reads the current entry.
func (r *Reader) Read(p []byte) (int, error) {
	n, err := r.body.Read(p)
	r.sum.hash.Write(p[:n])
	if err != nil && !errors.Is(err, io.EOF) {
		err = fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return n, err
}

// Bytes reads the current entry, if it is not large.
func (r *Reader) Bytes(e Entry) ([]byte, error) {
	if e.Size > maxSmall {
		return nil, fmt.Errorf("%w: %s has %d bytes; %d are the most", ErrDamaged, e.Path, e.Size, maxSmall)
	}
	return io.ReadAll(r)
}

func (r *Reader) decode(e Entry, into any) error {
	raw, err := r.Bytes(e)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrDamaged, e.Path, err)
	}
	return nil
}

// check compares what was read with what was written, and makes sure that nothing follows.
func (r *Reader) check(e Entry) error {
	want := r.sum.end()
	var got end
	if err := r.decode(e, &got); err != nil {
		return err
	}
	if got != want {
		return fmt.Errorf("%w: what was read is not what was written", ErrDamaged)
	}
	if _, err := r.tar.Next(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: something follows its end", ErrDamaged)
	}
	// The decoder checks its own sum at the end of the stream.
	if _, err := io.Copy(io.Discard, r.zip); err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return io.EOF
}

// Verify reads a backup to its end, and returns what is not in it.
func Verify(r io.Reader) (LeftOut, error) {
	b, err := NewReader(r)
	if err != nil {
		return LeftOut{}, err
	}
	defer b.Close()
	for {
		if _, err := b.Next(); errors.Is(err, io.EOF) {
			return b.LeftOut(), nil
		} else if err != nil {
			return LeftOut{}, err
		}
	}
}
