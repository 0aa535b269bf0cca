// Package site holds the nouns every other package speaks: paths, kinds,
// files, references, objects, the manifest and diagnostics. It owns no
// decision and knows no file system beyond the snapshot it is handed; it
// imports the standard library only, so that anything may import it.
package site

import (
	"fmt"
	"path"
	"strings"
	"unicode/utf8"
)

// Path names a file by its place under the site root: slash-separated, clean,
// without a leading slash ("blog/index.html"). The bytes are those of the
// file name, which need not be UTF-8; nothing here is percent-encoded.
type Path string

// Dir returns the folder that holds p, "" for the root.
func (p Path) Dir() string {
	if i := strings.LastIndexByte(string(p), '/'); i >= 0 {
		return string(p[:i])
	}
	return ""
}

// Base returns the last element of p.
func (p Path) Base() string { return path.Base(string(p)) }

// Ext returns the extension of p in lower case with its dot, "" if it has none.
func (p Path) Ext() string { return strings.ToLower(path.Ext(string(p))) }

// Stem returns the last element of p without its extension.
func (p Path) Stem() string {
	b := p.Base()
	return b[:len(b)-len(path.Ext(b))]
}

// Join returns the path of name in folder dir, cleaned. A name that climbs
// out of the root returns "".
func Join(dir, name string) Path {
	p := path.Join(dir, name)
	if p == ".." || strings.HasPrefix(p, "../") || strings.HasPrefix(p, "/") || p == "." {
		return ""
	}
	return Path(p)
}

// Escape writes a path as URL text (RFC 3986, section 2.3): every byte but the
// unreserved characters and the slash is percent-encoded. The result therefore
// needs no further escaping in HTML (quoted or not), srcset, CSS url() (quoted
// or not), JavaScript, JSON or XML.
func Escape(p string) string {
	n := 0
	for i := 0; i < len(p); i++ {
		if !unreserved(p[i]) {
			n++
		}
	}
	if n == 0 {
		return p
	}
	const hex = "0123456789ABCDEF"
	b := make([]byte, 0, len(p)+2*n)
	for i := 0; i < len(p); i++ {
		if c := p[i]; unreserved(c) {
			b = append(b, c)
		} else {
			b = append(b, '%', hex[c>>4], hex[c&15])
		}
	}
	return string(b)
}

func unreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' ||
		c == '-' || c == '.' || c == '_' || c == '~' || c == '/'
}

// MarshalText writes the path for records. JSON is UTF-8; a byte of a name
// that is not is written as \xHH, so that two such names stay two.
func (p Path) MarshalText() ([]byte, error) {
	if utf8.ValidString(string(p)) {
		return []byte(p), nil
	}
	var b []byte
	for s := string(p); s != ""; {
		r, n := utf8.DecodeRuneInString(s)
		if r == utf8.RuneError && n == 1 {
			b = fmt.Appendf(b, `\x%02X`, s[0])
		} else {
			b = append(b, s[:n]...)
		}
		s = s[n:]
	}
	return b, nil
}
