package trace

import (
	"io"
	"time"

	"coder1/engine/governor"

	"github.com/klauspost/compress/zstd"
)

// Writer writes a whole recording, of something that was simulated. Names are written as they are: no user
// has typed them.
type Writer struct {
	encoder *Encoder
	pack    *zstd.Encoder
	line    []byte
	err     error
}

// NewWriter begins a recording. Close ends it.
func NewWriter(out io.Writer, h Head) (*Writer, error) {
	pack, err := zstd.NewWriter(out, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(windowBytes))
	if err != nil {
		return nil, err
	}
	w := &Writer{encoder: NewEncoder(""), pack: pack}
	w.write(w.encoder.AppendHead(w.line[:0], h))
	return w, nil
}

// Step records an input of the governor and what it decided. Close tells whether that failed.
func (w *Writer) Step(at time.Duration, ev governor.Event, out []governor.Decision) {
	w.write(w.encoder.AppendStep(w.line[:0], at, ev, out))
}

// Close ends the recording, which says how: Closed or Died.
func (w *Writer) Close(how string) error {
	w.write(w.encoder.AppendEnd(w.line[:0], how))
	if err := w.pack.Close(); w.err == nil {
		w.err = err
	}
	return w.err
}

func (w *Writer) write(lines []byte) {
	w.line = lines
	if w.err == nil {
		_, w.err = w.pack.Write(lines)
	}
}
