package workspace

import (
	"archive/zip"
	"context"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/flate"
)

// Export writes a workspace as a zip archive, as it goes: all of it, with .git and what ignore files name,
// so that nothing is missed where it is unpacked; ignored can be left out. Symbolic links are stored as
// links, wherever they lead; pipes, sockets, devices and what cannot be read are left out. Two exports run at
// once, others wait.
func (f *Files) Export(ctx context.Context, to io.Writer, leaveOutIgnored bool) error {
	leave, err := f.set.exports.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	z := zip.NewWriter(to)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestSpeed) })
	e := export{files: f, zip: z, buf: make([]byte, copySize), all: !leaveOutIgnored}
	if err := e.folder(ctx, ".", nil); err != nil {
		return err
	}
	return z.Close()
}

type export struct {
	files *Files
	zip   *zip.Writer
	buf   []byte
	all   bool
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
	h.Name, h.Method = name, method
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
