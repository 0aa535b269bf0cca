package bundle

import (
	"net/url"
	"strings"

	"github.com/hone-web/hone/site"
)

// Base says where a site is served: "https://example.com" and "/docs/". An
// empty Origin means that absolute URLs to the own host cannot be told from
// others, and are left alone.
type Base struct {
	Origin string // scheme and host, lower case, no trailing slash
	Prefix string // begins and ends with a slash
}

// ParseBase reads a --base-url.
func ParseBase(s string) (Base, error) {
	u, err := url.Parse(s)
	if err != nil {
		return Base{}, err
	}
	b := Base{Prefix: "/" + strings.Trim(u.Path, "/") + "/"}
	if b.Prefix == "//" {
		b.Prefix = "/"
	}
	if u.Host != "" {
		b.Origin = strings.ToLower(u.Scheme + "://" + u.Host)
	}
	return b, nil
}

// Address is a URL as a page writes it, resolved as a browser and a static
// server do between them (WHATWG URL, section 4.4; file lookup as every static
// host does it).
type Address struct {
	Style    site.Style
	External bool      // another origin, or not http at all
	To       site.Path // the file that answers; "" if none does
	Origin   string    // "https://host" or "//host" as written, for absolute addresses
	Dir      string    // folder that a relative address starts from
	Folder   bool      // answers only as a folder whose index is To
}

// Resolver finds the file behind an address.
type Resolver struct {
	base  Base
	files map[site.Path]bool
}

// NewResolver returns a resolver over the given files.
func NewResolver(b Base, files map[site.Path]bool) *Resolver {
	if b.Prefix == "" {
		b.Prefix = "/"
	}
	return &Resolver{b, files}
}

// Resolve resolves u, found in the file from, whose <base href> is base ("" if
// it has none).
func (r *Resolver) Resolve(from site.Path, base, u string) Address {
	a := Address{Dir: from.Dir()}
	if base != "" {
		b := r.locate(from.Dir(), base)
		switch {
		case !b.External:
			a.Dir = b.Dir
		case isRelative(u):
			return Address{External: true}
		case b.Style >= site.Absolute && b.Origin == "" && scheme(u) == "" && !strings.HasPrefix(u, "//"):
			return Address{External: true} // the root of another host
		}
	}
	got := r.locate(a.Dir, u)
	if got.Style == site.Relative || got.Style == site.Dotted {
		got.Dir = a.Dir
	}
	if got.External {
		return got
	}
	got.To, got.Folder = r.lookup(string(got.To))
	return got
}

// isRelative reports whether u starts from a folder.
func isRelative(u string) bool { return !strings.HasPrefix(u, "/") && scheme(u) == "" }

// scheme returns the scheme of u in lower case (RFC 3986, section 3.1), "" if
// it has none.
func scheme(u string) string {
	for i := 0; i < len(u); i++ {
		switch c := u[i]; {
		case 'a' <= c|0x20 && c|0x20 <= 'z':
		case i > 0 && ('0' <= c && c <= '9' || c == '+' || c == '-' || c == '.'):
		case i > 0 && c == ':':
			return strings.ToLower(u[:i])
		default:
			return ""
		}
	}
	return ""
}

