package scan

import (
	"html"
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"
)

// lastLatin is the last character of Latin-1: what comes after it is listed.
const lastLatin = 0xff

// letters lists the characters beyond Latin-1 that a text of any language holds,
// as they stand or as escapes of HTML, JavaScript or CSS: a page, a script
// or data may write them out.
func letters(src []byte) string {
	found := map[rune]struct{}{}
	put := func(r rune) {
		if r > lastLatin && r != utf8.RuneError && utf8.ValidRune(r) {
			found[r] = struct{}{}
		}
	}
	for i := 0; i < len(src); {
		n := 1
		switch c := src[i]; {
		case c == '\\':
			r, size := escaped(src[i:])
			put(r)
			n = size
		case c == '&':
			n = reference(src[i:], put)
		case c >= utf8.RuneSelf:
			var r rune
			r, n = utf8.DecodeRune(src[i:])
			put(r)
		}
		i += n
	}
	return string(slices.Sorted(maps.Keys(found)))
}

// escaped reads an escape that begins with a backslash: \uXXXX and \u{X} of
// JavaScript and JSON, a pair of which may be one character, and \X of CSS.
func escaped(b []byte) (r rune, n int) {
	if len(b) < 2 || b[1] == '\\' { // an escape in an escaped text, too
		return 0, 1
	}
	if b[1] != 'u' {
		r, n = hex(b[1:], 6)
		return r, 1 + max(n, 1)
	}
	if len(b) > 2 && b[2] == '{' {
		r, n = hex(b[3:], 6)
		return r, 3 + n
	}
	if r, n = hex(b[2:], 4); n < 4 {
		return 0, 2
	}
	const high, low, end = 0xd800, 0xdc00, 0xe000 // surrogates
	if r >= high && r < low && len(b) >= 12 && b[6] == '\\' && b[7] == 'u' {
		if l, m := hex(b[8:], 4); m == 4 && l >= low && l < end {
			return 0x10000 + (r-high)<<10 + (l - low), 12
		}
	}
	return r, 6
}

// reference reads a character reference of HTML and returns its length.
func reference(b []byte, put func(rune)) int {
	const longest = 33 // of their names
	end := 1
	for end < len(b) && end < longest && b[end] != ';' && b[end] > ' ' && b[end] != '<' && b[end] != '&' {
		end++
	}
	if end == 1 {
		return 1
	}
	if b[1] == '#' {
		digits, base := string(b[2:end]), 10
		if len(digits) > 0 && digits[0]|0x20 == 'x' {
			digits, base = digits[1:], 16
		}
		if v, err := strconv.ParseUint(digits, base, 21); err == nil {
			put(rune(v))
		}
		return 2
	}
	for _, r := range html.UnescapeString(string(b[:min(end+1, len(b))])) {
		put(r)
	}
	return 1
}
