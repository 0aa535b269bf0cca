package cache

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/hone-web/hone/site"
)

// The limits of vercel.json (its published schema).
const (
	vercelMaxRules  = 2048
	vercelMaxString = 4096
)

// readVercel reads vercel.json, or the compiled config.json of the Build
// Output API (v3), whose sources are regular expressions.
func readVercel(f ConfFile) *site.HostConf {
	c := &site.HostConf{Host: "Vercel", Path: f.Path, Headers: noHeaders}
	root, err := parseJSON(f.Text)
	if err != nil {
		c.Ignored = append(c.Ignored, site.HostNote{HostPlace: site.HostPlace{Path: f.Path}, Text: string(f.Path), Why: err.Error()})
		root = &node{}
	}
	v := &vercelReader{c: c, file: f.Path}
	c.CleanURLs = root.get("cleanUrls").truth()
	c.HTMLMoves = c.CleanURLs
	v.list(root.get("redirects"), "redirects", func(n *node) {
		status := n.get("statusCode").num()
		if status == 0 {
			if status = 307; n.get("permanent").truth() {
				status = 308
			}
		}
		v.rule(n, n.get("source").str(), pathToRegexp(n.get("source").str()), status, n.get("destination").str(), true)
	})
	v.list(root.get("headers"), "headers", func(n *node) {
		v.header(pathToRegexp(n.get("source").str()), n.get("headers"), n)
	})
	v.list(root.get("rewrites"), "rewrites", func(n *node) {
		v.rule(n, n.get("source").str(), pathToRegexp(n.get("source").str()), 0, n.get("destination").str(), false)
	})
	forced := true
	v.list(root.get("routes"), "routes", func(n *node) {
		if h := n.get("handle").str(); h != "" {
			forced = false // what follows runs when no file was found
			return
		}
		v.route(n, forced)
	})
	c.Headers = v.served
	c.Answer = func(url string, exists bool) site.HostAnswer {
		return answer(c.Rules, func(i int, url string) tri { return v.match[i](url) }, url, exists)
	}
	return c
}

type vercelReader struct {
	c      *site.HostConf
	file   site.Path
	match  []func(string) tri // of each rule
	blocks []vercelHeaders
}

type vercelHeaders struct {
	match func(string) tri
	set   []site.HostHeader
}

func (v *vercelReader) list(n *node, name string, each func(*node)) {
	for i, it := range n.items() {
		if i == vercelMaxRules {
			v.c.Ignored = append(v.c.Ignored, site.HostNote{HostPlace: site.HostPlace{Path: v.file, Line: it.line}, Text: name,
				Why: fmt.Sprintf("Vercel takes %d %s, and refuses the deployment beyond", vercelMaxRules, name)})
			return
		}
		for _, key := range []string{"source", "src"} {
			if s := it.get(key).str(); len(s) > vercelMaxString {
				v.c.Ignored = append(v.c.Ignored, site.HostNote{HostPlace: site.HostPlace{Path: v.file, Line: it.line}, Text: s[:40],
					Why: fmt.Sprintf("Vercel takes patterns of %d characters, and refuses the deployment beyond", vercelMaxString)})
			}
		}
		each(it)
	}
}

func (v *vercelReader) header(re *regexp.Regexp, set, at *node) {
	b := vercelHeaders{match: func(u string) tri { return matchTri(re, u) }}
	for _, h := range set.items() {
		b.set = append(b.set, site.HostHeader{HostPlace: site.HostPlace{Path: v.file, Line: h.line}, Name: h.get("key").str(), Value: h.get("value").str()})
	}
	for i, k := range set.objectKeys() { // of a route: an object
		b.set = append(b.set, site.HostHeader{HostPlace: site.HostPlace{Path: v.file, Line: at.line}, Name: k, Value: set.vals[i].str()})
	}
	v.blocks = append(v.blocks, b)
}

func (n *node) objectKeys() []string {
	if n == nil {
		return nil
	}
	return n.keys
}

func (v *vercelReader) rule(n *node, text string, re *regexp.Regexp, status int, to string, forced bool) {
	if text == "" {
		return
	}
	cond, held := vercelConds(n)
	m := func(u string) tri { return matchTri(re, u).and(held) }
	v.c.Rules = append(v.c.Rules, site.HostRule{HostPlace: site.HostPlace{Path: v.file, Line: n.line}, Pattern: text, Status: status, To: to, Forced: forced, Cond: cond,
		Covers: func(u string) bool { return matchTri(re, u) != no }})
	v.match = append(v.match, m)
}

