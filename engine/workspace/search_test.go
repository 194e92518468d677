package workspace

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
)

// search runs a query, and checks what holds for every match.
func (r *rig) search(q Query, run Runner) ([]Match, Found) {
	r.t.Helper()
	if q.Limit == 0 {
		q.Limit = 1000
	}
	var all []Match
	found, err := r.Search(within(r.t), q, run, func(m Match) error {
		all = append(all, m)
		return nil
	})
	r.ok(err)
	n := 0
	for _, m := range all {
		n += len(m.Ranges)
		text := utf16.Encode([]rune(m.Text))
		for _, at := range m.Ranges {
			if at[0] < 0 || at[1] > len(text) || at[0] >= at[1] {
				r.t.Errorf("ranges %v in %q", m.Ranges, m.Text)
			}
		}
		if len(m.Text) > 3*2*shownLine {
			r.t.Errorf("a match of %d bytes", len(m.Text))
		}
	}
	if n != found.Matches {
		r.t.Errorf("%d matches were passed on, %d are reported", n, found.Matches)
	}
	return all, found
}

// lines is what was found, as grep shows it, each match in brackets.
func lines(all []Match) []string {
	list := []string{}
	for _, m := range all {
		text := utf16.Encode([]rune(m.Text))
		var b strings.Builder
		from := 0
		for _, at := range m.Ranges {
			b.WriteString(string(utf16.Decode(text[from:at[0]])) + "[" + string(utf16.Decode(text[at[0]:at[1]])) + "]")
			from = at[1]
		}
		list = append(list, fmt.Sprintf("%s:%d:%d:%s%s", m.Path, m.Line, m.Column, b.String(), string(utf16.Decode(text[from:]))))
	}
	return list
}

func TestSearch(t *testing.T) {
	r := newRig(t)
	r.put("a.txt", "one foo\ntwo Foo foobar\nfood\r\n\n😀 foo ü foo\nlast foo")
	r.put("b/c.go", "package foo\n")
	r.put("b/empty", "")
	r.put("bin", "foo\x00foo\n")
	r.put(".gitignore", "*.log\nbuild/\n/out\n")
	r.put("x.log", "foo\n")
	r.put("build/x", "foo\n")
	r.put("out", "foo\n")
	r.put("b/.ignore", "!kept.log\nhidden.go\n")
	r.put("b/kept.log", "foo\n")
	r.put("b/hidden.go", "foo\n")
	r.put(".git/config", "foo\n")
	r.put("latin", "caf\xe9 foo\n")
	r.link("a.txt", "link")
	for _, c := range []struct {
		Query
		want []string
	}{
		{Query{Text: "foo", Case: true}, []string{"a.txt:1:5:one [foo]", "a.txt:2:9:two Foo [foo]bar", "a.txt:3:1:[foo]d", "a.txt:5:4:😀 [foo] ü [foo]", "a.txt:6:6:last [foo]", "b/c.go:1:9:package [foo]", "b/kept.log:1:1:[foo]", "latin:1:6:caf\uFFFD [foo]"}},
		{Query{Text: "FOO", Include: "*.txt"}, []string{"a.txt:1:5:one [foo]", "a.txt:2:5:two [Foo] [foo]bar", "a.txt:3:1:[foo]d", "a.txt:5:4:😀 [foo] ü [foo]", "a.txt:6:6:last [foo]"}},
		{Query{Text: "foo", Word: true, Include: "a.txt"}, []string{"a.txt:1:5:one [foo]", "a.txt:2:5:two [Foo] foobar", "a.txt:5:4:😀 [foo] ü [foo]", "a.txt:6:6:last [foo]"}},
		{Query{Text: "^f[o]+d?$", Regex: true}, []string{"a.txt:3:1:[food]", "b/kept.log:1:1:[foo]"}},
		{Query{Text: `\bfoo\b`, Regex: true, Case: true, Include: "b"}, []string{"b/c.go:1:9:package [foo]", "b/hidden.go:1:1:[foo]", "b/kept.log:1:1:[foo]"}},
		{Query{Text: "o*", Regex: true, Include: "b/c.go"}, []string{"b/c.go:1:10:package f[oo]"}},
		{Query{Text: "Ü"}, []string{"a.txt:5:8:😀 foo [ü] foo"}},
		{Query{Text: "foo", Include: "*.log, build"}, []string{"b/kept.log:1:1:[foo]", "build/x:1:1:[foo]", "x.log:1:1:[foo]"}},
		{Query{Text: "foo", Include: "*.{go,log}", Exclude: "b/kept*,x.*"}, []string{"b/c.go:1:9:package [foo]", "b/hidden.go:1:1:[foo]"}},
		{Query{Text: "foo", Exclude: "a.txt,latin,b/"}, []string{}},
		{Query{Text: "foo", Include: "!*"}, []string{}},
		{Query{Text: `\Apackage`, Regex: true}, []string{"b/c.go:1:1:[package] foo"}},
		{Query{Text: `foo\s`, Regex: true, Case: true}, []string{"a.txt:5:4:😀 [foo ]ü foo"}},
		{Query{Text: `(?s)t.*`, Regex: true, Include: "a.txt"}, []string{"a.txt:2:1:[two Foo foobar]", "a.txt:6:4:las[t foo]"}},
	} {
		for name, run := range r.engines() {
			all, found := r.search(c.Query, run)
			if got := lines(all); !slices.Equal(got, c.want) {
				t.Errorf("%s %+v:\n%q\nwant\n%q", name, c.Query, got, c.want)
			}
			if found.Truncated || found.Engine != name {
				t.Errorf("%s %+v: %+v", name, c.Query, found)
			}
		}
	}
}

