package vendor

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"path"
	"strings"

	"github.com/hone-web/hone/site"
)

// Dir is the folder of the site in which copies stand.
const Dir = "vendor"

// extensions of the media types that are copied; the first is given to names
// that have none.
var extensions = map[string][]string{
	"text/css":                 {".css"},
	"text/javascript":          {".js", ".mjs"},
	"application/javascript":   {".js", ".mjs"},
	"application/x-javascript": {".js", ".mjs"},
	"font/woff2":               {".woff2"},
	"font/woff":                {".woff"},
	"font/ttf":                 {".ttf"},
	"font/otf":                 {".otf"},
	"image/png":                {".png"},
	"image/jpeg":               {".jpg", ".jpeg"},
	"image/gif":                {".gif"},
	"image/webp":               {".webp"},
	"image/avif":               {".avif"},
	"image/svg+xml":            {".svg"},
	"image/x-icon":             {".ico"},
}

// Sniff returns the media type of a body by what it begins with, else the one
// that its server said (WHATWG MIME Sniffing, section 6).
func Sniff(body []byte, said string) string {
	for _, s := range []struct{ at, magic, typ string }{
		{"", "wOF2", "font/woff2"}, {"", "wOFF", "font/woff"}, {"", "\x00\x01\x00\x00", "font/ttf"}, {"", "true", "font/ttf"}, {"", "OTTO", "font/otf"},
		{"", "\x89PNG\r\n\x1a\n", "image/png"}, {"", "\xff\xd8\xff", "image/jpeg"}, {"", "GIF87a", "image/gif"}, {"", "GIF89a", "image/gif"},
		{"RIFF....", "WEBP", "image/webp"}, {"....", "ftypavif", "image/avif"}, {"", "\x00\x00\x01\x00", "image/x-icon"},
	} {
		if n := len(s.at); len(body) >= n+len(s.magic) && string(body[n:n+len(s.magic)]) == s.magic && (n == 0 || s.at[0] == '.' || strings.HasPrefix(string(body), s.at[:4])) {
			// TrueType begins with a word that a script may begin with, too.
			if s.magic != "true" || strings.HasPrefix(said, "font/") {
				return s.typ
			}
		}
	}
	switch said {
	case "application/x-javascript", "application/ecmascript", "text/ecmascript":
		return "application/javascript"
	case "image/vnd.microsoft.icon":
		return "image/x-icon"
	}
	return said
}

// Kind returns the kind of file that a media type is; site.Opaque for those
// that are not copied.
func Kind(typ string) site.Kind {
	if e := extensions[typ]; e != nil {
		return site.KindOf(site.Path("f" + e[0]))
	}
	return site.Opaque
}

// Name returns the path in the site of the copy of what a URL answers with a
// media type of extensions: "vendor/HOST/PATH", in characters that stand in
// HTML and CSS without quotes. Where the URL has others, or a query, or an
// extension that is not of the type, a part of the URL's hash follows.
func Name(u *url.URL, typ string) site.Path {
	clean := true
	safe := func(s string) string {
		return strings.Map(func(r rune) rune {
			if 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("._-/~", r) {
				return r
			}
			clean = clean && r == '@' // library@version
			return '-'
		}, s)
	}
	p := safe(strings.TrimPrefix(path.Clean("/"+u.Path), "/"))
	host := strings.ReplaceAll(strings.ToLower(u.Host), ":", "-")
	if p == "" {
		p, clean = "index", false
	}
	ext := path.Ext(p)
	known := false
	for _, e := range extensions[typ] {
		known = known || strings.EqualFold(e, ext)
	}
	stem := strings.TrimSuffix(p, ext)
	if !known {
		stem, ext = p, extensions[typ][0]
	}
	// A hidden file might not be deployed.
	for _, seg := range strings.Split(stem, "/") {
		clean = clean && !strings.HasPrefix(seg, ".")
	}
	stem = strings.ReplaceAll("/"+stem, "/.", "/-")[1:]
	if len(stem) > maxStem {
		stem, clean = stem[:maxStem], false
	}
	if !clean || u.RawQuery != "" {
		sum := sha256.Sum256([]byte(u.String()))
		stem += "-" + hex.EncodeToString(sum[:3]) // eight digits would be taken for a fingerprint
	}
	return site.Path(Dir + "/" + host + "/" + stem + ext)
}

// maxStem bounds names: file systems take 255 bytes a segment.
const maxStem = 180
