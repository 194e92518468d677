package ignore

import (
	"bytes"
	"math/rand/v2"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

// git answers which of a tree's paths git itself ignores.
type git struct {
	t     *testing.T
	dir   string
	paths []entry
}

type entry struct {
	path     string
	isFolder bool
}

var names = []string{"a", "b", "ab", "foo", "foo.log", "aab", "x.log", "f", "*", "]", "[", "foo ", "#x", "!x", "cb", "axb", "a[", "Ab", "ü", "-"}

// newGit makes a repository with a tree of odd names.
func newGit(t *testing.T) *git {
	t.Helper()
	g := &git{t: t, dir: t.TempDir()}
	if out, err := exec.Command("git", "init", "-q", g.dir).CombinedOutput(); err != nil {
		t.Fatalf("git, which these rules are held to, cannot be run: %v %s", err, out)
	}
	random := rand.New(rand.NewPCG(7, 7))
	var grow func(folder string, depth int)
	grow = func(folder string, depth int) {
		for _, n := range names {
			p := path.Join(folder, n)
			isFolder := depth < 2 && random.IntN(3) == 0
			g.paths = append(g.paths, entry{p, isFolder})
			if !isFolder {
				must(t, os.WriteFile(filepath.Join(g.dir, p), nil, 0o600))
				continue
			}
			must(t, os.Mkdir(filepath.Join(g.dir, p), 0o700))
			grow(p, depth+1)
		}
	}
	grow("", 0)
	return g
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (g *git) ignored(rules string) map[string]bool {
	g.t.Helper()
	must(g.t, os.WriteFile(filepath.Join(g.dir, ".gitignore"), []byte(rules), 0o600))
	var in bytes.Buffer
	for _, e := range g.paths {
		in.WriteString(e.path + "\x00")
	}
	c := exec.Command("git", "-C", g.dir, "-c", "core.excludesFile=/dev/null", "check-ignore", "-z", "--stdin", "--no-index")
	c.Stdin = &in
	out, err := c.Output()
	if err != nil && c.ProcessState.ExitCode() != 1 { // 1: nothing is ignored
		g.t.Fatal(err)
	}
	set := map[string]bool{}
	for p := range strings.SplitSeq(string(out), "\x00") {
		set[p] = true
	}
	return set
}

// check compares every path of the tree, from the top down as a walk would.
func (g *git) check(rules string) {
	g.t.Helper()
	want, ours := g.ignored(rules), map[string]bool{}
	r := Parse([]byte(rules))
	for _, e := range g.paths { // folders come before what is in them
		ignored, _ := r.Match(e.path, e.isFolder)
		ours[e.path] = ignored || ours[path.Dir(e.path)]
		if ours[e.path] != want[e.path] {
			g.t.Errorf("rules %q: ignored(%q, folder %v) = %v; git says %v", rules, e.path, e.isFolder, ours[e.path], want[e.path])
			return
		}
	}
}

func TestHardPatternsAreReadAsGitReadsThem(t *testing.T) {
	g := newGit(t)
	for _, rules := range []string{
		"", "#a", "\\#x", "!a", "\\!x", "a", "/a", "a/", "/a/", "a/b", "/a/b", "a/b/", "a//b", "//a", "/", "//", "!", "!/",
		"*", "/*", "*/", "/*/", "**", "/**", "**/", "**/a", "a/**", "a/**/b", "**/a/**", "a/**/", "***", "a/***/b", "a**b", "a**/b", "/a**/b", "**a",
		"*.log", "/*.log", "a/*.log", "**/*.log", "f*", "f*o", "?", "??", "a?", "a/?", "?/?",
		"[ab]", "[!a]", "[^a]", "[a-c]b", "[]]", "[]-a]", "[!]a]", "[a-]", "[-a]", "[a", "a[", "a\\[", "[[:alpha:]]", "[[:nope:]]", "[[:alpha:]", "[\\]]", "[a\\-c]", "[/]", "a[/]b", "[[:upper:]]b", "[c-a]b", "[a-[:digit:]]",
		"foo ", "foo\\ ", "foo\\  ", "foo\t", " a", "\\a", "a\\", "\\", "\\*", "\\\\", "ü", "[ü]", "?\xbc", "a\r\nb", "\xef\xbb\xbfa",
		"foo/**\n!foo/a", "*\n!a", "*\n!*/\n!*.log", "/*\n!/a", "*.log\n!foo.log", "a\n!a/b", "!a\na", "a/\n!a/", "*.log\n!a/", "/a/*\n!/a/b/", "a/*\n!a/ab\na/ab/foo.log", "f*o/?/\n!*/",
		strings.Repeat("*a", 30) + "b", strings.Repeat("**/a/", 20) + "b",
	} {
		g.check(rules)
		g.check(rules + "\n")
	}
}

func TestRandomPatternsAreReadAsGitReadsThem(t *testing.T) {
	g := newGit(t)
	parts := []string{"a", "b", "ab", "foo", "foo.log", "*", "?", "**", "*.log", "a*", "*b", "[ab]", "[!a]", "f*o", "\\a", "***", "**a", "a**", "a**b",
		"[a-c]b", "\\*", "[]]", "[", "a[", "foo ", "foo\\ ", "#x", "\\#x", "\\!x", "!x", "[[:alpha:]]", "x\\", "{a,b}", "Ab", "", "ü"}
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	for range 200 {
		var rules strings.Builder
		for range 1 + random.IntN(3) {
			rules.WriteString([]string{"", "", "", "!"}[random.IntN(4)] + []string{"", "", "/"}[random.IntN(3)])
			for i := range 1 + random.IntN(3) {
				rules.WriteString([]string{"", "/"}[min(i, 1)] + parts[random.IntN(len(parts))])
			}
			rules.WriteString([]string{"", "", "/"}[random.IntN(3)] + "\n")
		}
		g.check(rules.String())
	}
	if t.Failed() {
		t.Logf("seed %d", seed)
	}
}

func TestNamedToBeKept(t *testing.T) {
	r := Parse([]byte("*.log\n!keep.log\n"))
	for _, c := range []struct {
		path           string
		ignored, named bool
	}{{"a.log", true, true}, {"x/keep.log", false, true}, {"a.txt", false, false}} {
		if ignored, named := r.Match(c.path, false); ignored != c.ignored || named != c.named {
			t.Errorf("Match(%q) = %v, %v", c.path, ignored, named)
		}
	}
}

func TestWhatIsTooLongHasNoSay(t *testing.T) {
	text := append(bytes.Repeat([]byte("#\n"), MaxFile/2), "a\n"...)
	if ignored, _ := Parse(text).Match("a", false); ignored {
		t.Error("a line beyond the limit was read")
	}
}

func FuzzMatch(f *testing.F) {
	f.Add("*.log\n!a/**/b\n[a-z]?\\*", "a/c/b", true)
	f.Add("[[:alpha:]-z]\n[!]a-]", "z", false)
	f.Fuzz(func(t *testing.T, rules, path string, isFolder bool) {
		r := Parse([]byte(rules))
		ignored, named := r.Match(path, isFolder)
		if ignored && !named {
			t.Error("ignored by no rule")
		}
		if again, _ := r.Match(path, isFolder); again != ignored {
			t.Error("the answer changed")
		}
	})
}

func BenchmarkMatch(b *testing.B) {
	r := Parse([]byte("node_modules/\n*.log\n/dist\n!keep.log\n.env*\ncoverage/\n**/__pycache__/\nbuild/*.o\n"))
	for b.Loop() {
		r.Match("frontend/src/components/session/ToolCall.svelte", false)
	}
}
