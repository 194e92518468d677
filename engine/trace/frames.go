package trace

import (
	"bytes"
	"errors"
	"iter"

	"github.com/klauspost/compress/zstd"
)

// A zstd file is a row of frames, and a frame a header and a row of blocks. Where one ends is written in the
// headers only, so that a damaged file is looked through for the next header.

// frame is a part of a file.
type frame struct {
	offset int
	data   []byte
	whole  bool // it ends as frames do
	blocks int  // bytes of it up to the end of the last whole block
}

var magic = []byte{0x28, 0xb5, 0x2f, 0xfd}

// frames finds the frames of a file, and between them whatever is none as a frame that is not whole.
func frames(data []byte) iter.Seq[frame] {
	return func(yield func(frame) bool) {
		for at := 0; at < len(data); {
			f := frameAt(data, at)
			if !yield(f) {
				return
			}
			at += len(f.data)
		}
	}
}

// frameAt finds out how far the frame at an offset goes: to its last block, or to the next frame.
func frameAt(data []byte, at int) frame {
	rest := data[at:]
	f := frame{offset: at}
	size, whole := walk(rest, &f.blocks)
	if !whole {
		size = len(rest)
		if next := bytes.Index(rest[min(1, len(rest)):], magic); next >= 0 {
			size = next + 1
		}
		f.blocks = min(f.blocks, size)
	}
	f.data, f.whole = rest[:size], whole
	return f
}

// walk goes from block to block. It returns how long the frame is and whether it ends as it should; blocks is
// set to the end of the last whole block.
func walk(data []byte, blocks *int) (size int, whole bool) {
	var h zstd.Header
	if err := h.Decode(data); err != nil {
		return 0, false
	}
	if h.Skippable {
		size = h.HeaderSize + int(h.SkippableSize)
		*blocks = min(size, len(data))
		return size, size <= len(data)
	}
	for at := h.HeaderSize; at+3 <= len(data); {
		head := int(data[at]) | int(data[at+1])<<8 | int(data[at+2])<<16
		last, kind, length := head&1 == 1, head>>1&3, head>>3
		if kind == 1 { // one byte, repeated
			length = 1
		}
		at += 3 + length
		if kind == 3 || length > maxBlock || at > len(data) {
			return 0, false
		}
		*blocks = at
		if last {
			if h.HasCheckSum {
				at += 4
			}
			return at, at <= len(data)
		}
	}
	return 0, false
}

const maxBlock = 128 << 10

// endMark is an empty last block: put after a whole block, it ends a frame without a checksum.
var endMark = []byte{1, 0, 0}

// decompress makes the decoder that all frames of a file are read with.
func decompress() (*zstd.Decoder, error) {
	return zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
}

// maxWindow is what a file may ask of its reader's memory. The recorder's own window is 64 KB; zstd's own
// default, with which people may have packed a file anew, is 8 MB at most levels.
const maxWindow = 8 << 20

var errNotWhole = errors.New("it breaks off, as when the server is killed")
