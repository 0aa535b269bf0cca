package cache

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hone-web/hone/site"
)

// Servers that read their rules on each request are told by patterns: one for
// fingerprinted names, one for the extensions that are kept for a while, and
// one rule for each file that those would get wrong. What matches none is
// asked for again each time.

// hashedName is the form of a fingerprinted name; a name alone proves nothing,
// so every file of that form without its hash is an exception.
const hashedName = `\.[0-9a-f]{10}\.[A-Za-z0-9]+$`

var hashed = regexp.MustCompile(hashedName)

// folded are the rules of a site in few patterns.
type folded struct {
	sent
	hashed bool       // names of the form hashedName are kept for good
	exts   []extGroup // extensions, as they are spelled, that are sent alike
	except []*site.Entry
	config []*site.Entry // files that no visitor may read
	byExt  map[string]string
}

// extGroup are extensions whose files are sent with one text.
type extGroup struct {
	text string
	exts []string
}

func fold(m *site.Manifest) folded {
	f := folded{sent: view(m), byExt: map[string]string{}}
	forKeeps, others := 0, 0
	votes := map[string]map[string]int{}
	for i := range m.Entries {
		e := &m.Entries[i]
		text := f.of(e)
		switch ext := extOf(e.Path); {
		case e.Class == ClassConfig:
		case hashed.MatchString(e.Path.Base()):
			if text == byHash {
				forKeeps++
			} else {
				others++
			}
		case ext != "" && e.Class != ClassFingerprinted:
			if votes[ext] == nil {
				votes[ext] = map[string]int{}
			}
			votes[ext][text]++
		}
	}
	f.hashed = forKeeps > others
	groups := map[string][]string{}
	for _, ext := range slices.Sorted(maps.Keys(votes)) {
		best := byDefault
		for _, text := range slices.Sorted(maps.Keys(votes[ext])) {
			if votes[ext][text] > votes[ext][best] {
				best = text
			}
		}
		if best != byDefault {
			f.byExt[ext] = best
			groups[best] = append(groups[best], ext)
		}
	}
	for _, text := range slices.Sorted(maps.Keys(groups)) {
		f.exts = append(f.exts, extGroup{text, groups[text]})
	}
	for i := range m.Entries {
		e := &m.Entries[i]
		if e.Class == ClassConfig {
			f.config = append(f.config, e)
		} else if f.value(e.Path) != f.of(e) || e.Header["Vary"] == varyDictionary {
			f.except = append(f.except, e)
		}
	}
	return f
}

// byHash is the text of a fingerprinted file.
const byHash = "Cache-Control: " + forever

// extOf returns the extension of a name if it can stand in a pattern as it is.
func extOf(p site.Path) string {
	b := p.Base()
	i := strings.LastIndexByte(b, '.')
	if i <= 0 {
		return ""
	}
	for _, c := range []byte(b[i+1:]) {
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9') {
			return ""
		}
	}
	return b[i+1:]
}

// value returns what the patterns give a file.
func (f *folded) value(p site.Path) string {
	if hashed.MatchString(p.Base()) {
		if f.hashed {
			return byHash
		}
		return byDefault
	}
	if text, ok := f.byExt[extOf(p)]; ok {
		return text
	}
	return byDefault
}

// quotedPath writes a path for a regular expression: what is no letter, digit,
// slash, underscore or hyphen as the number of its character, so that no
// language around it takes offence. A byte that is not UTF-8 is written as
// stray says: PCRE counts bytes, Go counts characters and takes such a byte for
// U+FFFD.
func quotedPath(p, stray string) string {
	var b strings.Builder
	for i := 0; i < len(p); {
		c := p[i]
		switch {
		case 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '/' || c == '_' || c == '-':
			b.WriteByte(c)
			i++
		case c < utf8.RuneSelf:
			fmt.Fprintf(&b, `\x%02x`, c)
			i++
		default:
			r, n := utf8.DecodeRuneInString(p[i:])
			if r == utf8.RuneError && n == 1 {
				b.WriteString(strings.Replace(stray, "HH", fmt.Sprintf("%02x", c), 1))
			} else {
				b.WriteString(p[i : i+n])
			}
			i += n
		}
	}
	return b.String()
}

// How quotedPath writes a byte that is not UTF-8.
const (
	strayByte = `\xHH`
	strayRune = `\x{fffd}`
)

// alternatives joins patterns of paths into expressions of at most limit
// bytes.
func alternatives(paths []string, limit int) []string {
	var out []string
	var b strings.Builder
	for _, p := range paths {
		if b.Len() > 0 && b.Len()+1+len(p) > limit {
			out = append(out, b.String())
			b.Reset()
		}
		if b.Len() > 0 {
			b.WriteByte('|')
		}
		b.WriteString(p)
	}
	if b.Len() > 0 {
		out = append(out, b.String())
	}
	return out
}
