package workspace

import (
	"cmp"
	"container/heap"
	"context"
	"errors"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Bounds of a look for paths.
const (
	maxPathsSeen = 200_000
	pathsTime    = 3 * time.Second
	// MaxPathQuery is the longest text that paths are looked for by, in bytes.
	MaxPathQuery = 200
)

// Paths are the files whose paths have the characters of a query in this order, without regard to case: at
// most limit, best first. Those at the beginnings of names and next to each other are best, and short paths.
// What ignore files name is left out. truncated: there are more, or not all were looked at.
func (f *Files) Paths(ctx context.Context, query string, limit int) (paths []string, truncated bool, err error) {
	leave, err := f.set.lookups.enter(ctx)
	if err != nil {
		return nil, false, err
	}
	defer leave()
	best := ranking{limit: limit}
	q := []rune(strings.ToLower(strings.ReplaceAll(query, " ", "")))
	seen := 0
	stop := errors.New("enough")
	ctx, cancel := context.WithTimeoutCause(ctx, pathsTime, stop)
	defer cancel()
	w := walk{files: f, visit: func(p string, r *rules) error {
		if seen++; seen > maxPathsSeen {
			return stop
		}
		if !utf8.ValidString(p) {
			return nil
		}
		if score, ok := score(q, p); ok && !r.ignores(p, false) {
			best.offer(ranked{strings.Clone(p), score})
		}
		return nil
	}}
	err = w.run(ctx)
	switch {
	case errors.Is(err, stop), err != nil && errors.Is(context.Cause(ctx), stop):
		w.truncated = true
	case err != nil:
		return nil, false, err
	}
	return best.list(), w.truncated || best.dropped, nil
}

// What a character of a path is worth where it stands.
const (
	worthChar  = 1
	worthNext  = 8 // right after the one before it
	worthStart = 7 // first of a name or a word
	worthBase  = 3 // in the last name
	worthEnd   = 3 // the query's last, when a word ends with it
)

// separators stand between words.
const separators = "/._- "

// score says whether a path has the characters of a query, in small letters, and how well. It is the best of
// all ways to find them.
func score(query []rune, p string) (best int, ok bool) {
	if !subsequence(query, p) {
		return 0, false
	}
	const none = -1 << 20
	base := strings.LastIndexByte(p, '/')
	// ends[i]: of the first i characters, with the last of them at the place before; most[i]: at or before it.
	ends, most := make([]int, len(query)+1), make([]int, len(query)+1)
	for i := range most {
		ends[i], most[i] = none, none
	}
	most[0] = 0
	before := '/'
	for at, c := range p {
		worth := worthChar
		if starts(before, c) {
			worth += worthStart
		}
		if at > base {
			worth += worthBase
		}
		for i := len(query); i >= 1; i-- {
			end := none
			if unicode.ToLower(c) == query[i-1] {
				end = max(most[i-1], ends[i-1]+worthNext) + worth
				if i == len(query) && endsWord(p[at+utf8.RuneLen(c):]) {
					end += worthEnd
				}
			}
			ends[i] = end
		}
		for i := range most {
			most[i] = max(most[i], ends[i])
		}
		ends[0] = none
		before = c
	}
	return most[len(query)]*4 - len(p), true
}

func subsequence(query []rune, p string) bool {
	for _, c := range p {
		if len(query) > 0 && unicode.ToLower(c) == query[0] {
			query = query[1:]
		}
	}
	return len(query) == 0
}

// starts reports that a character begins a name or a word.
func starts(before, c rune) bool {
	return strings.ContainsRune(separators, before) || unicode.IsLower(before) && unicode.IsUpper(c)
}

// endsWord reports that a word ends before the rest of a path.
func endsWord(rest string) bool { return rest == "" || strings.ContainsRune(separators, rune(rest[0])) }

type ranked struct {
	path  string
	score int
}

// ranking keeps the best, as a heap whose first is the worst of them.
type ranking struct {
	limit   int
	kept    []ranked
	dropped bool
}

func (r *ranking) offer(one ranked) {
	switch {
	case len(r.kept) < r.limit:
		heap.Push(r, one)
	case r.limit > 0 && compareRanked(one, r.kept[0]) < 0:
		r.kept[0], r.dropped = one, true
		heap.Fix(r, 0)
	default:
		r.dropped = true
	}
}

func compareRanked(a, b ranked) int {
	return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.path, b.path))
}

// list empties the ranking.
func (r *ranking) list() []string {
	paths := make([]string, len(r.kept))
	for i := len(paths) - 1; i >= 0; i-- {
		paths[i] = heap.Pop(r).(ranked).path
	}
	return paths
}

func (r *ranking) Len() int           { return len(r.kept) }
func (r *ranking) Less(i, j int) bool { return compareRanked(r.kept[i], r.kept[j]) > 0 }
func (r *ranking) Swap(i, j int)      { r.kept[i], r.kept[j] = r.kept[j], r.kept[i] }

// Push implements heap.Interface.
func (r *ranking) Push(x any) { r.kept = append(r.kept, x.(ranked)) }

// Pop implements heap.Interface.
func (r *ranking) Pop() any {
	last := r.kept[len(r.kept)-1]
	r.kept = r.kept[:len(r.kept)-1]
	return last
}
