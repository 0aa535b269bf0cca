package bundle

import (
	"strings"

	"github.com/hone-web/hone/internal/scan"
	"github.com/hone-web/hone/site"
)

// Preconnect opens connections early to hosts that a page is told of late, by
// a style sheet (Resource Hints, section 2.2). Hosts that the page itself names
// need no hint: browsers look ahead.
var Preconnect = &Combiner{
	Name: "preconnect",
	Doc:  "writes a preconnect hint for hosts that only style sheets name",
	Rank: 2,
	Plan: func(p *Planner) {
		for _, page := range p.Graph.Nodes {
			if page.File.Kind == site.HTML && page.Doc != nil && page.File.Frozen == "" {
				p.preconnect(page)
			}
		}
	},
}

// maxConnects bounds the hints of a page: each costs a handshake.
const maxConnects = 3

// fontHosts are hosts of style sheets that hold nothing but fonts of another
// host, as the code says that these services give out.
var fontHosts = map[string]string{"fonts.googleapis.com": "fonts.gstatic.com"}

// origin is a host to connect to.
type origin struct {
	host string
	cors bool // fonts are fetched without credentials, over a connection of their own (Fetch, section 2.6)
}

func (p *Planner) preconnect(page *Node) {
	head := firstInHead(page.Doc)
	if head == nil {
		return
	}
	var late []origin
	named := map[string]bool{} // hosts that the page names
	for i := range page.Doc.Refs {
		r := &page.Doc.Refs[i]
		host := hostOf(r.URL)
		if host == "" || !page.To[i].External || !r.Role.Loads() {
			continue
		}
		named[host] = true
		if font := fontHosts[host]; font != "" && r.Role == site.RoleStyle {
			late = append(late, origin{font, true})
		}
	}
	for _, n := range p.Graph.Loads(page) {
		if n == page || n.Doc == nil || n.File.Kind != site.CSS {
			continue
		}
		for i := range n.Doc.Refs {
			r := &n.Doc.Refs[i]
			_, ignored := r.Attrs["@late"]
			if host := hostOf(r.URL); host != "" && r.Role == site.RoleImport && n.To[i].External && !ignored {
				late = append(late, origin{host, false})
				if font := fontHosts[host]; font != "" {
					late = append(late, origin{font, true})
				}
			}
		}
	}
	text, hosts := "", []string{}
	for _, o := range late {
		if named[o.host] || connects(page.Doc, o.host) || len(hosts) == maxConnects {
			continue
		}
		named[o.host] = true
		text += `<link rel=preconnect href="https://` + o.host + `"`
		if o.cors {
			text += " crossorigin"
		}
		text += ">"
		hosts = append(hosts, o.host)
	}
	if text == "" {
		return
	}
	at := site.Span{Start: head.Span.Start, End: head.Span.Start}
	p.Plan.Edits[page.File.Path] = append(p.Plan.Edits[page.File.Path], site.Edit{Span: at, New: text})
	p.Note(page.File.Path, "connects early to "+strings.Join(hosts, ", ")+", which a style sheet asks for")
}

// hostOf returns the host of an address that is fetched over HTTPS, or with
// the scheme of the page; "" if it names none, or a port.
func hostOf(url string) string {
	rest, ok := strings.CutPrefix(url, "https:")
	if !ok {
		rest = url
	}
	rest, ok = strings.CutPrefix(rest, "//")
	if !ok {
		return ""
	}
	host, _, _ := strings.Cut(rest, "/")
	host, _, _ = strings.Cut(host, "?")
	if host == "" || strings.Trim(strings.ToLower(host), "abcdefghijklmnopqrstuvwxyz0123456789.-") != "" {
		return ""
	}
	return strings.ToLower(host)
}

// connects reports whether a page has such a hint already.
func connects(d *scan.Doc, host string) bool {
	for _, c := range d.Connects {
		if _, rest, ok := strings.Cut(c, "//"); ok && strings.TrimSuffix(rest, "/") == host {
			return true
		}
	}
	return false
}
