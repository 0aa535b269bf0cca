package cache

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hone-web/hone/site"
)

// Object is one file as a store keeps it: an entry of a manifest, or one of
// the precompressed forms that lie beside it.
type Object struct {
	Path   site.Path         `json:"path"`
	Of     site.Path         `json:"of,omitempty"`     // the entry that this is a form of
	Coding string            `json:"coding,omitempty"` // its content coding
	Size   int64             `json:"size"`
	SHA256 site.Digest       `json:"sha256"` // of the bytes without content coding
	Header map[string]string `json:"header"`
	Class  string            `json:"class"`
	New    bool              `json:"new,omitempty"` // the last deploy had no such file
	zone   site.Zone
	was    map[string]string // its fields in the last deploy, where only they changed
}

// The names that precompressed forms have, as nginx, Apache and Caddy look
// for them.
var codingExt = map[string]string{"br": ".br", "gzip": ".gz", "zstd": ".zst"}

// ReadManifest reads a manifest that may come from anywhere. A path that
// leads out of the site, or a header that would break out of its line, is an
// error: both end up in commands.
func ReadManifest(text []byte) (*site.Manifest, error) {
	var m site.Manifest
	if err := json.Unmarshal(text, &m); err != nil {
		return nil, fmt.Errorf("not a manifest: %w", err)
	}
	if m.Version != site.ManifestVersion {
		return nil, fmt.Errorf("manifest of version %d, this hone reads %d; build the site again", m.Version, site.ManifestVersion)
	}
	if m.Entries == nil {
		return nil, errors.New("not a manifest: it lists no entries")
	}
	seen := make(map[site.Path]bool, len(m.Entries))
	for i := range m.Entries {
		e := &m.Entries[i]
		e.Path = unescapeName(e.Path)
		for j, p := range e.From {
			e.From[j] = unescapeName(p)
		}
		if e.Path == "" || site.Join("", string(e.Path)) != e.Path || strings.ContainsRune(string(e.Path), 0) {
			return nil, fmt.Errorf("entry %d: %q is no path of a site", i, e.Path)
		}
		if seen[e.Path] {
			return nil, fmt.Errorf("entry %d: %q is listed twice", i, e.Path)
		}
		seen[e.Path] = true
		for name, value := range e.Header {
			if !fieldName(name) || strings.ContainsAny(value, "\r\n\x00") {
				return nil, fmt.Errorf("entry %d: %q is no header field", i, name+": "+value)
			}
		}
		for _, c := range e.Encodings {
			if codingExt[c] == "" {
				return nil, fmt.Errorf("entry %d: content coding %q is not known", i, c)
			}
		}
	}
	slices.SortFunc(m.Entries, func(a, b site.Entry) int { return strings.Compare(string(a.Path), string(b.Path)) })
	return &m, nil
}

// fieldName reports whether s is a token (RFC 9110, section 5.6.2), which is
// what the name of a header field is.
func fieldName(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`"(),/:;<=>?@[\]{}`, c) >= 0 {
			return false
		}
	}
	return s != ""
}

// unescapeName undoes what site.Path.MarshalText does to bytes that are not
// UTF-8. Those are 0x80 and above, so \x41 in a name stays as it is.
func unescapeName(p site.Path) site.Path {
	s := string(p)
	if !strings.Contains(s, `\x`) {
		return p
	}
	const hex = "0123456789ABCDEF"
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if i+3 < len(s) && s[i] == '\\' && s[i+1] == 'x' {
			hi, lo := strings.IndexByte(hex, s[i+2]), strings.IndexByte(hex, s[i+3])
			if hi >= 8 && lo >= 0 {
				b = append(b, byte(hi<<4|lo))
				i += 3
				continue
			}
		}
		b = append(b, s[i])
	}
	return site.Path(b)
}

// objects lists what the entries of m are in a store, by path. Where an entry
// and a form of another have one name, the entry has it.
func objects(m *site.Manifest) map[site.Path]*Object {
	out := make(map[site.Path]*Object, len(m.Entries))
	for i := range m.Entries {
		e := &m.Entries[i]
		for _, c := range e.Encodings {
			h := maps.Clone(e.Header)
			if h == nil {
				h = map[string]string{}
			}
			// The form is sent as what it is a form of (RFC 9110, section 8.4).
			h["Content-Encoding"] = c
			p := e.Path + site.Path(codingExt[c])
			out[p] = &Object{Path: p, Of: e.Path, Coding: c, Size: e.Encoded[c], SHA256: e.SHA256, Header: h, Class: e.Class, zone: e.Zone}
		}
	}
	for i := range m.Entries {
		e := &m.Entries[i]
		h := e.Header
		if h == nil {
			h = map[string]string{}
		}
		out[e.Path] = &Object{Path: e.Path, Size: e.Size, SHA256: e.SHA256, Header: h, Class: e.Class, zone: e.Zone}
	}
	return out
}

// Aliases returns every URL path that hosts answer for the file at p, sorted:
// blog/index.html is /blog/index.html, /blog/ and /blog; about.html is also
// /about and /about/.
func Aliases(p site.Path) []string {
	full := "/" + string(p)
	out := []string{full}
	if ext := p.Ext(); ext == ".html" || ext == ".htm" {
		bare := full[:len(full)-len(ext)]
		if dir, ok := strings.CutSuffix(bare, "/index"); ok {
			out = append(out, dir+"/", bare)
			if dir != "" {
				out = append(out, dir)
			}
		} else {
			out = append(out, bare, bare+"/")
		}
	}
	return spellings(out)
}

// spellings writes each path as hone writes addresses, and as browsers send
// what people typed: caches may hold one page under both.
func spellings(paths []string) []string {
	out := make([]string, 0, 2*len(paths))
	for _, p := range paths {
		out = append(out, site.Escape(p), typed(p))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// typed percent-encodes what browsers encode in a path (WHATWG URL, path
// percent-encode set) and, besides, the percent sign, the asterisk, which
// purging takes for a wildcard, and the backslash, which browsers turn.
func typed(p string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(p) {
		c := p[i]
		if c <= ' ' || c >= 0x7f || strings.IndexByte("\"#<>?`{}^%*\\", c) >= 0 {
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}
