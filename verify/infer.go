package verify

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/hone-web/hone/site"
)

// Inferred is a rule that the site or its configuration speaks for.
type Inferred struct {
	Path       string // pattern of URL paths
	Access     Access
	ByAgent    map[Agent]Access // of classes that have another access
	At         site.HostPlace
	Source     string // "isAccessibleForFree", "nginx", …
	Confidence string // high, medium or low
	Pages      int    // how many files it covers
	Against    string // not empty: another source says something else, and this says which
}

// Infer drafts a policy from what is already said: by pages, by discovery
// files, by hosts. Rules are ordered by path; of sources that disagree each
// knows of the other.
func (p *Payment) Infer() ([]Inferred, error) {
	in := &inference{Payment: p, j: &payment{Payment: p, at: map[site.Path]*PaymentFile{}, groups: map[string]*cause{}}}
	for _, f := range p.Files {
		f.urls = URLs(f.Path)
		in.j.at[f.Path] = f
	}
	in.pages()
	in.hosts()
	in.discovery()
	in.licences()
	in.listed()
	if in.j.err != nil {
		return nil, in.j.err
	}
	slices.SortStableFunc(in.out, func(a, b Inferred) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Source, b.Source))
	})
	in.disagree()
	return in.out, nil
}

type inference struct {
	*Payment
	j   *payment
	out []Inferred
}

// pages reads isAccessibleForFree. Where all pages of a folder say the same,
// the folder is one rule.
func (in *inference) pages() {
	type folder struct {
		access map[Access][]*PaymentFile
		other  int
	}
	folders := map[string]*folder{}
	at := map[site.Path]site.HostPlace{}
	for _, f := range in.Files {
		if f.Kind != site.HTML {
			continue
		}
		dir := f.Path.Dir()
		if folders[dir] == nil {
			folders[dir] = &folder{access: map[Access][]*PaymentFile{}}
		}
		text := in.j.read(f.Path)
		d := DeclaredAccess(text)
		switch {
		case d == nil:
			folders[dir].other++
			continue
		case d.Free:
			folders[dir].access[Free] = append(folders[dir].access[Free], f)
		case len(d.Hidden) > 0:
			folders[dir].access[Preview] = append(folders[dir].access[Preview], f)
		default:
			folders[dir].access[Paid] = append(folders[dir].access[Paid], f)
		}
		line, _ := site.Position(text, d.Off)
		at[f.Path] = site.HostPlace{Path: f.Path, Line: line}
	}
	for dir, fo := range folders {
		for access, files := range fo.access {
			if access == Free {
				continue // the default
			}
			if dir != "" && len(files) > 1 && fo.other == 0 && len(fo.access) == 1 {
				in.add(Inferred{Path: "/" + escapeGlob(dir) + "/**", Access: access, At: at[files[0].Path], Source: "isAccessibleForFree", Confidence: "high", Pages: len(files)})
				continue
			}
			for _, f := range files {
				in.add(Inferred{Path: escapeGlob(f.urls[0]), Access: access, At: at[f.Path], Source: "isAccessibleForFree", Confidence: "high", Pages: 1})
			}
		}
	}
}

// escapeGlob is for names that hold what a pattern gives a meaning to: one
// character stands for any.
func escapeGlob(s string) string {
	return strings.NewReplacer("*", "?", "{", "?", "}", "?").Replace(s)
}

func (in *inference) add(i Inferred) { in.out = append(in.out, i) }

// hosts reads what is gated now, which need not be what is meant.
func (in *inference) hosts() {
	for _, c := range in.Hosts {
		for k := range c.Rules {
			r := &c.Rules[k]
			if r.Status != 402 && r.Status != 401 && r.Status != 403 || r.Dropped != "" || r.Cond != "" {
				continue
			}
			if routes(c) {
				in.add(Inferred{Path: routeGlob(r.Pattern), Access: Paid, At: r.HostPlace, Source: "x402 routes", Confidence: "medium", Pages: in.covered(r)})
				continue
			}
			access, sure := Paid, "medium"
			if r.Status != 402 {
				access, sure = Deny, "low" // closed, and maybe for other reasons than a price
			}
			n := 0
			common := ""
			for _, f := range in.Files {
				if u := in.j.served(c, f); len(u) > 0 && r.Covers(u[0]) {
					dir := path.Dir(u[0])
					if n++; n == 1 {
						common = dir
					}
					for common != "/" && dir != common && !strings.HasPrefix(dir, common+"/") {
						common = path.Dir(common)
					}
				}
			}
			if n > 0 {
				in.add(Inferred{Path: escapeGlob(strings.TrimSuffix(common, "/")) + "/**", Access: access, At: r.HostPlace, Source: c.Host, Confidence: sure, Pages: n})
			}
		}
	}
}

// discovery reads what is sold by the site's own word.
func (in *inference) discovery() {
	for _, f := range in.Files {
		b := strings.ToLower(f.Path.Base())
		source, sure := "OpenAPI", "high"
		switch {
		case f.Path.Dir() == ".well-known" && (b == "x402" || b == "x402.json"):
			source, sure = "x402 discovery", "medium"
		case b != "openapi.json" && b != "swagger.json":
			continue
		}
		for _, it := range soldItems(f.Path, in.j.read(f.Path)) {
			u := it.Path
			if source != "OpenAPI" {
				u = escapeGlob(u)
			}
			in.add(Inferred{Path: u, Access: Paid, At: site.HostPlace{Path: f.Path}, Source: source, Confidence: sure, Pages: 1})
		}
	}
}

func urlPath(u string) string {
	if i := strings.Index(u, "://"); i >= 0 {
		u = u[i+3:]
		if i = strings.IndexByte(u, '/'); i < 0 {
			return "/"
		}
		u = u[i:]
	}
	u, _, _ = strings.Cut(u, "?")
	if !strings.HasPrefix(u, "/") {
		return ""
	}
	return u
}

// templates writes the parameters of a path as wildcards.
func templates(p string) string {
	parts := strings.Split(p, "/")
	for i, s := range parts {
		if strings.ContainsAny(s, "{}") {
			parts[i] = "*"
		}
	}
	return strings.Join(parts, "/")
}

// disagree finds files that two sources judge differently.
func (in *inference) disagree() {
	globs := make([]*Glob, len(in.out))
	for i := range in.out {
		g, err := NewGlob(in.out[i].Path)
		if err != nil {
			in.out[i].Against = err.Error()
			continue
		}
		globs[i] = g
	}
	const most = 500 // pairs are compared
	for i := range min(len(in.out), most) {
		for k := range min(len(in.out), most) {
			a, b := &in.out[i], &in.out[k]
			if a.Access == b.Access && maps.Equal(a.ByAgent, b.ByAgent) || a.ByAgent != nil || b.ByAgent != nil || globs[i] == nil || globs[k] == nil || a.Against != "" {
				continue
			}
			for _, f := range in.Files {
				if slices.ContainsFunc(f.urls, globs[i].Match) && slices.ContainsFunc(f.urls, globs[k].Match) {
					a.Against = fmt.Sprintf("%s says that %s is %s", b.Source, f.Path, b.Access)
					break
				}
			}
		}
	}
}
