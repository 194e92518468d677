package workspace

import (
	"strings"
	"unicode/utf8"

	"coder1/engine/workspace/ignore"
)

// globs choose the files of a search. They are written as in ignore files, and {a,b} stands for either.
type globs struct {
	include, exclude         []*ignore.Rules
	includeText, excludeText []string
}

// maxGlobs is how many globs a list may come to.
const maxGlobs = 100

// newGlobs reads a query's globs; what is wrong with them is a *QueryError.
func newGlobs(q Query) (g globs, err error) {
	include, err := splitGlobs("include", q.Include)
	if err != nil {
		return g, err
	}
	if g.excludeText, err = splitGlobs("exclude", q.Exclude); err != nil {
		return g, err
	}
	for _, one := range include {
		if rest, negated := strings.CutPrefix(one, "!"); negated {
			g.excludeText = append(g.excludeText, rest)
			continue
		}
		one = strings.TrimSuffix(one, "/")
		g.includeText = append(g.includeText, one, one+"/**") // a folder stands for what is in it
	}
	for _, one := range g.includeText {
		g.include = append(g.include, ignore.Glob(one))
	}
	for _, one := range g.excludeText {
		if strings.HasPrefix(one, "!") {
			return g, &QueryError{"exclude", "what is to be left out needs no \"!\""}
		}
		g.exclude = append(g.exclude, ignore.Glob(one))
	}
	return g, nil
}

// splitGlobs splits a list at its commas, and multiplies what has braces.
func splitGlobs(field, list string) (all []string, err error) {
	if !utf8.ValidString(list) || utf8.RuneCountInString(list) > MaxQuery || strings.ContainsAny(list, "\n\r\x00") {
		return nil, &QueryError{field, "globs are UTF-8, on one line, and have 1000 characters at most"}
	}
	depth, from := 0, 0
	list += ","
	for i := range len(list) {
		switch {
		case list[i] == '{':
			depth++
		case list[i] == '}' && depth > 0:
			depth--
		case list[i] == ',' && (depth == 0 || i == len(list)-1):
			one := strings.TrimPrefix(strings.TrimSpace(list[from:i]), "./")
			from = i + 1
			if one == "" {
				continue
			}
			if strings.HasPrefix(one, "#") {
				one = `\` + one
			}
			if all = expand(one, all); len(all) > maxGlobs {
				return nil, &QueryError{field, "these are more than 100 globs"}
			}
		}
	}
	for _, one := range all {
		if !ignore.WellFormed(one) {
			return nil, &QueryError{field, one + `: a "[" needs its "]", and a "\" something after it; for the character itself write "\[" or "\\"`}
		}
	}
	return all, nil
}

// expand adds what a glob stands for: "*.{ts,js}" is "*.ts" and "*.js". It stops beyond maxGlobs.
func expand(glob string, all []string) []string {
	open := strings.IndexByte(glob, '{')
	end, depth, commas := -1, 0, []int{open}
	for i := max(open, 0); i < len(glob) && open >= 0 && end < 0; i++ {
		switch glob[i] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				end = i
			}
		case ',':
			if depth == 1 {
				commas = append(commas, i)
			}
		}
	}
	if end < 0 {
		return append(all, glob)
	}
	commas = append(commas, end)
	for i := range len(commas) - 1 {
		if len(all) > maxGlobs {
			break
		}
		all = expand(glob[:open]+glob[commas[i]+1:commas[i+1]]+glob[end+1:], all)
	}
	return all
}

func matchAny(some []*ignore.Rules, p string, isFolder bool) bool {
	for _, r := range some {
		if _, named := r.Match(p, isFolder); named {
			return true
		}
	}
	return false
}

// enters says whether to look into a folder.
func (g *globs) enters(p string, r *rules) bool {
	return !matchAny(g.exclude, p, true) && (matchAny(g.include, p, true) || !r.ignores(p, true))
}

// takes says whether to look into a file.
func (g *globs) takes(p string, r *rules) bool {
	switch {
	case matchAny(g.exclude, p, false):
		return false
	case len(g.include) > 0:
		return matchAny(g.include, p, false)
	}
	return !r.ignores(p, false)
}
