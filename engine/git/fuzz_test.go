package git

import (
	"bufio"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

func reader(s string) *bufio.Reader { return bufio.NewReaderSize(strings.NewReader(s), readBuffer) }

func FuzzStatus(f *testing.F) {
	f.Add("# branch.oid 0123\x00# branch.head main\x00# branch.upstream origin/main\x00# branch.ab +1 -2\x001 .M N... 100644 100644 100644 a b c d\x00")
	f.Add("2 R. N... 100644 100644 100644 a b R100 new\x00old\x00? x/\x00! y\x00u UU N... 1 2 3 4 a b c path\x00")
	f.Add("2 R. N... 100644 100644 100644 a b R100 new\x00")
	f.Add("# branch.ab x\x001 \x001 M\x00\x00u\x00# \x00" + strings.Repeat("x", maxRecord*2) + "\x00? after\x00")
	f.Fuzz(func(t *testing.T, in string) {
		var s Status
		_ = s.parse(reader(in), s.add)
		if len(s.Files) > MaxStatusFiles {
			t.Errorf("%d files", len(s.Files))
		}
		for _, file := range s.Files {
			if file.Path == "" || len(file.Path) > maxRecord || file.Index == "" || file.Worktree == "" {
				t.Errorf("%+v", file)
			}
		}
		for _, folder := range []string{"", "x", "a/b"} {
			m := s.marks(folder)
			for name, state := range m.names {
				if strings.Contains(name, "/") || state == "" {
					t.Errorf("%q is %q", name, state)
				}
			}
		}
	})
}

func FuzzDiff(f *testing.F) {
	f.Add(":100644 100644 a b M\x00x\x00:000000 100644 0 c A\x00y\x00\x00diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@ f\n a\n-b\n+c\n\\ No newline at end of file\n" +
		"diff --git a/y b/y\nnew file mode 100644\nBinary files /dev/null and b/y differ\n")
	f.Add(":100644 100644 a b R090\x00old\x00new\x00\x00diff --git \"a/o\\n\" b/new\n@@ -1 +1 @@\n-a\n+b\n@@ -9,3 +9,0 @@\n-\n")
	f.Add(":000000 100644 0 0 U\x00m\x00:1 1 a b M\x00m\x00\x00* Unmerged path m\ndiff --git a/m b/m\n@@ -1,0 +1,9999999 @@\n+x\n")
	f.Add(":\x00\x00\x00diff --git \n@@ -99999999999 +1 @@\n@@ \n@@ -1,1\n\\\n")
	f.Add(":1 2 3 4 M\x00x\x00\x00diff --git a/x b/x\n@@ -1 +1 @@\n-" + strings.Repeat("y", 2*readBuffer) + "\n+\xff\xfe\n")
	f.Fuzz(func(t *testing.T, in string) {
		files := 0
		_ = parseDiff(reader(in), func(file *FileDiff) error {
			files++
			if file.size() > maxFileBytes {
				t.Errorf("%d bytes", file.size())
			}
			for _, h := range file.Hunks {
				if len(h.Lines) == 0 || len(h.Lines) > maxFileLines || !utf8.ValidString(h.Header) {
					t.Errorf("%d lines in a hunk", len(h.Lines))
				}
				for _, l := range h.Lines {
					if l == "" || !utf8.ValidString(l) || len(l) > maxLine*3 || strings.Contains(l, "\n") {
						t.Errorf("the line %q", l)
					}
				}
			}
			return nil
		})
		if files > MaxDiffFiles+1 {
			t.Errorf("%d files", files)
		}
	})
}

func FuzzNewFile(f *testing.F) {
	f.Add("a\nb")
	f.Add("\n\n")
	f.Add(strings.Repeat("x", readBuffer+1) + "\ny")
	f.Add("\x00")
	f.Fuzz(func(t *testing.T, in string) {
		file := FileDiff{}
		file.fill(reader(in))
		if file.Binary {
			return
		}
		lines := strings.Count(in, "\n")
		if in != "" && !strings.HasSuffix(in, "\n") {
			lines++
		}
		if file.Added != lines {
			t.Errorf("%d lines of %d", file.Added, lines)
		}
		if !file.Truncated && !file.Lossy && in != "" {
			var b strings.Builder
			for _, l := range file.Hunks[0].Lines {
				if l == noNewline {
					got := strings.TrimSuffix(b.String(), "\n")
					b.Reset()
					b.WriteString(got)
					continue
				}
				b.WriteString(l[1:] + "\n")
			}
			if b.String() != in {
				t.Errorf("%q became %q", in, b.String())
			}
		}
	})
}

func FuzzProgress(f *testing.F) {
	f.Add("Cloning into '.'...\nremote: Counting objects: 100% (5/5), done.\rReceiving objects:  45% (450/1000), 12.00 MiB | 3.00 MiB/s\r")
	f.Add("remote: Enumerating objects: 17, done.\nResolving deltas: 999% (")
	f.Fuzz(func(t *testing.T, in string) {
		p, ok := parseProgress(in)
		if p.Percent < 0 || p.Percent > 100 || ok != (p.Phase != "") || len(p.Detail) > maxWords+3 || !utf8.ValidString(p.Detail) {
			t.Errorf("%+v, %v", p, ok)
		}
	})
}

func TestProgressInWords(t *testing.T) {
	for said, want := range map[string]Progress{
		"Receiving objects:  45% (450/1000), 12.00 MiB | 3.00 MiB/s\r":                                           {"receiving", 45, "450 of 1000, 12.00 MiB, 3.00 MiB/s"},
		"remote: Enumerating objects: 17, done.\n":                                                               {"counting", 0, "17"},
		"Receiving objects: 100% (5/5), done.\nResolving deltas:   7% (1/14)\r":                                  {"unpacking", 7, "1 of 14"},
		"Resolving deltas: 100% (14/14), done.\nUpdating files:  60% (3/5)\rUpdating files: 100% (5/5), done.\n": {"writing files", 100, "5 of 5"},
	} {
		if p, ok := parseProgress(said); !ok || p != want {
			t.Errorf("%q: %+v, want %+v", said, p, want)
		}
	}
	if p, ok := parseProgress("Cloning into '.'...\n"); ok {
		t.Errorf("%+v", p)
	}
}

func FuzzAddress(f *testing.F) {
	for _, s := range []string{"https://u:p@h/x", "git@h:x", "ssh://h/x", "file:///x", "ext::x", "-x", "https://[::1]:80/x", "https://h/%2e%2e"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		a, err := parseAddress(in, true)
		if err != nil {
			if len(in) > 30 && strings.Contains(err.Error(), in) {
				t.Errorf("the error repeats the address: %v", err)
			}
			return
		}
		if strings.HasPrefix(a.url, "-") || strings.Contains(a.url, "::") && !strings.Contains(a.url, "[") || strings.ContainsAny(a.url, "\n\x00 ") {
			t.Errorf("%q became %q", in, a.url)
		}
		if again, err := parseAddress(a.url, true); err != nil || again.url != a.url || again.secret != "" {
			t.Errorf("%q became %q, which is %+v, %v", in, a.url, again, err)
		}
	})
}