// engines are those that are here.
func (r *rig) engines() map[string]Runner {
	engines := map[string]Runner{"builtin": nil}
	if run := realRipgrep(r.t); run != nil {
		engines["ripgrep"] = run
	}
	return engines
}

// realRipgrep is rg as it is installed, nil where it is not: then there is nothing to compare the builtin
// search with, and what is recorded of rg has to do.
func realRipgrep(t testing.TB) Runner {
	path, err := exec.LookPath("rg")
	if err != nil {
		t.Log("rg is not on the PATH: only the builtin search is tested here, and rg's recorded answers")
		return nil
	}
	return func(folder string, args []string) (Program, error) {
		c := exec.Command(path, args...)
		c.Dir = folder
		return startProgram(c)
	}
}

// program is a started command.
type program struct {
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	stdout io.Reader
	done   chan struct{}
}

func startProgram(c *exec.Cmd) (Program, error) {
	p := &program{cmd: c, done: make(chan struct{})}
	out, theirs, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	p.stdout, c.Stdout = out, theirs
	if p.stdin, err = c.StdinPipe(); err != nil {
		return nil, err
	}
	err = c.Start()
	theirs.Close()
	if err != nil {
		return nil, err
	}
	go func() {
		_ = c.Wait()
		close(p.done)
	}()
	return p, nil
}

func (p *program) Stdin() io.WriteCloser { return p.stdin }
func (p *program) Stdout() io.Reader     { return p.stdout }
func (p *program) Kill()                 { _ = p.cmd.Process.Kill() }
func (p *program) Done() <-chan struct{} { return p.done }

