package scan

import (
	"bytes"

	"github.com/hone-web/hone/internal/guard"
)

// maxWords bounds the words kept of one file, and maxWord their length.
const (
	maxWords = 20000
	maxWord  = 64
)

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
	for b := text; ; {
		i := bytes.Index(b, []byte("src"))
		if i < 0 {
			return false
		}
		before, after := b[:i], b[i+3:]
		b = after
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
			if len(after) > 0 && (after[0] == before[len(before)-1] || bytes.HasPrefix(after, []byte("set"))) {
				return true
			}
		}
	}
}