// locate turns u into a decoded path under the site root, which it leaves in
// To without looking whether a file is there. Dir becomes the folder u names,
// for use as a base.
func (r *Resolver) locate(dir, u string) Address {
	if i := strings.IndexAny(u, "?#"); i >= 0 {
		u = u[:i]
	}
	u = strings.ReplaceAll(u, `\`, "/") // as browsers do for http URLs
	var a Address
	p := u
	switch s := scheme(u); {
	case s == "http" || s == "https" || s == "" && strings.HasPrefix(u, "//"):
		a.Style = site.Absolute
		host := strings.TrimPrefix(u[len(s):], ":")
		if s == "" {
			a.Style = site.NetPath
		}
		host = strings.TrimLeft(host, "/")
		p = "/"
		if i := strings.IndexByte(host, '/'); i >= 0 {
			host, p = host[:i], host[i:]
		}
		if r.base.Origin == "" || strings.ToLower(host) != r.base.Origin[strings.Index(r.base.Origin, "//")+2:] {
			return Address{External: true, Style: a.Style}
		}
		a.Origin = strings.TrimSuffix(u, p)
		if p == "/" && !strings.HasSuffix(u, "/") {
			a.Origin = u
		}
	case s != "":
		return Address{External: true}
	case strings.HasPrefix(u, "/"):
		a.Style = site.Rooted
	case strings.HasPrefix(u, "./") || strings.HasPrefix(u, "../"):
		a.Style = site.Dotted
		p = r.base.Prefix + dir + "/" + u
	default:
		p = r.base.Prefix + dir + "/" + u
	}
	p = clean(decode(p))
	rest, ok := strings.CutPrefix(p, r.base.Prefix)
	if !ok {
		if p+"/" != r.base.Prefix {
			return Address{External: true, Style: a.Style, Origin: a.Origin}
		}
		rest = ""
	}
	a.To = site.Path(rest)
	if i := strings.LastIndexByte(rest, '/'); i >= 0 {
		a.Dir = rest[:i]
	}
	return a
}

// clean resolves dot segments as URLs do (RFC 3986, section 5.2.4): ".." stops
// at the root, and a trailing slash stays.
func clean(p string) string {
	var out []string
	segs := strings.Split(strings.TrimPrefix(p, "/"), "/")
	for i, s := range segs {
		last := i == len(segs)-1
		switch s {
		case ".", "..":
			if s == ".." && len(out) > 0 {
				out = out[:len(out)-1]
			}
			if last {
				out = append(out, "")
			}
		case "":
			if last {
				out = append(out, "")
			}
		default:
			out = append(out, s)
		}
	}
	return "/" + strings.Join(out, "/")
}

// decode undoes percent-encoding once, as a server does; a stray percent sign
// stands for itself.
func decode(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if hi, lo := unhex(s[i+1]), unhex(s[i+2]); hi >= 0 && lo >= 0 {
				b.WriteByte(byte(hi<<4 | lo))
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func unhex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}

// lookup finds the file a static host serves for a path under the root: the
// file itself, a folder's index, or the page without its extension.
func (r *Resolver) lookup(p string) (to site.Path, folder bool) {
	if p == "" || strings.HasSuffix(p, "/") {
		for _, index := range []string{"index.html", "index.htm", "index.xml"} {
			if c := site.Path(p + index); r.files[c] {
				return c, true
			}
		}
		if p == "" {
			return "", false
		}
		p = strings.TrimSuffix(p, "/")
		if c := site.Path(p + ".html"); r.files[c] {
			return c, false
		}
		return "", false
	}
	for _, c := range []string{p, p + ".html", p + "/index.html", p + ".htm", p + "/index.htm"} {
		if r.files[site.Path(c)] {
			return site.Path(c), strings.HasPrefix(c, p+"/")
		}
	}
	return "", false
}

// URL writes the address of the output file to, for a file at from, in the
// style of a.
func (r *Resolver) URL(from, to site.Path, a Address) string {
	switch a.Style {
	case site.Rooted:
		return r.root(to)
	case site.Absolute, site.NetPath:
		return a.Origin + r.root(to)
	}
	rel := relative(a.Dir, to)
	if a.Style == site.Dotted && !strings.HasPrefix(rel, "../") {
		return "./" + rel
	}
	return rel
}

func (r *Resolver) root(to site.Path) string {
	return site.Escape(r.base.Prefix) + site.Escape(string(to))
}

// relative writes to as seen from folder dir.
func relative(dir string, to site.Path) string {
	t := string(to)
	if dir == "" {
		return site.Escape(t)
	}
	if rest, ok := strings.CutPrefix(t, dir+"/"); ok {
		return site.Escape(rest)
	}
	ds, ts := strings.Split(dir, "/"), strings.Split(t, "/")
	n := 0
	for n < len(ds) && n < len(ts)-1 && ds[n] == ts[n] {
		n++
	}
	return strings.Repeat("../", len(ds)-n) + site.Escape(strings.Join(ts[n:], "/"))
}
