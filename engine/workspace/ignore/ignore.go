// Package ignore says what the ignore files of a folder name, as git reads them (gitignore(5)). Rules hold
// for the direct entries of a walk from the top down: what is below an ignored folder is not asked about.
package ignore

import (
	"bytes"
	"strings"
)

// MaxFile is how many bytes of an ignore file are read; the rest has no say.
const MaxFile = 256 << 10

// Rules are the patterns of one ignore file. They are constant: any number of goroutines may ask.
type Rules struct {
	patterns []pattern // in the file's order: the last that matches decides
}

// pattern is one line.
type pattern struct {
	glob    string // without "!", the slash before it and the one after it
	literal int    // bytes of glob before its first special character
	negated bool   // what matches is not ignored
	folder  bool   // matches folders only
	deep    bool   // matches a name at any depth
}

// Parse reads an ignore file.
func Parse(text []byte) *Rules {
	r := &Rules{}
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	for line := range bytes.SplitSeq(text[:min(len(text), MaxFile)], []byte("\n")) {
		if p, ok := parse(string(bytes.TrimSuffix(line, []byte("\r")))); ok {
			r.patterns = append(r.patterns, p)
		}
	}
	return r
}

// Glob is a single pattern as one of an ignore file is written, for lists that people give.
func Glob(text string) *Rules { return Parse([]byte(strings.ReplaceAll(text, "\n", ""))) }

// WellFormed says whether a glob can match anything: its sets end, know their classes, and its last "\" has
// something after it.
func WellFormed(glob string) bool {
	for glob != "" {
		width, _ := matchOne(glob, 0)
		if width == 0 {
			return false
		}
		glob = glob[width:]
	}
	return true
}

// Match says whether a path, relative to the ignore file's folder and with slashes, is named by the rules,
// and whether as one to be ignored or one to be kept.
func (r *Rules) Match(path string, isFolder bool) (ignored, named bool) {
	name := path[strings.LastIndexByte(path, '/')+1:]
	for i := len(r.patterns) - 1; i >= 0; i-- {
		p := &r.patterns[i]
		if p.folder && !isFolder {
			continue
		}
		if p.deep && p.matches(name) || !p.deep && p.matches(path) {
			return !p.negated, true
		}
	}
	return false, false
}

func parse(line string) (p pattern, ok bool) {
	line = trimSpaces(line)
	if line == "" || line[0] == '#' {
		return p, false
	}
	line, p.negated = strings.CutPrefix(line, "!")
	line, p.folder = strings.CutSuffix(line, "/")
	p.deep = !strings.Contains(line, "/")
	p.glob = strings.TrimPrefix(line, "/")
	p.literal = strings.IndexAny(p.glob, `*?[\`)
	if p.literal < 0 {
		p.literal = len(p.glob)
	}
	return p, p.glob != ""
}

// trimSpaces cuts off the spaces at the end that no backslash protects.
func trimSpaces(line string) string {
	end := 0
	for i := 0; i < len(line); i++ {
		switch line[i] {
		case ' ':
			continue
		case '\\':
			i++
		}
		end = min(i+1, len(line))
	}
	return line[:end]
}

func (p *pattern) matches(path string) bool {
	if !strings.HasPrefix(path, p.glob[:p.literal]) {
		return false
	}
	return wildmatch(p.glob[p.literal:], path[p.literal:])
}