// route reads one of routes, whose patterns are anchored regular expressions.
func (v *vercelReader) route(n *node, forced bool) {
	src := n.get("src").str()
	re := hostRegexp("^(?:"+strings.TrimSuffix(strings.TrimPrefix(src, "^"), "$")+")$", true)
	if n.get("continue").truth() || n.get("headers") != nil && n.get("status") == nil && n.get("dest") == nil {
		v.header(re, n.get("headers"), n)
		return
	}
	status, to := n.get("status").num(), n.get("dest").str()
	if status == 0 && (to == "" || strings.HasPrefix(to, "$") || !forced) && n.get("middlewarePath") == nil {
		return
	}
	v.rule(n, src, re, status, to, forced)
	r := &v.c.Rules[len(v.c.Rules)-1]
	h := n.get("headers")
	for i, k := range h.objectKeys() {
		r.Header = append(r.Header, site.HostHeader{HostPlace: site.HostPlace{Path: v.file, Line: n.line}, Name: k, Value: h.vals[i].str()})
	}
	if status >= 400 {
		r.To, r.Doc = "", to
	}
}

// vercelConds judges has and missing as a plain request meets them.
func vercelConds(n *node) (string, tri) {
	out := yes
	var text []string
	for _, key := range []string{"has", "missing"} {
		for _, c := range n.get(key).items() {
			t := no // a plain request has no header, cookie or query of a site's own
			switch typ := c.get("type").str(); {
			case typ == "host", typ == "header" && strings.HasPrefix(strings.ToLower(c.get("key").str()), "accept"):
				t = maybe
			case typ == "header" && strings.EqualFold(c.get("key").str(), "user-agent"):
				t = matchTri(hostRegexp("^(?:"+c.get("value").str()+")$", false), plainAgent)
			}
			if key == "missing" {
				t = t.not()
			}
			out = out.and(t)
			text = append(text, strings.TrimSpace(key+" "+c.get("type").str()+" "+c.get("key").str()))
		}
	}
	if out == yes {
		return "", yes
	}
	return strings.Join(text, ", "), out
}

func (v *vercelReader) served(url string) []site.HostHeader {
	var out []site.HostHeader
	for _, b := range v.blocks {
		if b.match(url) == yes {
			out = append(out, b.set...)
		}
	}
	return out
}

// pathToRegexp translates the patterns of path-to-regexp: :name, :name*,
// (expression). nil if it has a form that is not known here.
func pathToRegexp(p string) *regexp.Regexp {
	if p == "" || len(p) > vercelMaxString {
		return nil
	}
	var b strings.Builder
	b.WriteString("^")
	slash := false // one is owed
	flush := func() {
		if slash {
			b.WriteString("/")
			slash = false
		}
	}
	for i := 0; i < len(p); {
		c := p[i]
		if c != ':' && c != '(' {
			flush()
		}
		switch {
		case c == '/':
			slash = true
			i++
		case c == '\\' && i+1 < len(p):
			b.WriteString(regexp.QuoteMeta(p[i+1 : i+2]))
			i += 2
		case c == '{' || c == '}' || c == '*':
			return nil
		case c == ':' || c == '(':
			lead := ""
			if slash {
				lead, slash = "/", false
			}
			expr, n := parameter(p[i:], lead)
			if n == 0 {
				return nil
			}
			b.WriteString(expr)
			i += n
		default:
			if c < utf8.RuneSelf {
				b.WriteString(regexp.QuoteMeta(p[i : i+1]))
			} else {
				b.WriteByte(c) // UTF-8 goes in as it is
			}
			i++
		}
	}
	flush()
	b.WriteString("$")
	return hostRegexp(b.String(), false)
}

// parameter translates :name, (expression) or :name(expression), with what
// follows it, and returns how long that is; 0 if it is none. lead is the slash
// before it, which an optional one takes along.
func parameter(p, lead string) (expr string, n int) {
	expr = "[^/]+"
	i := 1
	if p[0] == ':' {
		for i < len(p) && (p[i] == '_' || p[i] >= '0' && p[i] <= '9' || p[i] >= 'a' && p[i] <= 'z' || p[i] >= 'A' && p[i] <= 'Z') {
			i++
		}
		if i == 1 {
			return "", 0
		}
	}
	if p[0] == '(' || i < len(p) && p[i] == '(' {
		if p[0] == ':' {
			i++
		}
		end := closing(p[i:])
		if end < 0 {
			return "", 0
		}
		expr = p[i : i+end]
		i += end + 1
	}
	mod := byte(0)
	if i < len(p) && strings.IndexByte("*+?", p[i]) >= 0 {
		mod = p[i]
		i++
	}
	one := lead + "(?:" + expr + ")"
	switch mod {
	case '*':
		return "(?:" + one + "(?:/(?:" + expr + "))*)?", i
	case '+':
		return one + "(?:/(?:" + expr + "))*", i
	case '?':
		return "(?:" + one + ")?", i
	}
	return one, i
}

// closing returns where the parenthesis that was opened before s ends, -1 if
// it does not.
func closing(s string) int {
	depth := 1
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}
