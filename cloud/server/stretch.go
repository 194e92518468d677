package server

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// A transfer may be of any length and take any time, as long as it gets on.
const (
	uploadPatience   = time.Minute      // for the next bytes
	downloadPatience = 30 * time.Second // for a piece to be taken in
	piece            = 1 << 20
)

// Upload is a request's body, as it comes. (It is exported for huma, which fills it in.)
type Upload struct {
	body io.Reader
	size int64 // -1 when the client did not tell
}

// Resolve is called by huma.
func (u *Upload) Resolve(c huma.Context) []error {
	r, w := humago.Unwrap(c)
	u.body, u.size = &patientBody{r.Body, http.NewResponseController(w)}, r.ContentLength
	return nil
}

// patientBody waits for bytes, but not for ever.
type patientBody struct {
	io.Reader
	conn *http.ResponseController
}

func (p *patientBody) Read(b []byte) (int, error) {
	_ = p.conn.SetReadDeadline(time.Now().Add(uploadPatience)) // where there is none, the client's system has to notice
	n, err := p.Reader.Read(b)
	if err == nil {
		return n, nil
	}
	_ = p.conn.SetReadDeadline(time.Time{})
	if !errors.Is(err, io.EOF) {
		err = newProblem(http.StatusBadRequest, "the upload broke off: nothing was changed")
	}
	return n, err
}

// patientWriter waits for a client that takes in what it is sent, but not for ever.
type patientWriter struct {
	http.ResponseWriter
	conn *http.ResponseController
}

func patiently(w http.ResponseWriter) *patientWriter {
	return &patientWriter{w, http.NewResponseController(w)}
}

// Unwrap is called by http.ResponseController.
func (p *patientWriter) Unwrap() http.ResponseWriter { return p.ResponseWriter }

func (p *patientWriter) Write(b []byte) (n int, err error) {
	for len(b) > 0 && err == nil {
		p.wind()
		var m int
		m, err = p.ResponseWriter.Write(b[:min(len(b), piece)])
		n, b = n+m, b[m:]
	}
	return n, err
}

// ReadFrom leaves files to the system, which sends them without copying.
func (p *patientWriter) ReadFrom(r io.Reader) (n int64, err error) {
	for {
		p.wind()
		m, err := io.CopyN(p.ResponseWriter, r, piece)
		n += m
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, err
		}
	}
}

func (p *patientWriter) wind() { _ = p.conn.SetWriteDeadline(time.Now().Add(downloadPatience)) }

// done ends the waiting: what the connection is used for next has its own.
func (p *patientWriter) done() { _ = p.conn.SetWriteDeadline(time.Time{}) }

// attachment is the header for what is to be saved as a file.
func attachment(name string) string {
	return mime.FormatMediaType("attachment", map[string]string{"filename": name})
}
