package scan

import (
	"bytes"
	"strings"

	"github.com/hone-web/hone/site"
)

// mention notes the file names in a text that a script may read: runs of
// [A-Za-z0-9_.@%~+-] that end in the extension of a known type. A backslash is
// dropped, so that the regular expression /foo\.js/ counts; an extension
// alone does not.
func (s *scanner) mention(b []byte) {
	for {
		i := bytes.IndexByte(b, '.')
		if i < 0 {
			return
		}
		start, end := i, i+1
		for start > 0 && (nameByte[b[start-1]] || b[start-1] == '\\') {
			start--
		}
		for end < len(b) && (nameByte[b[end]] || b[end] == '\\') {
			end++
		}
		s.mentionWord(b[start:end])
		b = b[end:]
	}
}

// maxName is the longest file name that file systems allow.
const maxName = 255

func (s *scanner) mentionWord(b []byte) {
	if len(b) > 2*maxName {
		return
	}
	w := strings.TrimRight(strings.ReplaceAll(string(b), `\`, ""), ".")
	if len(w) > maxName || w == "" || w[0] == '.' || !knownExt(w) {
		return
	}
	add(&s.mentions, w)
}

// knownExt reports whether a file name has the extension of a known type.
func knownExt(name string) bool {
	p := site.Path(name)
	switch p.Ext() {
	case "":
		return false
	case ".br":
		return true
	}
	return site.TypeOf(p) != "application/octet-stream"
}

var nameByte = func() (t [256]bool) {
	for _, c := range []byte("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.@%~+-") {
		t[c] = true
	}
	return t
}()
