package pipeline

import (
	"cmp"
	"slices"
	"strings"

	"github.com/hone-web/hone/bundle"
	"github.com/hone-web/hone/site"
)

// ExternalHost is another host that pages load from.
type ExternalHost struct {
	Host  string `json:"host"`
	Files int    `json:"files"` // addresses
	Pages int    `json:"pages"` // that load from it
	Waits int    `json:"waits"` // pages that are not shown before it answered
	// Copies counts the addresses that external.vendor could serve from the
	// site itself.
	Copies int `json:"copies"`
}

// hostsOf sums up what pages load from other hosts, the host of most pages
// first.
func hostsOf(pages map[site.Path][]bundle.Foreign) []ExternalHost {
	type host struct {
		files map[string]bool
		sum   ExternalHost
	}
	hosts := map[string]*host{}
	for _, list := range pages {
		seen, waits := map[string]bool{}, map[string]bool{}
		for _, f := range list {
			h := hosts[f.Host]
			if h == nil {
				h = &host{files: map[string]bool{}, sum: ExternalHost{Host: f.Host}}
				hosts[f.Host] = h
			}
			if !h.files[f.URL] {
				h.files[f.URL] = true
				h.sum.Files++
				if f.Copy {
					h.sum.Copies++
				}
			}
			if !seen[f.Host] {
				seen[f.Host] = true
				h.sum.Pages++
			}
			if f.Waits && !waits[f.Host] {
				waits[f.Host] = true
				h.sum.Waits++
			}
		}
	}
	out := []ExternalHost{}
	for _, h := range hosts {
		out = append(out, h.sum)
	}
	slices.SortFunc(out, func(a, b ExternalHost) int {
		return cmp.Or(cmp.Compare(b.Pages, a.Pages), strings.Compare(a.Host, b.Host))
	})
	return out
}
