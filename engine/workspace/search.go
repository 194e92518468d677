package workspace

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Query is what to search for.
type Query struct {
	Text    string
	Regex   bool   // Text is a regular expression, as Go's regexp package has it
	Case    bool   // capital and small letters differ
	Word    bool   // no letter, digit or underscore may come right before or after
	Include string // globs of files to search, even ignored ones, separated by commas; "" for all that is not ignored
	Exclude string // globs of files and folders to leave out, separated by commas
	Limit   int    // matches, after which the search ends
}

// Match is a line with matches, or as much of a long one as is around them.
type Match struct {
	Path   string
	Line   int // from 1
	Column int // of the first match, from 1, in UTF-16 code units as browsers count
	Text   string
	Ranges [][2]int // beginnings and ends of the matches in Text, in UTF-16 code units
}

// Found is what a search has found in all.
type Found struct {
	Matches   int
	Files     int    // with matches
	Truncated bool   // there may be more: the limit or the time was reached, or something was too large to be looked at
	Engine    string // "ripgrep" or "builtin"
}

// Bounds of a search. Files larger than maxSearched are left out, by either engine.
const (
	MaxQuery    = 1000 // characters of a query, and of its globs
	searchTime  = time.Minute
	maxSearched = 16 << 20
	maxLine     = 1 << 20 // bytes of a line that are looked at in one piece
)

// Check reports what is wrong with a query, as a *QueryError.
func (q Query) Check() error {
	_, err := newFinder(q)
	if err == nil {
		_, err = newGlobs(q)
	}
	return err
}

// errEnough ends a search that has found what was asked for.
var errEnough = errors.New("enough was found")

// Search looks for text in a workspace's files and passes on what it finds, file by file in the order of
// their paths. Files that ignore files name, that are binary (have a zero byte), and links are left out. Two
// searches run at once, others wait. It uses rg where run is given and can start it, and else its own walk,
// which finds the same.
func (f *Files) Search(ctx context.Context, q Query, run Runner, emit func(Match) error) (Found, error) {
	finder, err := newFinder(q)
	if err != nil {
		return Found{}, err
	}
	globs, err := newGlobs(q)
	if err != nil {
		return Found{}, err
	}
	leave, err := f.set.searches.enter(ctx)
	if err != nil {
		return Found{}, err
	}
	defer leave()
	late := errors.New("the search took too long")
	ctx, cancel := context.WithTimeoutCause(ctx, searchTime, late)
	defer cancel()
	r := &report{limit: q.Limit, emit: emit, found: Found{Engine: "builtin"}}
	err = errNoRipgrep
	if run != nil {
		err = f.ripgrep(ctx, q, finder, globs, run, r)
	}
	if errors.Is(err, errNoRipgrep) {
		err = f.builtin(ctx, finder, globs, r)
	}
	if errors.Is(err, errEnough) || err != nil && errors.Is(context.Cause(ctx), late) {
		r.found.Truncated, err = true, nil
	}
	return r.found, err
}

// QueryError says what is wrong with a query.
type QueryError struct {
	Field string // as the API calls it: q, include or exclude
	Why   string
}

func (e *QueryError) Error() string { return fmt.Sprintf("%s: %s", e.Field, e.Why) }