func FuzzExplain(f *testing.F) {
	f.Add("Cloning into '.'...\nfatal: Remote branch x not found in upstream origin\n")
	f.Add("error: a\nhint: b\nfatal: c\x1b[31m\xff\n")
	f.Fuzz(func(t *testing.T, in string) {
		for _, s := range append(strings.Split(lastLines(in), "\n"), explain(in)) {
			if len(s) > maxWords+100 || !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }) {
				t.Errorf("%q", s)
			}
		}
	})
}

func FuzzPath(f *testing.F) {
	for _, s := range []string{"a", "../a", "a/../../b", ".git/x", "a/.GIT", "a\\..\\b", "/", ".", "a/", "./a", ".git "} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		if !local(in) {
			return
		}
		joined := filepath.Join("/top/shop", filepath.FromSlash(in))
		if joined != "/top/shop" && !strings.HasPrefix(joined, "/top/shop/") || strings.Contains(strings.ToLower(joined)+"/", "/.git/") {
			t.Errorf("%q leads to %q", in, joined)
		}
	})
}

func FuzzQuote(f *testing.F) {
	f.Add("a b")
	f.Add("\x01\n\"\\\x7f\xff")
	f.Fuzz(func(t *testing.T, name string) {
		q := quote(name)
		if strings.ContainsAny(q, "\n\x00") {
			t.Errorf("%q", q)
		}
		if q == name {
			return
		}
		var back strings.Builder
		for s := q[1 : len(q)-1]; s != ""; {
			n := 1
			switch {
			case s[0] != '\\':
				back.WriteByte(s[0])
			case s[1] >= '0' && s[1] <= '7':
				var c byte
				fmt.Sscanf(s[1:4], "%o", &c)
				back.WriteByte(c)
				n = 4
			default:
				back.WriteByte("\a\b\t\n\v\f\r\"\\"[strings.IndexByte(`abtnvfr"\`, s[1])])
				n = 2
			}
			s = s[n:]
		}
		if back.String() != name {
			t.Errorf("%q became %q, which is %q", name, q, back.String())
		}
	})
}
