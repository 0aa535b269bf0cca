package verify

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hone-web/hone/internal/markup"
	"github.com/hone-web/hone/site"
)

const (
	// shingle is how many words in a row are compared: eight words in a row
	// are rarely the same by chance.
	shingle = 8
	// minCopied is how many runs of a paid page must stand in a free file, and
	// minShare which part of the page they must be: a teaser of a paragraph is
	// no copy. One run in sample is looked at.
	sample    = 4
	minCopied = 40 / sample
	minShare  = 0.4
)

// copies finds free files that hold the text of paid pages: search indexes,
// feeds, data twins, source maps.
func (j *payment) copies() {
	p := &paidText{of: map[uint64]int32{}}
	var paid []*PaymentFile
	for _, f := range j.Files {
		if f.Kind == site.HTML && f.human() == Paid && f.for1(Search) == Paid {
			paid = append(paid, f)
		}
	}
	var open []*PaymentFile
	for _, f := range j.Files {
		if f.open() && (f.Kind == site.JSON || f.Kind == site.XML || f.Kind == site.Text || f.Kind == site.JS) {
			open = append(open, f)
		}
	}
	if len(paid) == 0 || len(open) == 0 {
		return
	}
	p.size = make([]int, len(paid))
	for i, f := range paid {
		p.add(int32(i), pageText(j.read(f.Path)))
	}
	// What free pages say too is no secret: navigation, footers, teasers.
	for _, f := range j.Files {
		if f.Kind == site.HTML && f.open() {
			p.forget(pageText(j.read(f.Path)))
		}
	}
	for _, f := range open {
		text := j.read(f.Path)
		for _, c := range p.find(text) {
			of := paid[c.page]
			j.report(site.Diagnostic{Rule: "PL012", Severity: site.Error, Path: f.Path, Confidence: site.Probable, Evidence: j.because(of),
				Message: fmt.Sprintf("%s is free and holds the text of %s, which %s", f.Path, of.Path, of.why()),
				Hint:    "leave paid text out of it when the site is built, or make it paid too"}, string(f.Path), "pages", string(of.Path))
		}
	}
}

// paidText knows runs of words of paid pages.
type paidText struct {
	of   map[uint64]int32 // run → its page, -1 for one that tells nothing
	size []int            // runs of each page
}

type copied struct {
	page  int32
	count int
}

func (p *paidText) add(page int32, text []byte) {
	p.runs(text, func(h uint64) {
		if at, ok := p.of[h]; !ok {
			p.of[h] = page
			p.size[page]++
		} else if at >= 0 && at != page {
			p.size[at]-- // two paid pages say it
			p.of[h] = -1
		}
	})
}

func (p *paidText) forget(text []byte) {
	p.runs(text, func(h uint64) {
		if at, ok := p.of[h]; ok && at >= 0 {
			p.size[at]--
			p.of[h] = -1
		}
	})
}

// find returns the pages of which a text holds a good part.
func (p *paidText) find(text []byte) []copied {
	count := map[int32]int{}
	seen := map[uint64]bool{}
	p.runs(text, func(h uint64) {
		if at, ok := p.of[h]; ok && at >= 0 && !seen[h] {
			seen[h] = true
			count[at]++
		}
	})
	var out []copied
	for page, n := range count {
		if n >= minCopied && float64(n) >= minShare*float64(p.size[page]) {
			out = append(out, copied{page, n})
		}
	}
	slices.SortFunc(out, func(a, b copied) int { return cmp.Compare(a.page, b.page) })
	return out
}

// runs calls f with every run of words of a text, which may be HTML in XML in
// JSON: tags, entities and escapes part words.
func (p *paidText) runs(text []byte, f func(uint64)) {
	var ring [shingle]uint64
	n := 0
	words(text, func(w []byte) {
		h := uint64(fnvOffset)
		for _, c := range w {
			h = (h ^ uint64(c)) * fnvPrime
		}
		ring[n%shingle] = h
		if n++; n < shingle {
			return
		}
		h = fnvOffset
		for i := range shingle {
			h = (h ^ ring[(n+i)%shingle]) * fnvPrime
			h ^= h >> 29
		}
		if h%sample == 0 {
			f(h)
		}
	})
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