// plant grows a tree of files with random names, ignore files and text.
func (r *rig) plant(random *rand.Rand, files int) {
	words := []string{"foo", "Foo", "FOO", "bar", "foobar", "foo_bar", "x", "ü", "Üb", "straße", "K", "\u212a", "s", "\u017f", "😀", "-", "(", ".", "\t", "  ", "é"}
	names := []string{"a", "b", "c", "src", "test", "build", "node_modules", "x.go", "y.ts", "z.log", "k.log", ".env", "README.md", "A.md"}
	patterns := []string{"*.log", "!k.log", "/build", "build/", "src/*.go", "**/test/x.go", "a/**", "!a/x.go", "*.md", "!README.md", "b", "/c/", ".env", "x.*"}
	pick := func(from []string) string { return from[random.IntN(len(from))] }
	for range files {
		p := pick(names)
		for range random.IntN(4) {
			p = pick(names[:7]) + "/" + p
		}
		if info, err := os.Stat(r.at(p)); err == nil && info.IsDir() || os.MkdirAll(filepath.Dir(r.at(p)), 0o700) != nil {
			continue
		}
		var b strings.Builder
		for range random.IntN(30) {
			for range random.IntN(8) {
				b.WriteString(pick(words))
				b.WriteString([]string{"", " "}[random.IntN(2)])
			}
			b.WriteString([]string{"\n", "\n", "\n", "\r\n"}[random.IntN(4)])
		}
		_ = os.WriteFile(r.at(p), []byte(b.String()), 0o600)
		if random.IntN(6) == 0 {
			ignores := filepath.Join(filepath.Dir(r.at(p)), []string{".gitignore", ".gitignore", ".ignore"}[random.IntN(3)])
			_ = os.WriteFile(ignores, []byte(pick(patterns)+"\n"+pick(patterns)+"\n"), 0o600)
		}
		if random.IntN(20) == 0 { // a repository in the repository
			_ = os.Mkdir(filepath.Join(filepath.Dir(r.at(p)), ".git"), 0o700)
		}
	}
}

func TestBothEnginesFindTheSame(t *testing.T) {
	run := realRipgrep(t)
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	r := newRig(t)
	r.plant(random, 300)
	texts := []string{"foo", "FOO", "o", "ü", "straße", "k", "s", "S", "foo_", "(", ".", "x", "bar foo", "-", " ", "é"}
	exprs := []string{"fo+", "^foo", "foo$", "[a-f]oo", "foo|foobar", "^$", "o*", `\bfoo`, `foo\b`, "foo.bar", "(?-i)foo", "[^ ]+", `\w+`, `foo\s+`, "(foo)+(bar)?", "f.*b", "x{1,3}", `\Bo`, `[\w-]+`, `\s`, `(?s)f.*`, `\pL{4}`, `[[:upper:]]+`, `\x66`, `\\b`, "é+", "[à-ÿ]", "^", `\Afoo`, `.foo\z`}
	lists := []string{"", "", "", "*.go", "*.log", "src", "a/**", "*.{go,ts}", "b,*.md", "/src/*.go", "**/x.go", "k.log,z.log"}
	found := 0
	for range 100 {
		q := Query{Text: texts[random.IntN(len(texts))], Case: random.IntN(2) == 0, Word: random.IntN(3) == 0, Limit: 100_000,
			Include: lists[random.IntN(len(lists))], Exclude: lists[random.IntN(len(lists))]}
		if random.IntN(2) == 0 {
			q.Regex, q.Text = true, exprs[random.IntN(len(exprs))]
		}
		ours, _ := r.search(q, nil)
		found += len(ours)
		if run == nil {
			continue
		}
		theirs, end := r.search(q, run)
		if end.Engine != "ripgrep" {
			t.Errorf("%+v: rg does not take it", q)
		}
		if !reflect.DeepEqual(ours, theirs) {
			a, b := lines(ours), lines(theirs)
			for i := range max(len(a), len(b)) {
				if i >= len(a) || i >= len(b) || a[i] != b[i] {
					t.Errorf("seed %d, %+v: %d and %d matches, differ from number %d:\nbuiltin %q\nripgrep %q", seed, q, len(a), len(b), i, a[i:min(i+2, len(a))], b[i:min(i+2, len(b))])
					break
				}
			}
		}
	}
	if found == 0 {
		t.Error("nothing was found at all")
	}
}

func TestALimitEndsTheSearch(t *testing.T) {
	r := newRig(t)
	r.put("a", strings.Repeat("foo foo\n", 100))
	for name, run := range r.engines() {
		all, found := r.search(Query{Text: "foo", Limit: 7}, run)
		if !found.Truncated || found.Matches != 7 || found.Files != 1 || len(all) != 4 {
			t.Errorf("%s: %+v, %d lines", name, found, len(all))
		}
		if _, found = r.search(Query{Text: "foo", Limit: 200}, run); found.Truncated || found.Matches != 200 {
			t.Errorf("%s: a limit that is just reached: %+v", name, found)
		}
	}
}

