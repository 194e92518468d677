package session

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"strconv"
	"strings"

	"github.com/cockroachdb/pebble/vfs"
)

// Pebble's log, as its package record describes it: blocks of 32 KB with chunks in them that do not cross
// their borders, each with checksum, length, type and number of the log; a record is a chunk, or several.
// Pebble's own reader ends at the first chunk that is broken. This one goes on behind it.
const (
	logBlock       = 32 << 10
	chunkHeader    = 4 + 2 + 1 + 4
	logHeader      = 12 // of a batch
	chunkFull      = 5
	chunkFirst     = 6
	chunkMiddle    = 7
	chunkLast      = 8
	maxRecordBytes = 256 << 20
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// scanLog visits the records of a log in order, and where something is broken once for each such place,
// with a nil record. A record is valid until the next visit.
func scanLog(files vfs.FS, path string, visit func(offset int64, record []byte) error) error {
	name := files.PathBase(path)
	number, err := strconv.ParseUint(strings.TrimSuffix(name, ".log"), 10, 64)
	if err != nil {
		return fmt.Errorf("%s is not the name of a log", name)
	}
	f, err := files.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	s := logScan{number: uint32(number), visit: visit}
	block := make([]byte, logBlock)
	for {
		n, err := io.ReadFull(f, block)
		if n > 0 {
			if err := s.block(block[:n]); err != nil {
				return err
			}
		}
		if err == io.EOF || err == io.ErrUnexpectedEOF { //nolint:errorlint // ReadFull gives them bare
			return nil
		}
		if err != nil {
			return err
		}
		s.offset += int64(n)
	}
}

type logScan struct {
	number uint32
	visit  func(int64, []byte) error

	offset int64 // of the block
	record []byte
	begun  bool // record is the beginning of one
	broken bool // the present place was reported
}

func (s *logScan) block(b []byte) error {
	for at := 0; at+chunkHeader <= len(b); {
		kind, data, ok := s.chunk(b[at:])
		if !ok {
			if err := s.lose(at); err != nil {
				return err
			}
			at++
			continue
		}
		s.broken = false
		if err := s.add(at, kind, data); err != nil {
			return err
		}
		at += chunkHeader + len(data)
	}
	return nil
}

// chunk reads one if there is one.
func (s *logScan) chunk(b []byte) (kind byte, data []byte, ok bool) {
	kind, length := b[6], int(binary.LittleEndian.Uint16(b[4:]))
	if kind < chunkFull || kind > chunkLast || binary.LittleEndian.Uint32(b[7:]) != s.number || chunkHeader+length > len(b) {
		return 0, nil, false
	}
	sum := crc32.Checksum(b[6:chunkHeader+length], castagnoli)
	if (sum>>15|sum<<17)+0xa282ead8 != binary.LittleEndian.Uint32(b) {
		return 0, nil, false
	}
	return kind, b[chunkHeader : chunkHeader+length], true
}

// lose reports a place where something is broken, once.
func (s *logScan) lose(at int) error {
	s.begun = false
	if s.broken {
		return nil
	}
	s.broken = true
	return s.visit(s.offset+int64(at), nil)
}

func (s *logScan) add(at int, kind byte, data []byte) error {
	first := kind == chunkFull || kind == chunkFirst
	if first == s.begun { // a record without an end, or an end without a beginning
		if err := s.lose(at); err != nil {
			return err
		}
		s.broken = false
		if !first {
			return nil
		}
	}
	if first {
		s.record = s.record[:0]
	}
	s.record = append(s.record, data...)
	if s.begun = kind == chunkFirst || kind == chunkMiddle; s.begun {
		return nil
	}
	return s.visit(s.offset+int64(at), s.record)
}
