package cache

import (
	"strings"

	"github.com/hone-web/hone/site"
)

const (
	// A page shows nothing before its style sheets are there; what comes after
	// the first few competes with them.
	maxEarly = 3
	// Cloudflare and others read a line of 2,000 characters and an answer of
	// some kilobytes.
	maxLink = 1000
)

// link tells of the style sheets of a page before the page is read. A paid page
// tells nothing: hints come before the gate has answered. Neither does a free
// one of what is paid.
func (p *Policy) link(e *site.Entry, free map[site.Path]bool) {
	if p.Early == nil || e.Class != ClassPage || e.Zone != "" {
		return
	}
	var links []string
	size := 0
	for _, s := range p.Early(e.Path) {
		// One that cannot be named ends the list: those after it would come
		// before it.
		url := p.Prefix + string(s)
		link := "<" + url + ">; rel=preload; as=style"
		if size += len(link) + 2; !free[s] || !plainURL(url) || size > maxLink || len(links) == maxEarly {
			break
		}
		links = append(links, link)
	}
	if len(links) > 0 {
		e.Header["Link"] = strings.Join(links, ", ")
	}
}

// plainURL reports whether a path means itself in the languages of all hosts,
// where percent signs and dollars are often something else.
func plainURL(s string) bool {
	return s != "" && s[0] == '/' && !strings.HasPrefix(s, "//") && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./~") == ""
}
