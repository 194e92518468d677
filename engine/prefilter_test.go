package engine

import (
	"encoding/json"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
)

// What the prefilter passes over holds no match: tried with texts that are cut out of others.
func TestThePrefilterPassesOverNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 5))
	alphabet := []string{"a", "B", "z", "Z", "q", "9", "-", " ", "ä", "<", "\"", "\n", "e"}
	text := func(n int) string {
		var b strings.Builder
		for range n {
			b.WriteString(alphabet[r.IntN(len(alphabet))])
		}
		return b.String()
	}
	passed := 0
	for range 20_000 {
		all := text(40)
		query := text(1 + r.IntN(4))
		raw, err := json.Marshal(map[string]string{"text": all})
		if err != nil {
			t.Fatal(err)
		}
		holds := regexp.MustCompile(`(?i)` + regexp.QuoteMeta(query)).MatchString(all)
		may := newPrefilter(query).mayHold(raw)
		if holds && !may {
			t.Fatalf("%q is in %q and was passed over", query, all)
		}
		if !may {
			passed++
		}
	}
	if passed == 0 {
		t.Error("nothing was passed over")
	}
	if !newPrefilter("cab").mayHold([]byte(`{"text":"c\u0061b"}`)) {
		t.Error("a letter that is escaped was passed over")
	}
}
