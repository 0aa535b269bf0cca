package bundle

import (
	"net/url"
	"slices"
	"strings"

	"github.com/hone-web/hone/site"
)

// Foreign is an address of another host that a page loads.
type Foreign struct {
	Host string // in lower case, with its port if one is written
	URL  string // as the page or its style sheet writes it
	// Waits says that the page is not shown before it answered: a style sheet,
	// or a script that the parser stops at.
	Waits bool
	// Copy says that it is of a kind that the site could serve itself.
	Copy bool
}

// Foreign lists the addresses of other hosts that a page loads, those that its
// style sheets and scripts load included, by host and address.
func (g *Graph) Foreign(n *Node) []Foreign {
	var out []Foreign
	at := map[string]int{}
	for _, from := range g.Loads(n) {
		if from.Doc == nil {
			continue
		}
		for _, i := range loaded(from.Doc) {
			r := &from.Doc.Refs[i]
			if !from.To[i].External || !remote(r.URL) {
				continue
			}
			u, err := url.Parse(r.URL)
			if err != nil {
				continue
			}
			f := Foreign{Host: strings.ToLower(u.Host), URL: r.URL, Waits: waits(r), Copy: copied[r.Role]}
			if k, twice := at[r.URL]; twice {
				out[k].Waits = out[k].Waits || f.Waits
				continue
			}
			at[r.URL] = len(out)
			out = append(out, f)
		}
	}
	slices.SortFunc(out, func(a, b Foreign) int {
		if c := strings.Compare(a.Host, b.Host); c != 0 {
			return c
		}
		return strings.Compare(a.URL, b.URL)
	})
	return out
}

// copied are the roles of what the site could serve itself.
var copied = map[site.Role]bool{site.RoleStyle: true, site.RoleImport: true, site.RoleScript: true, site.RoleModule: true, site.RoleFont: true,
	site.RoleImage: true, site.RoleSrcset: true, site.RoleBackground: true, site.RolePoster: true}

// waits reports whether the parser or the first paint waits for a reference.
func waits(r *site.Ref) bool {
	switch r.Role {
	case site.RoleStyle, site.RoleImport:
		return !strings.EqualFold(strings.TrimSpace(r.Attrs["media"]), "print")
	case site.RoleScript:
		return !has(r.Attrs, "async") && !has(r.Attrs, "defer")
	}
	return false
}

// remote reports whether a URL of another place is fetched over the network.
func remote(u string) bool {
	for _, scheme := range [...]string{"https://", "http://", "//"} {
		if len(u) >= len(scheme) && (u[:len(scheme)] == scheme) {
			return true
		}
	}
	return false
}
