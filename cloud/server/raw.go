package server

import (
	"context"
	"io"
	"net/http"
	"path"
	"strings"
	"time"
	"unicode/utf8"

	"coder1/engine/workspace"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

type readFileInput struct {
	FilePath
	Download bool `query:"download" doc:"Have a browser save the file"`
}

// readFile sends a file's bytes as they are. Conditions and ranges are http.ServeContent's.
func (s *Server) readFile(_ context.Context, in *readFileInput) (*huma.StreamResponse, error) {
	var file *workspace.File
	err := s.inFiles(in.Name, func(f *workspace.Files) (err error) {
		file, err = f.Open(in.Path)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(c huma.Context) {
		defer func() { _ = file.Close() }()
		r, w := humago.Unwrap(c)
		sendFile(w, r, file, in.Download)
	}}, nil
}

// rawPolicy keeps a file that a browser shows by itself from doing anything: it has no origin, and loads
// nothing.
const rawPolicy = "sandbox; default-src 'none'; img-src data:; media-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'"

func sendFile(w http.ResponseWriter, r *http.Request, file *workspace.File, download bool) {
	h := w.Header()
	h.Set("Content-Security-Policy", rawPolicy)
	h.Set("Cache-Control", "private, no-cache") // to be asked about each time, which ETags make cheap
	h.Set("ETag", file.ETag)
	h.Set("Content-Type", contentType(file))
	if download {
		h.Set("Content-Disposition", attachment(path.Base(file.Path)))
	}
	p := patiently(w)
	defer p.done()
	http.ServeContent(p, r, "", file.Modified.Truncate(time.Second), file)
}

// shownTypes are what browsers can show without running it.
var shownTypes = map[string]string{
	".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif", ".webp": "image/webp",
	".avif": "image/avif", ".bmp": "image/bmp", ".ico": "image/x-icon", ".svg": "image/svg+xml", ".pdf": "application/pdf",
	".mp3": "audio/mpeg", ".wav": "audio/wav", ".ogg": "audio/ogg", ".flac": "audio/flac", ".mp4": "video/mp4", ".webm": "video/webm",
}

// contentType says what a file is. Text is plain text, whatever it is text of: a script or a page that
// an agent wrote is none of ours.
func contentType(file io.ReaderAt) string {
	if f, ok := file.(*workspace.File); ok {
		if known := shownTypes[strings.ToLower(path.Ext(f.Path))]; known != "" {
			return known
		}
	}
	var head [1024]byte
	n, _ := file.ReadAt(head[:], 0)
	if isText(head[:n], n == len(head)) {
		return "text/plain; charset=utf-8"
	}
	return "application/octet-stream"
}

// isText reports that a file begins like UTF-8 text; cut: its last character may be cut off.
func isText(head []byte, cut bool) bool {
	for len(head) > 0 {
		c, width := utf8.DecodeRune(head)
		if c == 0 || c == utf8.RuneError && width <= 1 && (!cut || utf8.FullRune(head)) {
			return false
		}
		head = head[width:]
	}
	return true
}

func describeRaw(o *huma.Operation) {
	o.Responses = map[string]*huma.Response{
		"200": {
			Description: "The file's bytes; HEAD is answered, too",
			Headers: map[string]*huma.Param{
				"ETag":          {Description: "For If-Match, If-None-Match and If-Range", Schema: &huma.Schema{Type: "string"}},
				"Last-Modified": {Schema: &huma.Schema{Type: "string"}},
			},
			Content: map[string]*huma.MediaType{"application/octet-stream": {Schema: &huma.Schema{Type: "string", Format: "binary"}}},
		},
		"206": {Description: "The part that was asked for with Range"},
		"304": {Description: "It is what If-None-Match says"},
	}
}
