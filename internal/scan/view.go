package scan

import (
	"bytes"
	"unicode/utf8"

	"github.com/hone-web/hone/internal/markup"
	"github.com/hone-web/hone/site"
)

// view is a piece of text and where it stands in the file. Undoing the escapes
// of a language gives a view of a view, so that a URL in a CSS string in an
// HTML attribute still has the span of its bytes in the file.
type view struct {
	text []byte
	base int     // offset of text in the file, when at is nil
	at   []int32 // offset of each byte of text, and of its end
}

// pos returns the offset in the file of text[i]; i may be len(text).
func (v view) pos(i int) int {
	if v.at == nil {
		return v.base + i
	}
	return int(v.at[i])
}

func (v view) span() site.Span { return site.Span{Start: v.pos(0), End: v.pos(len(v.text))} }

// cut returns the part text[i:j].
func (v view) cut(i, j int) view {
	if v.at == nil {
		return view{text: v.text[i:j:j], base: v.base + i}
	}
	return view{text: v.text[i:j:j], at: v.at[i : j+1 : j+1]}
}

// trim drops surrounding control characters and spaces, as a URL parser does.
func (v view) trim() view {
	i, j := 0, len(v.text)
	for i < j && v.text[i] <= ' ' {
		i++
	}
	for i < j && v.text[j-1] <= ' ' {
		j--
	}
	return v.cut(i, j)
}

// decoded returns the view of text, whose bytes stand at v.text[at[i]]. at is
// nil when nothing was decoded.
func (v view) decoded(text []byte, at []int32) view {
	if at == nil {
		return v
	}
	for i, a := range at {
		at[i] = int32(v.pos(int(a)))
	}
	return view{text: text, at: at}
}

// attr undoes the character references of an attribute value of HTML.
func (v view) attr() view { return v.decoded(markup.UnescapeAttrMap(v.text)) }

// unescaped undoes escapes that begin with the byte mark. escape gets the
// rest of the text from the mark on and returns what it means and how many
// bytes it takes; n = 0 means that the mark stands for itself.
func (v view) unescaped(mark byte, escape func(b []byte) (s string, n int)) view {
	b := v.text
	i := bytes.IndexByte(b, mark)
	if i < 0 {
		return v
	}
	text := make([]byte, 0, len(b))
	at := make([]int32, 0, len(b)+1)
	for j := range i {
		text, at = append(text, b[j]), append(at, int32(j))
	}
	for i < len(b) {
		if b[i] == mark {
			if s, n := escape(b[i:]); n > 0 {
				for j := range len(s) {
					text, at = append(text, s[j]), append(at, int32(i))
				}
				i += n
				continue
			}
		}
		text, at = append(text, b[i]), append(at, int32(i))
		i++
	}
	return v.decoded(text, append(at, int32(len(b))))
}

// css undoes CSS escapes (CSS Syntax 3, section 4.3.7).
func (v view) css() view {
	return v.unescaped('\\', func(b []byte) (string, int) {
		if len(b) == 1 {
			return "", 1
		}
		switch b[1] {
		case '\n', '\f':
			return "", 2
		case '\r':
			if len(b) > 2 && b[2] == '\n' {
				return "", 3
			}
			return "", 2
		}
		r, n := hex(b[1:], 6)
		if n == 0 {
			_, n = utf8.DecodeRune(b[1:])
			return string(b[1 : 1+n]), 1 + n
		}
		n++
		if n+1 < len(b) && b[n] == '\r' && b[n+1] == '\n' {
			n += 2
		} else if n < len(b) && isSpace(b[n]) {
			n++
		}
		return char(r), n
	})
}

