package markup

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
)

// Unescape decodes the character references of a text.
func Unescape(b []byte) string {
	return html.UnescapeString(string(b))
}

// UnescapeAttr decodes the character references of an attribute value, where
// "&copy=1" and "&copy1" are no references: without a semicolon a named one
// counts only if neither "=" nor a letter or digit follows (WHATWG HTML,
// section 13.2.5.73).
func UnescapeAttr(b []byte) string {
	if bytes.IndexByte(b, '&') < 0 {
		return string(b)
	}
	text, _ := UnescapeAttrMap(b)
	return string(text)
}

// UnescapeAttrMap decodes as UnescapeAttr does and says where each byte of
// the text came from: text[i] is written at b[at[i]], and at has one more
// element, the length of b. at is nil when nothing was decoded.
func UnescapeAttrMap(b []byte) (text []byte, at []int32) {
	i := bytes.IndexByte(b, '&')
	if i < 0 {
		return b, nil
	}
	text = make([]byte, 0, len(b))
	at = make([]int32, 0, len(b)+1)
	for j := range i {
		text, at = append(text, b[j]), append(at, int32(j))
	}
	for i < len(b) {
		if b[i] != '&' {
			text, at = append(text, b[i]), append(at, int32(i))
			i++
			continue
		}
		s, n := reference(b[i:])
		if s == string(b[i:i+n]) {
			for j := range n {
				text, at = append(text, b[i+j]), append(at, int32(i+j))
			}
		} else {
			for j := range len(s) {
				text, at = append(text, s[j]), append(at, int32(i))
			}
		}
		i += n
	}
	return text, append(at, int32(len(b)))
}

// maxReference is longer than every named reference: the longest has 33 bytes.
const maxReference = 64

// reference decodes the character reference that may begin at the ampersand
// b[0], and returns the text and how many bytes it replaces.
func reference(b []byte) (string, int) {
	n := 1
	if n < len(b) && b[n] == '#' {
		return numericReference(b)
	}
	for n < len(b) && n < maxReference && isAlnum(b[n]) {
		n++
	}
	raw := string(b[:n])
	switch {
	case n == 1:
		return raw, n
	case n < len(b) && b[n] == ';':
		// A name that needs its semicolon, or one that may have it: decoding
		// with it differs from decoding without. "&copyx;" decodes to "©x;"
		// in text, but not here.
		with, without := html.UnescapeString(raw+";"), html.UnescapeString(raw)
		if with != without+";" {
			return with, n + 1
		}
	case n == len(b) || b[n] != '=':
		if t := html.UnescapeString(raw); utf8.RuneCountInString(t) == 1 {
			return t, n
		}
	}
	return raw, n
}

// numericReference decodes the reference that may begin with "&#" at b. A
// number beyond Unicode, however many digits it has, is U+FFFD (HTML,
// 13.2.5.80): the packages for Go let it wrap around.
func numericReference(b []byte) (string, int) {
	n, base := 2, 10
	if n < len(b) && b[n]|0x20 == 'x' {
		n, base = 3, 16
	}
	first, code := n, 0
	for ; n < len(b); n++ {
		d := digit(b[n])
		if d >= base {
			break
		}
		code = min(code*base+d, utf8.MaxRune+1)
	}
	if n == first {
		return string(b[:n]), n
	}
	if n < len(b) && b[n] == ';' {
		n++
	}
	return html.UnescapeString("&#" + strconv.Itoa(code) + ";"), n
}

// digit is the value of c as a hexadecimal digit, and 16 when it is none.
func digit(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return 16
}

func isAlnum(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// EscapeAttr writes s so that it may stand between quote marks of the kind
// quote; 0 stands for a value without quotes, which s must be fit for
// (see Unquotable).
func EscapeAttr(s string, quote byte) string {
	if !strings.ContainsAny(s, `&"'`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '&' && ambiguous(s[i+1:]):
			b.WriteString("&amp;")
		case c == '"' && quote != '\'':
			b.WriteString("&#34;")
		case c == '\'' && quote != '"':
			b.WriteString("&#39;")
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// ambiguous reports whether an ampersand before rest could begin a reference.
func ambiguous(rest string) bool {
	return rest != "" && (rest[0] == '#' || isAlnum(rest[0]))
}

// EscapeText writes s as text.
func EscapeText(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

// Unquotable reports whether the value b, as it stands in the source, may be
// written without quotes (WHATWG HTML, section 13.1.2.3).
func Unquotable(b []byte) bool {
	return len(b) > 0 && !bytes.ContainsAny(b, " \t\n\r\f\"'=<>`")
}
