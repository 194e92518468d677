package ignore

import "strings"

// wildmatch matches as git does: "*" and "?" stop at slashes, "**" between slashes (or at an end) is any
// number of folders, "[…]" is one character of a set, and "\" takes its meaning from what follows. A glob
// that is not well formed matches nothing.
//
// Where it does not fit, it goes back to the last "*" or the last "**" and lets that take more. Earlier ones
// need no second try: what a later one takes they could not put to better use. So the time is at worst the
// product of the lengths, and once more that of the path.
func wildmatch(glob, path string) bool {
	type point struct{ g, p int } // where to go on when the star has taken up to p
	star, deep := point{-1, 0}, point{-1, 0}
	for g, p := 0, 0; ; {
		if g == len(glob) && p == len(path) {
			return true
		}
		if g < len(glob) && glob[g] == '*' {
			after := g
			for after < len(glob) && glob[after] == '*' {
				after++
			}
			bounded := after-g > 1 && (g == 0 || glob[g-1] == '/')
			switch {
			case bounded && after == len(glob):
				return true
			case bounded && glob[after] == '/':
				g = after + 1
				deep, star = point{g, p}, point{-1, 0}
			default:
				g = after
				star = point{g, p}
			}
			continue
		}
		if g < len(glob) && p < len(path) {
			if width, ok := matchOne(glob[g:], path[p]); ok {
				g, p = g+width, p+1
				continue
			} else if width == 0 {
				return false
			}
		}
		switch {
		case star.g >= 0 && star.p < len(path) && path[star.p] != '/':
			star.p++
			g, p = star.g, star.p
		case deep.g >= 0 && strings.IndexByte(path[deep.p:], '/') >= 0:
			deep.p += strings.IndexByte(path[deep.p:], '/') + 1
			g, p, star = deep.g, deep.p, point{-1, 0}
		default:
			return false
		}
	}
}

// matchOne matches the glob's next character, "?" or set against one byte, and says how much of the glob
// that was: 0 when it is not well formed.
func matchOne(glob string, c byte) (width int, ok bool) {
	switch glob[0] {
	case '?':
		return 1, c != '/'
	case '[':
		return matchSet(glob, c)
	case '\\':
		if len(glob) == 1 {
			return 0, false
		}
		return 2, glob[1] == c
	}
	return 1, glob[0] == c
}

// matchSet matches a set such as "[!a-z[:digit:]]".
func matchSet(glob string, c byte) (width int, ok bool) {
	i, negated, found := 1, false, false
	if i < len(glob) && (glob[i] == '!' || glob[i] == '^') {
		i, negated = i+1, true
	}
	for first, low := true, 0; ; first = false { // low is the byte before, which a range may start from
		switch {
		case i >= len(glob):
			return 0, false
		case glob[i] == ']' && !first:
			return i + 1, found != negated && c != '/'
		case strings.HasPrefix(glob[i:], "[:"):
			end := strings.IndexByte(glob[i+2:], ']')
			if end < 0 {
				return 0, false
			}
			if end == 0 || glob[i+2+end-1] != ':' { // not a class after all
				found, low = found || c == '[', '['
				i++
				continue
			}
			in, known := class(glob[i+2:i+2+end-1], c)
			if !known {
				return 0, false
			}
			found, low = found || in, 0
			i += 2 + end + 1
		case glob[i] == '-' && low != 0 && i+1 < len(glob) && glob[i+1] != ']':
			i++
			if glob[i] == '\\' {
				i++
			}
			if i >= len(glob) {
				return 0, false
			}
			found, low = found || byte(low) <= c && c <= glob[i], 0
			i++
		default:
			if glob[i] == '\\' {
				i++
			}
			if i >= len(glob) {
				return 0, false
			}
			found, low = found || glob[i] == c, int(glob[i])
			i++
		}
	}
}

// class says whether a byte is in a POSIX class of the C locale.
func class(name string, c byte) (in, known bool) {
	lower, upper, digit := 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9'
	graph := '!' <= c && c <= '~'
	switch name {
	case "alnum":
		return lower || upper || digit, true
	case "alpha":
		return lower || upper, true
	case "blank":
		return c == ' ' || c == '\t', true
	case "cntrl":
		return c < ' ' || c == 127, true
	case "digit":
		return digit, true
	case "graph":
		return graph, true
	case "lower":
		return lower, true
	case "print":
		return graph || c == ' ', true
	case "punct":
		return graph && !lower && !upper && !digit, true
	case "space":
		return c == ' ' || '\t' <= c && c <= '\r', true
	case "upper":
		return upper, true
	case "xdigit":
		return digit || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F', true
	}
	return false, false
}
