package workspace

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"strings"
	"time"
)

// An ETag is made of a file's number on disk, its size and the time of its last change. Times stand still
// for a tick of the kernel (up to 10 ms): a file changed twice within one tick, to the same size, could have
// one ETag for two contents. So no ETag is given out before the tick of the last change is over: any later
// change then has a later time. (A program that sets a file's time back to the nanosecond is not noticed.)

// settlePatience is how many ticks to wait for a file that keeps changing.
const settlePatience = 4

// etagOf makes the ETag of a file whose last change is settled.
func etagOf(info fs.FileInfo) string {
	return fmt.Sprintf(`"%x-%x-%x"`, inode(info), info.Size(), info.ModTime().UnixNano())
}

// settled waits until a file's ETag can be relied on, and returns what the file is then. A file that
// changes all the time gets an ETag that no file will ever have.
func settled(file *os.File) (fs.FileInfo, string, error) {
	for try := 0; ; try++ {
		info, err := file.Stat()
		if err != nil {
			return nil, "", err
		}
		if info.ModTime().Before(tick()) {
			return info, etagOf(info), nil
		}
		if try == settlePatience {
			return info, fmt.Sprintf(`"changing-%x"`, rand.Uint64()), nil
		}
		awaitTick(info.ModTime())
	}
}

// awaitTick waits until changes made from now on have a later time than this one, which is hardly later
// than now. A time in the future is not waited for.
func awaitTick(t time.Time) {
	const longest = 20 * time.Millisecond
	for begin := time.Now(); !t.Before(tick()) && time.Since(begin) < longest; {
		time.Sleep(time.Millisecond)
	}
}

// Condition is what must be so for a file to be changed. The zero Condition is always met.
type Condition struct {
	Match  string // as If-Match has it: ETags, or "*" for any file; "" for no condition
	Absent bool   // as If-None-Match: * has it: there must be no file
}

// met checks the condition against the file there is now; etag is "" when there is none.
func (c Condition) met(path, etag string) error {
	switch {
	case c.Absent && etag != "":
		return &ChangedError{Path: path, ETag: etag}
	case c.Match == "", c.Match == "*" && etag != "":
		return nil
	}
	for one := range strings.SplitSeq(c.Match, ",") {
		if etag != "" && strings.TrimSpace(one) == etag {
			return nil
		}
	}
	return &ChangedError{Path: path, ETag: etag}
}
