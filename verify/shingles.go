package verify

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hone-web/hone/internal/markup"
)

// shingles calls f with a hash of every run of n words of a text, which may be
// HTML in XML in JSON: tags, entities and escapes part words (Broder, On the
// resemblance and containment of documents, 1997).
func shingles(text []byte, n int, f func(uint64)) {
	ring := make([]uint64, n)
	seen := 0
	words(text, func(w []byte) {
		h := uint64(fnvOffset)
		for _, c := range w {
			h = (h ^ uint64(c)) * fnvPrime
		}
		ring[seen%n] = h
		if seen++; seen < n {
			return
		}
		h = fnvOffset
		for i := range n {
			h = (h ^ ring[(seen+i)%n]) * fnvPrime
			h ^= h >> 29
		}
		f(h)
	})
}

// sameText reports whether b says most of what a says. Five words in a row,
// so that short pages have some.
func sameText(a, b []byte) bool {
	const size, share = 5, 0.6
	grams := func(text []byte) map[uint64]bool {
		out := map[uint64]bool{}
		shingles(text, size, func(h uint64) { out[h] = true })
		return out
	}
	want, got := grams(a), grams(b)
	n := 0
	for h := range want {
		if got[h] {
			n++
		}
	}
	return len(want) > 0 && float64(n) >= share*float64(len(want))
}

// The constants of FNV-1a with 64 bits.
const (
	fnvOffset = 14695981039346656037
	fnvPrime  = 1099511628211
)

// words calls f with every word in lower case. The slice is reused.
func words(text []byte, f func([]byte)) {
	var w []byte
	flush := func() {
		if len(w) > 0 {
			f(w)
			w = w[:0]
		}
	}
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case 'a' <= c && c <= 'z' || '0' <= c && c <= '9':
			w = append(w, c)
			i++
		case 'A' <= c && c <= 'Z':
			w = append(w, c+'a'-'A')
			i++
		case c == '\\' && i+1 < len(text):
			i += escape(text[i:], &w, flush)
		case c == '<' || c == '&':
			flush()
			i += skipMarkup(text[i:])
		case c < utf8.RuneSelf:
			flush()
			i++
		default:
			r, n := utf8.DecodeRune(text[i:])
			if unicode.IsLetter(r) || unicode.IsDigit(r) {
				w = utf8.AppendRune(w, unicode.ToLower(r))
			} else {
				flush()
			}
			i += n
		}
	}
	flush()
}

// escape reads an escape of a JSON or script string and returns its length.
func escape(s []byte, w *[]byte, flush func()) int {
	if s[1] != 'u' || len(s) < 6 {
		flush()
		return 2
	}
	var r rune
	for _, c := range s[2:6] {
		i := strings.IndexByte("0123456789abcdef", c|0x20)
		if i < 0 || c < '0' {
			flush()
			return 2
		}
		r = r<<4 | rune(i)
	}
	if r == '<' {
		flush()
		if end := strings.Index(string(s[6:min(len(s), 256)]), `\u003e`) + 6; end >= 6 {
			return end + 6
		}
		return 6
	}
	if unicode.IsLetter(r) || unicode.IsDigit(r) {
		*w = utf8.AppendRune(*w, unicode.ToLower(r))
	} else {
		flush()
	}
	return 6
}

// skipMarkup returns the length of the tag or entity that s begins with; 1 if
// it begins with neither.
func skipMarkup(s []byte) int {
	const tag, entity = 4096, 10
	if s[0] == '<' {
		if len(s) > 1 && (s[1] == '/' || 'a' <= s[1]|0x20 && s[1]|0x20 <= 'z') {
			for i := 1; i < min(len(s), tag); i++ {
				if s[i] == '>' {
					return i + 1
				}
				if s[i] == '<' {
					return i // no tag: each byte is looked at once
				}
			}
		}
		return 1
	}
	for i := 1; i < min(len(s), entity); i++ {
		if s[i] != ';' {
			continue
		}
		if name := string(s[:i+1]); name == "&lt;" {
			for k := i; k < min(len(s), tag); k++ { // an escaped tag, to its end
				if s[k] != '&' || k+4 > len(s) {
					continue
				}
				switch string(s[k : k+4]) {
				case "&gt;":
					return k + 4
				case "&lt;":
					return k
				}
			}
		}
		return i + 1
	}
	return 1
}

// pageText returns what a page says: the text outside of scripts and styles.
func pageText(src []byte) []byte {
	if len(src) > maxPage {
		return nil
	}
	out := make([]byte, 0, len(src)/2)
	skip := ""
	for _, t := range markup.Parse(src) {
		switch {
		case skip != "":
			if t.Type == markup.EndTag && t.Name == skip {
				skip = ""
			}
		case t.Type == markup.StartTag && (t.Name == "script" || t.Name == "style" || t.Name == "template"):
			skip = t.Name
		case t.Type == markup.Text:
			out = append(out, src[t.Span.Start:t.Span.End]...)
			out = append(out, ' ')
		}
	}
	return out
}
