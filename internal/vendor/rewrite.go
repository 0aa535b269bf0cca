package vendor

import (
	"bytes"
	"cmp"
	"net/url"
	"slices"
	"strings"

	"github.com/hone-web/hone/internal/markup"
	"github.com/hone-web/hone/site"
)

// Address returns the URL that a reference of a file leads to, without its
// fragment, and whether it leads to another host over https or plain http. base is the URL
// of the file itself, nil for a file of the site.
func Address(r *site.Ref, base *url.URL) (*url.URL, bool) {
	if r.Base != "" {
		return nil, false
	}
	u, err := url.Parse(strings.TrimSpace(r.URL))
	if err != nil {
		return nil, false
	}
	if base != nil {
		u = base.ResolveReference(u)
	} else if u.Host != "" && u.Scheme == "" {
		u.Scheme = "https" // as on the page, which is served over https
	}
	u.Fragment, u.RawFragment = "", ""
	return u, u.Host != "" && (u.Scheme == "https" || u.Scheme == "http")
}

// Place returns where the URL of a reference stands in text, its query with
// it and its fragment not. It is not ok where escapes that cannot be followed
// stand in the query.
func Place(text []byte, r *site.Ref) (site.Span, bool) {
	u, _, _ := strings.Cut(r.URL, "#")
	_, query, has := strings.Cut(u, "?")
	if !has {
		return r.Span, true
	}
	want := "?" + query
	rest := text[r.Span.End:]
	// An ampersand is written with up to six bytes in HTML.
	for n := min(len(want), len(rest)); n <= min(len(rest), 6*len(want)+8); n++ {
		got := rest[:n]
		if string(got) != want && markup.UnescapeAttr(got) != want {
			continue
		}
		if n < len(rest) && markup.UnescapeAttr(rest[:n+1]) == want {
			continue // the semicolon of a reference
		}
		return site.Span{Start: r.Span.Start, End: r.Span.End + n}, true
	}
	return site.Span{}, false
}

// Apply makes edits, which must not overlap.
func Apply(text []byte, edits []site.Edit) []byte {
	slices.SortFunc(edits, func(a, b site.Edit) int { return cmp.Compare(a.Span.Start, b.Span.Start) })
	var out bytes.Buffer
	at := 0
	for _, e := range edits {
		if e.Span.Start < at {
			continue
		}
		out.Write(text[at:e.Span.Start])
		out.WriteString(e.New)
		at = e.Span.End
	}
	out.Write(text[at:])
	return out.Bytes()
}

// StaleHints returns edits that take out of a page the preconnect and
// dns-prefetch links to hosts of which nothing is fetched any more.
func StaleHints(page []byte, gone func(host string) bool) []site.Edit {
	if !bytes.Contains(page, []byte("preconnect")) && !bytes.Contains(page, []byte("dns-prefetch")) {
		return nil
	}
	var edits []site.Edit
	for _, t := range markup.Parse(page) {
		if t.Type != markup.StartTag || t.Name != "link" {
			continue
		}
		rel := strings.Fields(strings.ToLower(t.Get(page, "rel")))
		if len(rel) == 0 || slices.ContainsFunc(rel, func(r string) bool { return r != "preconnect" && r != "dns-prefetch" }) {
			continue
		}
		u, err := url.Parse(strings.TrimSpace(t.Get(page, "href")))
		if err == nil && u.Host != "" && gone(strings.ToLower(u.Host)) {
			edits = append(edits, site.Edit{Span: t.Span})
		}
	}
	return edits
}

// Relative writes the address of the file to as seen from the folder dir. Both
// are of characters that need no escapes.
func Relative(dir string, to site.Path) string {
	up := ""
	for dir != "" && !strings.HasPrefix(string(to), dir+"/") {
		up += "../"
		if i := strings.LastIndexByte(dir, '/'); i >= 0 {
			dir = dir[:i]
		} else {
			dir = ""
		}
	}
	return up + strings.TrimPrefix(strings.TrimPrefix(string(to), dir), "/")
}
