package cache

import (
	"regexp"
	"strings"

	"github.com/hone-web/hone/site"
)

// readFirebase reads firebase.json: redirects come before files, files before
// rewrites, and of two header rules for one field the last counts.
func readFirebase(f ConfFile) []*site.HostConf {
	root, err := parseJSON(f.Text)
	if err != nil {
		return []*site.HostConf{firebaseSite(f, &node{}, site.HostNote{HostPlace: site.HostPlace{Path: f.Path}, Text: string(f.Path), Why: err.Error()})}
	}
	h := root.get("hosting")
	switch {
	case h == nil:
		return nil
	case h.kind == '[':
		var out []*site.HostConf
		for _, n := range h.list {
			out = append(out, firebaseSite(f, n))
		}
		return out
	}
	return []*site.HostConf{firebaseSite(f, h)}
}

func firebaseSite(f ConfFile, h *node, notes ...site.HostNote) *site.HostConf {
	c := &site.HostConf{Host: "Firebase", Path: f.Path, Ignored: notes, CleanURLs: h.get("cleanUrls").truth(), HTMLMoves: h.get("cleanUrls").truth()}
	var match []func(string) tri
	add := func(n *node, status int, to string, forced bool) {
		text, m := firebasePattern(n)
		r := site.HostRule{HostPlace: site.HostPlace{Path: f.Path, Line: n.line}, Pattern: text, Status: status, To: to, Forced: forced, Covers: func(u string) bool { return m(u) != no }}
		if forced && (status < 300 || status > 399) {
			r.Dropped = "the host documents redirect statuses here; its emulator answers with a Location that browsers do not follow"
		}
		c.Rules = append(c.Rules, r)
		match = append(match, m)
	}
	for _, n := range h.get("redirects").items() {
		status := n.get("type").num()
		if status == 0 {
			status = 301
		}
		add(n, status, n.get("destination").str(), true)
	}
	for _, n := range h.get("rewrites").items() {
		to := n.get("destination").str()
		for _, k := range []string{"function", "run"} {
			if v := n.get(k); v != nil {
				to = k
			}
		}
		if to == "function" || to == "run" {
			add(n, 0, to, false)
		}
	}
	type block struct {
		m   func(string) tri
		set []site.HostHeader
	}
	var blocks []block
	for _, n := range h.get("headers").items() {
		_, m := firebasePattern(n)
		b := block{m: m}
		for _, x := range n.get("headers").items() {
			b.set = append(b.set, site.HostHeader{HostPlace: site.HostPlace{Path: f.Path, Line: x.line}, Name: x.get("key").str(), Value: x.get("value").str()})
		}
		blocks = append(blocks, b)
	}
	c.Headers = func(url string) []site.HostHeader {
		var out []site.HostHeader
		for _, b := range blocks {
			if b.m(url) != yes {
				continue
			}
			for _, x := range b.set {
				kept := out[:0]
				for _, o := range out {
					if !strings.EqualFold(o.Name, x.Name) {
						kept = append(kept, o)
					}
				}
				out = append(kept, x)
			}
		}
		return out
	}
	c.Answer = func(url string, exists bool) site.HostAnswer {
		return answer(c.Rules, func(i int, url string) tri { return match[i](url) }, url, exists)
	}
	return c
}

// firebasePattern reads source, a glob, or regex.
func firebasePattern(n *node) (string, func(string) tri) {
	if s := n.get("regex").str(); s != "" {
		re := hostRegexp(s, false)
		return s, func(u string) tri { return matchTri(re, u) }
	}
	s := n.get("source").str()
	if s == "" {
		s = n.get("glob").str()
	}
	re := firebaseGlob(s)
	return s, func(u string) tri { return matchTri(re, u) }
}

// firebaseGlob translates globs: **, *, ?, @(a|b), :name.
func firebaseGlob(s string) *regexp.Regexp {
	if len(s) > 4096 || strings.Contains(s, "!(") || strings.HasPrefix(s, "!") {
		return nil
	}
	var b strings.Builder
	b.WriteString("^")
	if !strings.HasPrefix(s, "/") && !strings.HasPrefix(s, "**") {
		b.WriteString("/?")
	}
	depth := 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case strings.HasPrefix(s[i:], "**/"):
			b.WriteString(`(?:.*/)?`)
			i += 2
		case strings.HasPrefix(s[i:], "**"):
			b.WriteString(`.*`)
			i++
		case c == '*':
			b.WriteString(`[^/]*`)
		case c == '?':
			b.WriteString(`[^/]`)
		case c == ':' && i > 0 && s[i-1] == '/':
			for i+1 < len(s) && s[i+1] != '/' && s[i+1] != '*' {
				i++
			}
			if b.WriteString(`[^/]+`); i+1 < len(s) && s[i+1] == '*' {
				i++
				b.WriteString(`(?:/.*)?`)
			}
		case (c == '@' || c == '+') && i+1 < len(s) && s[i+1] == '(':
			b.WriteString("(?:")
			depth++
			i++
		case c == ')' && depth > 0:
			b.WriteString(")")
			depth--
		case c == '|' && depth > 0:
			b.WriteString("|")
		case c == '{':
			b.WriteString("(?:")
			depth++
		case c == '}' && depth > 0:
			b.WriteString(")")
			depth--
		case c == ',' && depth > 0:
			b.WriteString("|")
		case c < 0x80:
			b.WriteString(regexp.QuoteMeta(string(rune(c))))
		default:
			b.WriteByte(c)
		}
	}
	b.WriteString("$")
	return hostRegexp(b.String(), false)
}