func TestLongLinesAreCutAroundMatches(t *testing.T) {
	r := newRig(t)
	r.put("min.js", strings.Repeat("ü;", 5000)+"needle"+strings.Repeat("😀", 1000)+"needle"+strings.Repeat("x", 100)+"needle\n")
	for name, run := range r.engines() {
		all, _ := r.search(Query{Text: "needle"}, run)
		if len(all) != 2 || all[0].Column != 10_001 || all[1].Column != 10_001+6+2000 || len(all[1].Ranges) != 2 || !strings.Contains(all[0].Text, ";needle😀") {
			t.Errorf("%s: %+v", name, all)
		}
	}
}

// TestALineLongerThanAllBuffers is searched in pieces; ripgrep's answer is too long and passed over.
func TestALineLongerThanAllBuffers(t *testing.T) {
	r := newRig(t)
	r.put("long", strings.Repeat("xyz ", maxLine)+"needle\nnext needle\n")
	all, _ := r.search(Query{Text: "needle"}, nil)
	if len(all) != 2 || all[0].Line != 1 || all[0].Column != 4*maxLine+1 || all[1].Line != 2 || all[1].Column != 6 {
		t.Errorf("%+v", lines(all))
	}
	if run := realRipgrep(t); run != nil {
		all, found := r.search(Query{Text: "needle"}, run)
		if len(all) != 1 || !found.Truncated {
			t.Errorf("ripgrep: %v, %+v", lines(all), found)
		}
	}
}

func TestWhatIsTooLargeIsLeftOut(t *testing.T) {
	r := newRig(t)
	r.put("large", "needle\n")
	r.ok(os.Truncate(r.at("large"), maxSearched+1))
	for name, run := range r.engines() {
		if all, _ := r.search(Query{Text: "needle"}, run); len(all) != 0 {
			t.Errorf("%s: %+v", name, all)
		}
	}
}

