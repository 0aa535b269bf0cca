package scan

import (
	"bytes"
	"strings"

	"github.com/hone-web/hone/site"
)

// hashes notes the hash tokens in src that are no Sum. A script may write the
// slash of Base64 as "\/" and an HTML attribute the plus sign as a character
// reference; the former is undone here, the latter in the policies of a page.
func (s *scanner) hashes(src []byte) {
	in := make(map[int]bool) // where hashes of Sums begin
	for _, m := range s.sums {
		eachHash(src[m.Span.Start:m.Span.End], func(off int, _ string) { in[m.Span.Start+off] = true })
	}
	eachHash(src, func(off int, h string) {
		if !in[off] {
			add(&s.hashSet, h)
		}
	})
	for _, p := range s.doc.CSP {
		eachHash([]byte(p), func(_ int, h string) { add(&s.hashSet, h) })
	}
}

// eachHash calls f for every hash token (W3C SRI, section 3.5) in b.
func eachHash(b []byte, f func(off int, hash string)) {
	for off := 0; ; {
		i := bytes.Index(b[off:], []byte("sha"))
		if i < 0 || off+i+7 > len(b) {
			return
		}
		off += i
		digits := 0
		switch string(b[off : off+7]) {
		case "sha256-":
			digits = 43
		case "sha384-":
			digits = 64
		case "sha512-":
			digits = 86
		default:
			off += 3
			continue
		}
		end := off + 7
		for end < len(b) && (isBase64(b[end]) || b[end] == '\\' && end+1 < len(b) && b[end+1] == '/') {
			end++
		}
		h := strings.ReplaceAll(string(b[off:end]), `\/`, "/")
		if len(h)-7 >= digits {
			for end < len(b) && b[end] == '=' && len(h)-7 < digits+2 {
				h += "="
				end++
			}
			f(off, h)
		}
		off = end
	}
}

func isBase64(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '+' || c == '/' || c == '-' || c == '_'
}

// HexPrefix begins the hashes in Doc.Hashes that are written in hexadecimal.
const HexPrefix = "hex:"

// hexHash notes a string of a data file that is a hexadecimal MD5, SHA-1 or
// SHA-256: a service worker may hold a table of what its files must be.
func (s *scanner) hexHash(b []byte) {
	if n := len(b); n != 32 && n != 40 && n != 64 {
		return
	}
	for _, c := range b {
		if !('0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f') {
			return
		}
	}
	add(&s.hashSet, HexPrefix+strings.ToLower(string(b)))
}

// revision notes that the text of v is the hexadecimal hash of what ref id
// refers to, if it looks like one.
func (s *scanner) revision(v view, id int) {
	switch len(v.text) {
	case 32, 40, 64:
	default:
		return
	}
	if _, n := hex(v.text, len(v.text)); n != len(v.text) {
		return
	}
	s.sums = append(s.sums, site.SumRef{Span: v.span(), Kind: site.SumRevision, Ref: id, Text: string(v.text)})
}
