package session

import (
	"fmt"
	"math/big"

	"github.com/cockroachdb/pebble"
	"github.com/cockroachdb/pebble/sstable"
	"github.com/cockroachdb/pebble/vfs"
)

// pickMerger has a table opened whatever merger it was written with.
type pickMerger = sstable.Mergers

// table takes what a table holds; where a block cannot be read it goes on behind it.
func (h *heap) table(files vfs.FS, path string, l *Loss) (err error) {
	name := files.PathBase(path)
	var failed error // of the heap: that ends everything
	defer func() {
		if r := recover(); r != nil {
			l.add("%s could not be read to its end: %v", name, r)
			err = failed
		}
	}()
	r, bad := openTable(files, path)
	if bad != nil {
		size := int64(0)
		if info, err := files.Stat(path); err == nil {
			size = info.Size()
		}
		l.add("%s, a table of %d KB, could not be read: %v", name, size>>10, bad)
		return nil
	}
	defer func() { _ = r.Close() }()
	if bad := h.rangesOf(r); bad != nil {
		l.add("what %s says of deletions could not be read: %v", name, bad)
	}
	t := tableReader{table: r, take: func(k *pebble.InternalKey, value []byte) {
		if failed == nil {
			failed = h.take(k.Kind(), k.UserKey, value, k.SeqNum())
		}
	}}
	for _, gap := range t.readAll() {
		l.add("%s is broken %s", name, gap)
	}
	return failed
}

func (h *heap) rangesOf(r *sstable.Reader) error {
	it, err := r.NewRawRangeDelIter()
	if err != nil || it == nil {
		return err
	}
	defer func() { _ = it.Close() }()
	for span := it.First(); span != nil; span = it.Next() {
		for _, k := range span.Keys {
			h.ranges = append(h.ranges, rangeDeletion{string(span.Start), string(span.End), k.SeqNum()})
		}
	}
	return it.Error()
}

// tableReader reads a table in which blocks may be broken.
type tableReader struct {
	table *sstable.Reader
	take  func(k *pebble.InternalKey, value []byte)
}

// readAll reads from the beginning to the end, and says what it had to leave out.
func (t tableReader) readAll() (gaps []string) {
	from := []byte{}
	for {
		last, err := t.readFrom(from)
		if err == nil {
			return gaps
		}
		next := t.resume(last)
		if next == nil {
			return append(gaps, fmt.Sprintf("behind %q: %v", last, err))
		}
		gaps = append(gaps, fmt.Sprintf("between %q and %q: %v", last, next, err))
		from = next
	}
}

// readFrom reads from a key to the end or to where it breaks, and returns the last key that was read.
func (t tableReader) readFrom(from []byte) (last []byte, err error) {
	last = from
	it, err := t.table.NewIter(nil, nil)
	if err != nil {
		return last, err
	}
	defer func() { _ = it.Close() }()
	for k, v := it.SeekGE(from, 0); k != nil; k, v = it.Next() {
		value, _, err := v.Value(nil)
		if err != nil {
			return last, err
		}
		t.take(k, value)
		last = append([]byte(nil), k.UserKey...)
	}
	return last, it.Error()
}

// keyBits is how much of a key counts when the end of what is broken is looked for.
const keyBits = 8 * 64

// resume finds the first key behind a broken place, nil when there is none. Where a block ends is only known
// by trying: keys are taken as numbers, ever larger ones are tried until one can be found, and then the
// smallest such.
func (t tableReader) resume(broken []byte) []byte {
	low := number(broken)
	high := new(big.Int)
	var found []byte
	for step := 0; step < keyBits && found == nil; step++ {
		high.Add(low, new(big.Int).Lsh(big.NewInt(1), uint(step)))
		if high.BitLen() > keyBits {
			return nil
		}
		found = t.probe(high)
	}
	if found == nil {
		return nil
	}
	for one := big.NewInt(1); new(big.Int).Sub(high, low).Cmp(one) > 0; {
		middle := new(big.Int).Add(low, high)
		middle.Rsh(middle, 1)
		if key := t.probe(middle); key != nil {
			high, found = middle, key
		} else {
			low = middle
		}
	}
	return found
}

// probe returns the first key at or behind a number, nil when that cannot be read or there is none.
func (t tableReader) probe(n *big.Int) []byte {
	it, err := t.table.NewIter(nil, nil)
	if err != nil {
		return nil
	}
	defer func() { _ = it.Close() }()
	k, _ := it.SeekGE(n.FillBytes(make([]byte, keyBits/8)), 0)
	if k == nil {
		return nil
	}
	return append([]byte(nil), k.UserKey...)
}

func number(key []byte) *big.Int {
	padded := make([]byte, keyBits/8)
	copy(padded, key)
	return new(big.Int).SetBytes(padded)
}
