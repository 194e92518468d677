package memory

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// cgroupMeter measures the cgroup whose limit binds.
type cgroupMeter struct {
	cgroupVersion
	dir       string
	limit     int64
	usageFile *os.File
	statFile  *os.File
	kmemFile  *os.File // nil where there is none, or we may not read it
	hitsFile  *os.File // the same
	fields    []statField
	buf       [8 << 10]byte
}

// openCgroup opens the meter of the group that has the tightest limit.
func openCgroup(o Options, v cgroupVersion) (*cgroupMeter, error) {
	dir, limit, err := findLimit(o, v)
	if err != nil {
		return nil, err
	}
	m := &cgroupMeter{cgroupVersion: v, dir: dir, limit: limit, fields: v.stat.fields()}
	if m.usageFile, err = os.Open(filepath.Join(dir, v.usage)); err != nil {
		return nil, fmt.Errorf("%s: %w", v.name, err)
	}
	if m.statFile, err = os.Open(filepath.Join(dir, "memory.stat")); err != nil {
		m.usageFile.Close()
		return nil, fmt.Errorf("%s: %w", v.name, err)
	}
	if v.kmem != "" {
		m.kmemFile, _ = os.Open(filepath.Join(dir, v.kmem))
	}
	m.hitsFile, _ = os.Open(filepath.Join(dir, v.hits))
	return m, nil
}

// Read implements Meter.
func (m *cgroupMeter) Read(r *Reading) error {
	usage, err := m.number(m.usageFile)
	if err != nil {
		return err
	}
	stat, err := m.pread(m.statFile)
	if err != nil {
		return err
	}
	*r = Reading{}
	parseMemoryStat(stat, m.fields, r)
	r.settle(usage)
	r.Hits = m.countHits()
	return nil
}

// countHits reads memory.failcnt, or the line "max" of memory.events.
func (m *cgroupMeter) countHits() int64 {
	if m.hitsFile == nil {
		return 0
	}
	text, err := m.pread(m.hitsFile)
	if err != nil {
		return 0
	}
	if _, after, found := bytes.Cut(text, []byte("max ")); found {
		text, _, _ = bytes.Cut(after, []byte("\n"))
	}
	n, _ := number(bytes.TrimSpace(text))
	return n
}

func (m *cgroupMeter) detail(r *Reading) (err error) {
	if m.kmemFile != nil {
		r.Kernel, err = m.number(m.kmemFile)
	}
	return err
}

// number reads a file that holds one number.
func (m *cgroupMeter) number(f *os.File) (int64, error) {
	text, err := m.pread(f)
	if err != nil {
		return 0, err
	}
	n, ok := number(bytes.TrimSpace(text))
	if !ok {
		return 0, fmt.Errorf("%s: %s holds no number", m.name, filepath.Base(f.Name()))
	}
	return n, nil
}

func (m *cgroupMeter) pread(f *os.File) ([]byte, error) {
	n, err := f.ReadAt(m.buf[:], 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: %w", m.name, err)
	}
	return m.buf[:n], nil
}

// Source implements Meter.
func (m *cgroupMeter) Source() string { return m.name }

// Limit implements Meter.
func (m *cgroupMeter) Limit() int64 { return m.limit }

// Close implements Meter.
func (m *cgroupMeter) Close() error {
	err := errors.Join(m.usageFile.Close(), m.statFile.Close())
	for _, f := range []*os.File{m.kmemFile, m.hitsFile} {
		if f != nil {
			err = errors.Join(err, f.Close())
		}
	}
	return err
}
