package scan

import (
	"bytes"
	"regexp"
	"sync"

	"github.com/hone-web/hone/internal/guard"
)

// maxWords bounds the words kept of one file, and maxWord their length.
const (
	maxWords = 20000
	maxWord  = 64
)

// ImgIn is the beginning of a word that says: a script asks for the pictures in
// elements of the class that follows.
const ImgIn = "img in ."

// imgIn matches a selector of pictures in elements of one class.
var imgIn = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile("^[\"'`]\\.([A-Za-z_][A-Za-z0-9_-]*)\\s+img[\"'`]$") })

// notePictures notes a string that asks for pictures in elements of a class,
// and for no others. A class that the script also names without its dot it may
// give to anything.
func (p *jsScan) notePictures(b []byte) bool {
	if len(b) < 7 || len(b) > maxWord || b[1] != '.' || !bytes.Contains(b, []byte("img")) {
		return false
	}
	m := imgIn().FindSubmatch(b)
	if m == nil {
		return false
	}
	for _, quote := range [...]string{`"`, `'`, "`"} {
		if bytes.Contains(p.v.text, []byte(quote+string(m[1])+quote)) {
			return false
		}
	}
	add(&p.words, ImgIn+string(m[1]))
	add(&p.words, string(m[1]))
	return true
}

// noteWords notes the names in a string of a script. A string that is a
// selector, a list of classes or a piece of markup gives each name in it.
func (p *jsScan) noteWords(b []byte) {
	for i := 0; i < len(b); {
		if !nameChar[b[i]] {
			i++
			continue
		}
		j := i
		for j < len(b) && nameChar[b[j]] {
			j++
		}
		if j-i <= maxWord && !(b[i] >= '0' && b[i] <= '9') && len(p.words) < maxWords {
			if _, ok := p.words[string(b[i:j])]; !ok {
				add(&p.words, string(b[i:j]))
			}
		}
		i = j
	}
}

var nameChar = func() (t [256]bool) {
	for _, c := range []byte("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") {
		t[c] = true
	}
	for c := 0x80; c < 0x100; c++ {
		t[c] = true
	}
	return t
}()

// scriptFacts looks for words without which a script cannot do what
// ScriptFacts names.
func (s *scanner) scriptFacts(text []byte) {
	f := &s.doc.Script
	f.Natural = f.Natural || bytes.Contains(text, []byte("naturalWidth")) || bytes.Contains(text, []byte("naturalHeight"))
	f.SetsSrc = f.SetsSrc || setsSrc(text)
	f.Names = f.Names || guard.ReadsNames(text)
	for _, w := range [...]string{"parentNode", "parentElement", "hildren", "hildNodes", "ibling", "firstElementChild", "lastElementChild", "firstChild", "lastChild",
		".parent(", ".next(", ".prev(", ".unwrap(", ".wrap(", ".eq(", ".index("} {
		if f.WalksDOM {
			break
		}
		f.WalksDOM = bytes.Contains(text, []byte(w))
	}
}

// amongAttrs reports whether the string between before and after stands in a
// list that names attributes of other elements too, as sanitizers hold of what
// may stay: nobody sets those one after another.
func amongAttrs(before, after []byte) bool {
	const far = 200
	open := bytes.LastIndexAny(before[max(0, len(before)-far):], "[]")
	end := bytes.IndexAny(after[:min(far, len(after))], "[]")
	if open < 0 || end < 0 || after[end] != ']' {
		return false
	}
	head, tail := before[max(0, len(before)-far):][open:], after[:end]
	if head[0] != '[' || bytes.ContainsAny(head, "(){};=") || bytes.ContainsAny(tail, "(){};=") {
		return false
	}
	for _, list := range [][]byte{head, tail} {
		for _, name := range [...]string{"href", "alt", "cite", "longdesc"} {
			if i := bytes.Index(list, []byte(name)); i > 0 && i+len(name) < len(list) && bytes.IndexByte([]byte(`"'`+"`"), list[i-1]) >= 0 && list[i-1] == list[i+len(name)] {
				return true
			}
		}
	}
	return false
}

// setsSrc reports whether a script assigns the address of an element that may
// be a picture: it speaks of pictures and assigns src.
func setsSrc(text []byte) bool {
	speaks := false
	for _, w := range [...]string{"img", "Img", "IMG", "image", "Image", "photo", "thumb", "picture"} {
		speaks = speaks || bytes.Contains(text, []byte(w))
	}
	if !speaks {
		return false
	}
	for at := 0; ; {
		i := bytes.Index(text[at:], []byte("src"))
		if i < 0 {
			return false
		}
		before, after := text[:at+i], text[at+i+3:]
		at += i + 3
		if len(before) == 0 {
			continue
		}
		switch before[len(before)-1] {
		case '.':
			rest := bytes.TrimLeft(after, " \t\n")
			if len(rest) > 1 && rest[0] == '=' && rest[1] != '=' || bytes.HasPrefix(after, []byte("set")) {
				return true
			}
		case '"', '\'', '`':
			if len(after) > 0 && (after[0] == before[len(before)-1] || bytes.HasPrefix(after, []byte("set"))) && !amongAttrs(before, after) {
				return true
			}
		}
	}
}