func TestASearchEndsWhenNobodyWantsIt(t *testing.T) {
	r := newRig(t)
	for i := range 50 {
		r.put(fmt.Sprint(i), "foo\n")
	}
	for name, run := range r.engines() {
		ctx, cancel := context.WithCancel(within(t))
		n := 0
		_, err := r.Search(ctx, Query{Text: "foo", Limit: 100}, run, func(Match) error {
			n++
			cancel()
			return nil
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v after %d", name, err, n)
		}
		gone := errors.New("hung up")
		if _, err := r.Search(within(t), Query{Text: "foo", Limit: 100}, run, func(Match) error { return gone }); !errors.Is(err, gone) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(r.set.searches) > 0 {
		t.Error("a search is taken for running")
	}
}

func TestQueriesThatCannotBe(t *testing.T) {
	r := newRig(t)
	for _, q := range []Query{{Text: ""}, {Text: "a\nb"}, {Text: "(", Regex: true}, {Text: "\xff"}, {Text: strings.Repeat("x", 1001)},
		{Text: "x", Include: strings.Repeat("{a,b}", 20)}, {Text: "x", Exclude: "a\nb"}, {Text: "x", Exclude: "!a"},
		{Text: "x", Include: "*.go, ["}, {Text: "x", Include: "!a[b-"}, {Text: "x", Exclude: `a\`}, {Text: "x", Exclude: "[[:none:]]"}} {
		var bad *QueryError
		if _, err := r.Search(within(t), q, nil, nil); !errors.As(err, &bad) || q.Check() == nil {
			t.Errorf("%+v: %v", q, err)
		}
	}
}

// recorded is what rg 13 says for "foo" in files with foo, made with --json. Files that rg was led to outside
// are in it, too, and a line that has changed meanwhile.
const recorded = `{"type":"begin","data":{"path":{"text":"./a.txt"}}}
{"type":"match","data":{"path":{"text":"./a.txt"},"lines":{"text":"one foo\n"},"line_number":1,"absolute_offset":0,"submatches":[{"match":{"text":"foo"},"start":4,"end":7}]}}
{"type":"match","data":{"path":{"text":"./a.txt"},"lines":{"text":"two foo\n"},"line_number":2,"absolute_offset":8,"submatches":[{"match":{"text":"foo"},"start":4,"end":7}]}}
{"type":"end","data":{"path":{"text":"./a.txt"},"binary_offset":null,"stats":{"elapsed":{"secs":0,"nanos":35270,"human":"0.000035s"},"searches":1,"searches_with_match":1,"bytes_searched":16,"bytes_printed":300,"matched_lines":2,"matches":2}}}
{"type":"match","data":{"path":{"text":"./latin"},"lines":{"bytes":"Y2Fm6SBmb28K"},"line_number":1,"absolute_offset":0,"submatches":[{"match":{"text":"foo"},"start":5,"end":8}]}}
{"type":"match","data":{"path":{"text":"./../../outside/secret"},"lines":{"text":"nobody may"},"line_number":1,"absolute_offset":0,"submatches":[{"match":{"text":"nobody"},"start":0,"end":6}]}}
{"type":"match","data":{"path":{"text":"/etc/passwd"},"lines":{"text":"root:"},"line_number":1,"absolute_offset":0,"submatches":[{"match":{"text":"root"},"start":0,"end":4}]}}
{"type":"match","data":{"path":{"text":"./link"},"lines":{"text":"nobody may"},"line_number":1,"absolute_offset":0,"submatches":[{"match":{"text":"nobody"},"start":0,"end":6}]}}
{"type":"match","data":{"path":{"text":"./gone"},"lines":{"text":"foo"},"line_number":1,"absolute_offset":0,"submatches":[{"match":{"text":"foo"},"start":0,"end":3}]}}
{"type":"match","data":{"path":{"text":"./a.txt"},"lines":{"text":"foo"},"line_number":1,"absolute_offset":-5,"submatches":[{"match":{"text":"foo"},"start":-1,"end":300}]}}
{"type":"context","data":{}}
not JSON
{"type":"summary","data":{"elapsed_total":{"human":"0.003s","nanos":3,"secs":0},"stats":{}}}
`

// saying is a program that says something, and is never started.
type saying struct {
	io.Reader
	done chan struct{}
}

func says(text string) Runner {
	return func(string, []string) (Program, error) {
		p := saying{strings.NewReader(text), make(chan struct{})}
		close(p.done)
		return p, nil
	}
}

func (s saying) Stdin() io.WriteCloser { return nopCloser{io.Discard} }
func (s saying) Stdout() io.Reader     { return s.Reader }
func (s saying) Kill()                 {}
func (s saying) Done() <-chan struct{} { return s.done }

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

func TestRipgrepsWordIsChecked(t *testing.T) {
	r := newRig(t)
	r.put("a.txt", "one foo\ntwo bar\n")
	r.put("latin", "caf\xe9 foo\n")
	r.link("../../outside/secret", "link")
	all, found := r.search(Query{Text: "foo"}, says(recorded))
	want := []string{"a.txt:1:5:one [foo]", "latin:1:6:caf\uFFFD [foo]"}
	if got := lines(all); !slices.Equal(got, want) || found != (Found{Matches: 2, Files: 2, Engine: "ripgrep"}) {
		t.Errorf("%q %+v", got, found)
	}
}

func TestARipgrepThatFails(t *testing.T) {
	r := newRig(t)
	r.put("a.txt", "one foo\n")
	all, found := r.search(Query{Text: "foo"}, says(""))
	if len(all) != 1 || found.Engine != "builtin" || found.Truncated {
		t.Errorf("one that says nothing: %v %+v", all, found)
	}
	half, _, _ := strings.Cut(recorded, `{"type":"end"`)
	all, found = r.search(Query{Text: "foo"}, says(half))
	if len(all) != 1 || found.Engine != "ripgrep" || !found.Truncated {
		t.Errorf("one that dies: %v %+v", all, found)
	}
	all, found = r.search(Query{Text: "foo"}, says(`{"type":"match","data":{"path":{"text":"`+strings.Repeat("x", 3*maxAnswer)+"\"}}}\n"+recorded))
	if len(all) != 1 || !found.Truncated {
		t.Errorf("a line that is too long: %v %+v", all, found)
	}
	none := func(string, []string) (Program, error) { return nil, errors.New("no rg") }
	if _, found := r.search(Query{Text: "foo"}, none); found.Engine != "builtin" || found.Matches != 1 {
		t.Errorf("one that cannot be started: %+v", found)
	}
}

func FuzzRipgrepsAnswer(f *testing.F) {
	f.Add([]byte(recorded))
	r := newRig(f)
	r.put("a.txt", "one foo\ntwo foo\n")
	r.put("latin", "caf\xe9 foo\n")
	r.link("../../outside/secret", "link")
	f.Fuzz(func(t *testing.T, text []byte) {
		at := *r
		at.t = t
		at.search(Query{Text: "foo"}, says(string(text)))
	})
}

func FuzzSearch(f *testing.F) {
	f.Add([]byte("one foo\ntwo\r\n"), "foo", true, false, true)
	f.Add([]byte("\xff\xfe\n\n"), "(a|b)*", false, true, false)
	r := newRig(f)
	f.Fuzz(func(t *testing.T, content []byte, text string, regex, isCase, word bool) {
		at := *r
		at.t = t
		q := Query{Text: text, Regex: regex, Case: isCase, Word: word}
		if q.Check() != nil {
			t.Skip()
		}
		at.put("a", string(content))
		all, found := at.search(q, nil)
		if !regex && isCase && !word && !strings.ContainsRune(string(content), 0) {
			count := 0
			for line := range strings.SplitSeq(string(content), "\n") {
				count += strings.Count(strings.TrimSuffix(line, "\r"), text)
			}
			if count = min(count, 1000); count != found.Matches {
				t.Errorf("%d found, %d there: %+v", found.Matches, count, all)
			}
		}
	})
}

func FuzzGlobs(f *testing.F) {
	f.Add("*.{a,b},!x,src/**", "a/x.b")
	f.Fuzz(func(t *testing.T, list, path string) {
		g, err := newGlobs(Query{Include: list, Exclude: list})
		if err != nil {
			return
		}
		if len(g.includeText) > 2*maxGlobs+2 || len(g.excludeText) > 2*maxGlobs+2 {
			t.Errorf("%d globs", len(g.includeText))
		}
		matchAny(g.include, path, true)
	})
}

func TestLower(t *testing.T) {
	text := make([]byte, 3*256+5)
	for i := range text {
		text[i] = byte(i * 7)
	}
	for i, c := range lower(slices.Clone(text)) {
		want := text[i]
		if 'A' <= want && want <= 'Z' {
			want += 'a' - 'A'
		}
		if c != want {
			t.Errorf("%q became %q", text[i], c)
		}
	}
}

func BenchmarkSearch(b *testing.B) {
	r := newRig(b)
	random := rand.New(rand.NewPCG(1, 1))
	var text strings.Builder
	for text.Len() < 64<<10 {
		for range 8 {
			text.WriteString([]string{"func ", "return ", "if err != nil ", "the ", "value", "(", ") ", "x := "}[random.IntN(8)])
		}
		text.WriteByte('\n')
	}
	const files = 1000
	for i := range files {
		r.put(fmt.Sprintf("%d/%d.go", i%20, i), text.String())
	}
	r.put("0/needle.go", "here is the Needle\n")
	size := int64(files * text.Len())
	run := func(name string, q Query) {
		q.Limit = 1000
		b.Run(name, func(b *testing.B) {
			b.SetBytes(size)
			for b.Loop() {
				found, err := r.Search(within(b), q, nil, func(Match) error { return nil })
				if err != nil || found.Matches == 0 {
					b.Fatal(found, err)
				}
			}
		})
	}
	run("text", Query{Text: "Needle", Case: true})
	run("anycase", Query{Text: "needle"})
	run("expression", Query{Text: "N[e]+dle", Regex: true, Case: true})
	grep := func(name string, args ...string) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(size)
			for b.Loop() {
				if out, err := exec.Command("grep", append(args, r.Path)...).Output(); err != nil || len(out) == 0 {
					b.Fatal(err)
				}
			}
		})
	}
	grep("grep-r", "-rnF", "Needle")
	grep("grep-ri", "-rniF", "needle")
	grep("grep-rE", "-rnE", "N[e]+dle")
}
