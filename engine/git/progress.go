package git

import (
	"strconv"
	"strings"
)

// Progress is how far a clone is.
type Progress struct {
	Phase   string `json:"phase"`   // in a word or two
	Percent int    `json:"percent"` // of the phase, 0 to 100
	Detail  string `json:"detail"`  // what git says, such as "450 of 1000, 12.00 MiB"
}

// Phases that git does not tell of.
const (
	phaseWaiting    = "waiting"
	phaseConnecting = "connecting"
)

// phases are git's words for what it does, in the order in which it does it.
var phases = []struct{ said, phase string }{
	{"remote: Enumerating objects", "counting"},
	{"remote: Counting objects", "counting"},
	{"remote: Compressing objects", "compressing"},
	{"Receiving objects", "receiving"},
	{"Resolving deltas", "unpacking"},
	{"Updating files", "writing files"},
	{"Filtering content", "filtering files"},
}

// parseProgress finds the last line of progress, such as
// "Receiving objects:  45% (450/1000), 12.00 MiB | 3.00 MiB/s".
func parseProgress(stderr string) (p Progress, ok bool) {
	for line := range strings.FieldsFuncSeq(stderr, func(r rune) bool { return r == '\r' || r == '\n' }) {
		for _, known := range phases {
			if rest, found := strings.CutPrefix(line, known.said+":"); found {
				p, ok = Progress{Phase: known.phase}, true
				p.read(rest)
			}
		}
	}
	return p, ok
}

func (p *Progress) read(rest string) {
	rest = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "done."))
	if percent, after, found := strings.Cut(rest, "%"); found {
		n, err := strconv.Atoi(strings.TrimSpace(percent))
		if err != nil {
			return
		}
		p.Percent, rest = min(max(n, 0), 100), after
	}
	rest = strings.NewReplacer("/s", "/s", "(", "", ")", "", "/", " of ", " | ", ", ").Replace(strings.TrimSpace(rest))
	p.Detail = clean(strings.TrimSuffix(strings.TrimSpace(rest), ","))
}
