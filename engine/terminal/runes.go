package terminal

import "unicode/utf8"

// whole is how many bytes of b can be shown without cutting a rune in two: all but a beginning of one at the end.
func whole(b []byte) int {
	for i := len(b) - 1; i >= max(0, len(b)-utf8.UTFMax+1); i-- {
		if utf8.RuneStart(b[i]) {
			if !utf8.FullRune(b[i:]) {
				return i
			}
			break
		}
	}
	return len(b)
}

// within is how many bytes of a rune precede a place in its middle: before is what comes before the place, at
// least three bytes if there are as many, and after what follows. 0 when the place is between runes.
func within(before, after []byte) int {
	if len(after) == 0 || utf8.RuneStart(after[0]) {
		return 0
	}
	return len(before) - whole(before)
}

// stray is how many bytes at the beginning of b are the end of a rune that began before.
func stray(b []byte) int {
	n := 0
	for n < min(len(b), utf8.UTFMax-1) && !utf8.RuneStart(b[n]) {
		n++
	}
	return n
}