// js undoes the escapes of JavaScript strings (ECMA-262, section 12.9.4),
// which include those of JSON.
func (v view) js() view {
	return v.unescaped('\\', func(b []byte) (string, int) {
		if len(b) == 1 {
			return "", 1
		}
		switch c := b[1]; c {
		case 'n':
			return "\n", 2
		case 't':
			return "\t", 2
		case 'r':
			return "\r", 2
		case 'b':
			return "\b", 2
		case 'f':
			return "\f", 2
		case 'v':
			return "\v", 2
		case '\n':
			return "", 2
		case '\r':
			if len(b) > 2 && b[2] == '\n' {
				return "", 3
			}
			return "", 2
		case 'x':
			if r, n := hex(b[2:], 2); n == 2 {
				return string(r), 4
			}
			return "x", 2
		case 'u':
			return jsUnicode(b)
		case '0', '1', '2', '3', '4', '5', '6', '7':
			r, n := rune(0), 1
			for n < len(b) && n < 4 && '0' <= b[n] && b[n] <= '7' && r*8+rune(b[n]-'0') < 256 {
				r, n = r*8+rune(b[n]-'0'), n+1
			}
			return string(r), n
		}
		_, n := utf8.DecodeRune(b[1:])
		return string(b[1 : 1+n]), 1 + n
	})
}

// jsUnicode decodes the "\uXXXX" or "\u{X…}" that b begins with.
func jsUnicode(b []byte) (string, int) {
	if len(b) > 3 && b[2] == '{' {
		if r, n := hex(b[3:], 8); n > 0 && 3+n < len(b) && b[3+n] == '}' {
			return char(r), 4 + n
		}
		return "u", 2
	}
	r, n := hex(b[2:], 4)
	if n != 4 {
		return "u", 2
	}
	if 0xD800 <= r && r < 0xDC00 && len(b) >= 12 && b[6] == '\\' && b[7] == 'u' {
		if lo, m := hex(b[8:], 4); m == 4 && 0xDC00 <= lo && lo < 0xE000 {
			return string((r-0xD800)<<10 + (lo - 0xDC00) + 0x10000), 12
		}
	}
	return char(r), 6
}

// xml undoes the references that XML has without a DTD. ok is false if there
// is another one, whose meaning is not known here.
func (v view) xml() (_ view, ok bool) {
	ok = true
	w := v.unescaped('&', func(b []byte) (string, int) {
		n := bytes.IndexByte(b[:min(len(b), 12)], ';')
		if n < 0 {
			ok = false
			return "", 0
		}
		switch name := string(b[1:n]); name {
		case "amp":
			return "&", n + 1
		case "lt":
			return "<", n + 1
		case "gt":
			return ">", n + 1
		case "quot":
			return `"`, n + 1
		case "apos":
			return "'", n + 1
		default:
			if r, m := xmlNumber(name); m {
				return char(r), n + 1
			}
		}
		ok = false
		return "", 0
	})
	return w, ok
}

// xmlNumber reads "#65" or "#x41".
func xmlNumber(s string) (rune, bool) {
	if len(s) > 2 && s[0] == '#' && s[1] == 'x' {
		r, n := hex([]byte(s[2:]), 8)
		return r, n > 0 && n == len(s)-2
	}
	if len(s) < 2 || s[0] != '#' {
		return 0, false
	}
	r := rune(0)
	for _, c := range []byte(s[1:]) {
		if c < '0' || c > '9' {
			return 0, false
		}
		if r = r*10 + rune(c-'0'); r > utf8.MaxRune {
			r = utf8.RuneError
		}
	}
	return r, true
}

// hex reads up to limit hexadecimal digits, at most eight, and returns their
// value and number.
func hex(b []byte, limit int) (r rune, n int) {
	var x uint32
	for n < len(b) && n < limit {
		c := b[n]
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return rune(min(x, 1<<30)), n
		}
		x = x<<4 | uint32(c)
		n++
	}
	return rune(min(x, 1<<30)), n
}

// char returns r as text, U+FFFD if it is no character.
func char(r rune) string {
	if r == 0 {
		r = utf8.RuneError
	}
	return string(r)
}

func isSpace(c byte) bool {
	return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f'
}
