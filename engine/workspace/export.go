package workspace

import (
	"archive/zip"
	"context"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/flate"
)

// Export writes a workspace as a zip archive, as it goes: all of it, with .git and what ignore files name,
// so that nothing is missed where it is unpacked; ignored can be left out. Symbolic links are stored as
// links, wherever they lead; pipes, sockets, devices and what cannot be read are left out. Two exports run at
// once, others wait.
func (f *Files) Export(ctx context.Context, to io.Writer, leaveOutIgnored bool) error {
	return f.ExportFolder(ctx, to, ".", leaveOutIgnored)
}

// ExportFolder does the same with a folder. The names in the archive begin with the folder's own; those of
// the whole workspace (".") do not. Errors about the path, such as ErrNoFile, come before the first byte.
func (f *Files) ExportFolder(ctx context.Context, to io.Writer, folder string, leaveOutIgnored bool) error {
	place, err := f.isFolder(folder)
	if err != nil {
		return err
	}
	leave, err := f.set.exports.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	z := zip.NewWriter(to)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestSpeed) })
	e := export{files: f, zip: z, buf: make([]byte, copySize), all: !leaveOutIgnored}
	if above := path.Dir(place); above != "." {
		e.above = above + "/"
	}
	if err := e.folder(ctx, place, f.rulesAbove(place)); err != nil {
		return err
	}
	return z.Close()
}

// CheckFolder tells what is wrong with a path to a folder.
func (f *Files) CheckFolder(p string) error {
	_, err := f.isFolder(p)
	return err
}

// isFolder returns where a path leads, which must be a folder.
func (f *Files) isFolder(p string) (place string, err error) {
	if err := check(p); err != nil {
		return "", err
	}
	if place, err = f.resolve(p); err != nil {
		return "", err
	}
	switch info, err := f.root.Lstat(filepath.FromSlash(place)); {
	case err != nil:
		return "", explain(p, err)
	case !info.IsDir():
		return "", wrap(p, ErrNotFolder)
	}
	return place, nil
}

// rulesAbove are the rules that hold in a folder before its own.
func (f *Files) rulesAbove(folder string) *rules {
	if folder == "." {
		return nil
	}
	above := path.Dir(folder)
	return f.rulesIn(above, f.rulesAbove(above))
}

type export struct {
	files *Files
	zip   *zip.Writer
	buf   []byte
	all   bool
	above string // what is not in the names in the archive
}

func (e *export) folder(ctx context.Context, folder string, above *rules) error {
	entries, _ := e.files.names(folder)
	r := e.files.rulesIn(folder, above)
	for _, d := range entries {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		p := joined(folder, d.Name())
		if !e.all && r.ignores(p, d.IsDir()) {
			continue
		}
		info, err := e.files.root.Lstat(filepath.FromSlash(p))
		if err != nil {
			continue // it is gone
		}
		if err := e.entry(ctx, p, info, r); err != nil {
			return err
		}
	}
	return nil
}

func (e *export) entry(ctx context.Context, p string, info fs.FileInfo, r *rules) error {
	switch kindOf(info.Mode()) {
	case KindFolder:
		if _, err := e.header(p+"/", info, zip.Store); err != nil {
			return err
		}
		return e.folder(ctx, p, r)
	case KindSymlink:
		target, err := e.files.root.Readlink(filepath.FromSlash(p))
		if err != nil {
			return nil
		}
		w, err := e.header(p, info, zip.Store)
		if err != nil {
			return err
		}
		_, err = io.WriteString(w, filepath.ToSlash(target))
		return err
	case KindFile:
		file, err := e.files.openFile(p)
		if err != nil {
			return nil
		}
		defer file.Close()
		return e.file(ctx, p, info, file)
	}
	return nil
}

func (e *export) file(ctx context.Context, p string, info fs.FileInfo, file *os.File) error {
	w, err := e.header(p, info, zip.Deflate)
	if err != nil {
		return err
	}
	_, err = io.CopyBuffer(struct{ io.Writer }{w}, whileWanted{ctx, file}, e.buf)
	return err
}

func (e *export) header(name string, info fs.FileInfo, method uint16) (io.Writer, error) {
	h, err := zip.FileInfoHeader(info)
	if err != nil {
		return nil, err
	}
	h.Name, h.Method = strings.TrimPrefix(name, e.above), method
	return e.zip.CreateHeader(h)
}

// whileWanted reads as long as somebody wants it.
type whileWanted struct {
	ctx context.Context
	r   io.Reader
}

func (w whileWanted) Read(b []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	return w.r.Read(b)
}
