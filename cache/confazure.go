package cache

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hone-web/hone/site"
)

// The limits of staticwebapp.config.json (its documentation, quotas).
const (
	swaMaxBytes = 20 << 10
	swaMaxRoles = 50
)

// readSWA reads staticwebapp.config.json: the first route that matches
// decides, a route without wildcard matches that path alone, and * stands at
// the end only.
func readSWA(f ConfFile) *site.HostConf {
	c := &site.HostConf{Host: "Azure Static Web Apps", Path: f.Path, CleanURLs: true}
	note := func(line int, text, why string) {
		c.Ignored = append(c.Ignored, site.HostNote{HostPlace: site.HostPlace{Path: f.Path, Line: line}, Text: text, Why: why})
	}
	root, err := parseJSON(f.Text)
	if err != nil {
		note(0, string(f.Path), err.Error())
		root = &node{}
	}
	if len(f.Text) > swaMaxBytes {
		note(0, string(f.Path), fmt.Sprintf("%d bytes; the host takes %d", len(f.Text), swaMaxBytes))
	}
	roles := map[string]bool{}
	var sets []swaHeaders
	if h := root.get("globalHeaders"); h != nil {
		sets = append(sets, swaHeaders{func(string) bool { return true }, fields(f.Path, h)})
	}
	for _, n := range root.get("routes").items() {
		route := n.get("route").str()
		if i := strings.IndexByte(route, '*'); i >= 0 && i < len(route)-1 && !strings.Contains(route[i:], "{") && !strings.HasPrefix(route[i:], "*.") {
			note(n.line, route, "* is read at the end of a route only")
			continue
		}
		match := swaRoute(route)
		if h := n.get("headers"); h != nil {
			sets = append(sets, swaHeaders{match, fields(f.Path, h)})
		}
		for _, a := range n.get("allowedRoles").strings() {
			roles[a] = true
		}
		if r, ok := swaRule(f.Path, n, route, match); ok {
			c.Rules = append(c.Rules, r)
		}
	}
	if len(roles) > swaMaxRoles {
		note(0, "allowedRoles", fmt.Sprintf("%d roles; the host takes %d", len(roles), swaMaxRoles))
	}
	c.Headers = func(url string) []site.HostHeader {
		var out []site.HostHeader
		for _, s := range sets {
			if s.match(url) {
				out = append(out, s.set...)
			}
		}
		return out
	}
	c.Answer = func(url string, _ bool) site.HostAnswer {
		for i := range c.Rules {
			r := &c.Rules[i]
			if r.Cond != "" || !r.Covers(url) {
				continue
			}
			switch r.Status {
			case 0:
				return site.HostAnswer{Status: site.HostUnknown, Rule: i}
			case 200:
				return site.HostAnswer{Rule: -1}
			}
			return site.HostAnswer{Status: r.Status, Rule: i}
		}
		return site.HostAnswer{Rule: -1}
	}
	return c
}

// swaRule reads what a route answers; false if it goes on to serve the file.
func swaRule(file site.Path, n *node, route string, match func(string) bool) (site.HostRule, bool) {
	r := site.HostRule{HostPlace: site.HostPlace{Path: file, Line: n.line}, Pattern: route, Forced: true, Covers: match, Header: fields(file, n.get("headers"))}
	if m := n.get("methods").strings(); m != nil && !slices.Contains(m, "GET") {
		r.Cond = "methods " + strings.Join(m, ", ")
	}
	allowed := n.get("allowedRoles").strings()
	switch {
	case n.get("redirect").str() != "":
		if r.Status, r.To = 302, n.get("redirect").str(); n.get("statusCode").num() != 0 {
			r.Status = n.get("statusCode").num()
		}
	case n.get("statusCode").num() >= 400:
		if r.Status = n.get("statusCode").num(); r.Status == 402 {
			r.Leaks = true
			r.Dropped = "the host's emulator sends the content of the file with the status 402"
		}
	case allowed != nil && !slices.Contains(allowed, "anonymous"):
		r.Status = 401
	case strings.HasPrefix(n.get("rewrite").str(), "/api/"):
		r.To = n.get("rewrite").str()
	default:
		if allowed == nil && n.get("rewrite") == nil {
			return r, false
		}
		r.Status, r.To = 200, n.get("rewrite").str()
	}
	return r, true
}

type swaHeaders struct {
	match func(string) bool
	set   []site.HostHeader
}

func fields(p site.Path, n *node) []site.HostHeader {
	var out []site.HostHeader
	for i, k := range n.objectKeys() {
		out = append(out, site.HostHeader{HostPlace: site.HostPlace{Path: p, Line: n.vals[i].line}, Name: k, Value: n.vals[i].str()})
	}
	return out
}

func swaRoute(p string) func(string) bool {
	stem, rest, wild := strings.Cut(p, "*")
	if !wild {
		return func(u string) bool { return u == p }
	}
	var exts []string
	if rest = strings.TrimPrefix(rest, "."); rest != "" {
		exts = strings.Split(strings.Trim(rest, "{}"), ",")
	}
	return func(u string) bool {
		if !strings.HasPrefix(u, stem) {
			return false
		}
		return exts == nil || slices.ContainsFunc(exts, func(e string) bool { return strings.HasSuffix(u, "."+strings.TrimSpace(e)) })
	}
}
