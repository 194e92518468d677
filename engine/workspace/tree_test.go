package workspace

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

func TestList(t *testing.T) {
	r := newRig(t)
	for _, p := range []string{"b.txt", "A.txt", "a.txt", "src/x", "Zoo/x", ".git/HEAD", ".env"} {
		r.put(p, "12345")
	}
	r.link("../../outside", "link")
	r.ok(os.WriteFile(r.at("bad\xff"), nil, 0o600))
	l, err := r.List(within(t), ".")
	r.ok(err)
	var got []string
	for _, e := range l.Entries {
		got = append(got, fmt.Sprint(e.Kind, " ", e.Path, " ", e.Target))
	}
	want := []string{"dir .git ", "dir src ", "dir Zoo ", "file .env ", "file A.txt ", "file a.txt ", "file b.txt ", "other bad\uFFFD ", "symlink link ../../outside"}
	if !slices.Equal(got, want) || l.Truncated || l.Path != "." {
		t.Errorf("%q", got)
	}
	l, err = r.List(within(t), "src")
	if err != nil || len(l.Entries) != 1 || l.Entries[0].Path != "src/x" || l.Entries[0].Name != "x" || l.Entries[0].Size != 5 || l.Entries[0].Modified.IsZero() {
		t.Errorf("%+v, %v", l, err)
	}
}

func TestOfALargeFolderTheFirstAreListed(t *testing.T) {
	r := newRig(t)
	for i := range 50 {
		r.put(fmt.Sprintf("f%02d", i), "")
	}
	r.ok(os.Mkdir(r.at("z"), 0o700))
	for _, limit := range []int{1, 7, 25, 50, 51, 52} {
		first, more, err := r.first(within(t), ".", limit)
		r.ok(err)
		if len(first) != min(limit, 51) || more != (limit < 51) || first[0].Name() != "z" || limit > 1 && first[len(first)-1].Name() != fmt.Sprintf("f%02d", len(first)-2) {
			t.Errorf("limit %d: %v, more: %v", limit, first, more)
		}
	}
	ctx, cancel := context.WithCancel(within(t))
	cancel()
	if _, err := r.List(ctx, "."); !errors.Is(err, context.Canceled) {
		t.Errorf("a list that nobody wants: %v", err)
	}
}

func TestPaths(t *testing.T) {
	r := newRig(t)
	for _, p := range []string{"src/server/files.go", "src/server/file_server.go", "src/fs.go", "docs/filesystem.md", "test/f/s.txt", "README.md", "build/files.go", "a.log", "Ünï.txt", "src/ToolCall.svelte", "src/tools/all.go"} {
		r.put(p, "")
	}
	r.put(".gitignore", "build/\n*.log\n")
	for _, c := range []struct {
		query string
		best  string
		all   int
	}{
		{"fs", "src/fs.go", 5}, {"files", "src/server/files.go", 3}, {"FILES.GO", "src/server/files.go", 2}, {"readme", "README.md", 1},
		{"tc", "src/ToolCall.svelte", 1}, {"al", "src/tools/all.go", 2}, {"ünï", "Ünï.txt", 1}, {"a.log", "", 0}, {"", "", 10}, {"src files", "src/server/files.go", 2}, {"nope", "", 0},
	} {
		paths, truncated, err := r.Paths(within(t), c.query, 50)
		r.ok(err)
		if len(paths) != c.all || truncated || c.all > 0 && paths[0] != c.best && c.query != "" {
			t.Errorf("%q: %q", c.query, paths)
		}
		if c.all > 1 {
			first, truncated, err := r.Paths(within(t), c.query, 1)
			if err != nil || !truncated || len(first) != 1 || first[0] != paths[0] {
				t.Errorf("%q, the first: %q, truncated %v, %v", c.query, first, truncated, err)
			}
		}
	}
}

func TestScoreIsTheBestOfAllWays(t *testing.T) {
	for _, c := range []struct{ query, better, worse string }{
		{"ab", "x/ab", "x/a1b"}, {"ab", "a/b", "xaxxb"}, {"foo", "foo.go", "foo/x.go"}, {"tc", "ToolCall", "atomic"}, {"abc", "a/abc", "abxc/abc/xxxxxx"},
	} {
		a, okA := score([]rune(c.query), c.better)
		b, okB := score([]rune(c.query), c.worse)
		if !okA || !okB || a <= b {
			t.Errorf("%s: %s has %d, %s has %d", c.query, c.better, a, c.worse, b)
		}
	}
}

func FuzzScore(f *testing.F) {
	f.Add("fo", "src/Foo.go")
	f.Fuzz(func(t *testing.T, query, path string) {
		q := []rune(strings.ToLower(query))
		if _, ok := score(q, path); ok != subsequence(q, path) {
			t.Error("a score for what does not fit")
		}
	})
}

func BenchmarkPaths(b *testing.B) {
	r := newRig(b)
	for i := range 20_000 {
		r.put(fmt.Sprintf("package%d/source%d/component_%d.svelte", i%20, i%200, i), "")
	}
	for b.Loop() {
		if _, _, err := r.Paths(within(b), "comp199", 50); err != nil {
			b.Fatal(err)
		}
	}
}
