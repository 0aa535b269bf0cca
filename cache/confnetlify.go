package cache

import (
	"bytes"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"github.com/hone-web/hone/site"
)

// redirect is one line of _redirects, or one table of netlify.toml.
type redirect struct {
	at     site.HostPlace
	from   string
	to     string
	status int // 0 is the host's default
	force  bool
	cond   string
	bad    string
}

// parseRedirects reads the syntax of _redirects: from, parameters, to, status,
// conditions.
func parseRedirects(f ConfFile) []redirect {
	var out []redirect
	for n, line := range strings.Split(string(f.Text), "\n") {
		line, _, _ = strings.Cut(line, " #")
		w := strings.Fields(line)
		if len(w) == 0 || strings.HasPrefix(w[0], "#") || len(out) >= maxGates {
			continue
		}
		r := redirect{at: site.HostPlace{Path: f.Path, Line: n + 1}, from: w[0]}
		i := 1
		for i < len(w) && !strings.HasPrefix(w[i], "/") && !strings.Contains(w[i], "://") && strings.Contains(w[i], "=") {
			r.cond = w[i] // a query parameter
			i++
		}
		if i < len(w) && !isStatus(w[i]) {
			r.to = w[i]
			i++
		}
		if i < len(w) && isStatus(w[i]) {
			s, force := strings.CutSuffix(w[i], "!")
			r.status, _ = strconv.Atoi(s)
			r.force = force
			i++
		}
		if i < len(w) {
			r.cond = strings.Join(w[i:], " ")
		}
		if r.to == "" && r.status == 0 {
			r.bad = "it has no target"
		}
		out = append(out, r)
	}
	return out
}

func isStatus(s string) bool { return statusText(strings.TrimSuffix(s, "!")) }

// netlifyToml is what of netlify.toml decides who gets what.
type netlifyToml struct {
	Redirects []struct {
		From       string            `toml:"from"`
		To         string            `toml:"to"`
		Status     int               `toml:"status"`
		Force      bool              `toml:"force"`
		Conditions map[string]any    `toml:"conditions"`
		Query      map[string]string `toml:"query"`
	} `toml:"redirects"`
	Headers []struct {
		For    string         `toml:"for"`
		Values map[string]any `toml:"values"`
	} `toml:"headers"`
	EdgeFunctions []struct {
		Path     any    `toml:"path"`
		Excluded any    `toml:"excludedPath"`
		Function string `toml:"function"`
	} `toml:"edge_functions"`
}

// readNetlify reads _redirects, _headers and netlify.toml as Netlify does:
// the first rule that matches decides, those of _redirects before the others,
// and a file that exists comes first unless a rule is forced.
func readNetlify(files []ConfFile) *site.HostConf {
	c := &site.HostConf{Host: "Netlify", CleanURLs: true}
	var redirects []redirect
	var headers []placedHeader
	for _, name := range []string{"_redirects", "_headers", "netlify.toml"} {
		f := byBase(files, name)
		if f == nil {
			continue
		}
		if c.Path == "" {
			c.Path = f.Path
		}
		switch name {
		case "_redirects":
			redirects = append(redirects, parseRedirects(*f)...)
		case "_headers":
			headers = append(headers, placedHeaders(*f)...)
		default:
			r, h, rules := readNetlifyToml(c, f)
			redirects, headers = append(redirects, r...), append(headers, h...)
			c.Rules = rules
		}
	}
	edge := len(c.Rules)
	for _, r := range redirects {
		if r.bad != "" {
			c.Ignored = append(c.Ignored, site.HostNote{HostPlace: r.at, Text: r.from, Why: r.bad})
			continue
		}
		rule := site.HostRule{HostPlace: r.at, Pattern: r.from, Status: r.status, To: r.to, Forced: r.force, Cond: r.cond, Covers: pathPattern(r.from)}
		if rule.Status == 0 {
			rule.Status = 301
		}
		if rule.Status == 402 {
			rule.Dropped = "Netlify's own development server sends the target with status 200, and its documentation does not list 402"
		}
		c.Rules = append(c.Rules, rule)
	}
	c.Headers = headersOf(headers, false)
	c.Answer = func(url string, exists bool) site.HostAnswer {
		return answer(c.Rules, func(i int, url string) tri {
			r := &c.Rules[i]
			// A condition on a role, a cookie or a parameter is not met by a
			// plain request; one on a place or language may be.
			if r.Cond != "" && !strings.Contains(r.Cond, "Country") && !strings.Contains(r.Cond, "Language") {
				return no
			}
			if !r.Covers(url) || i >= edge && r.Status == 200 && r.To == url {
				return no
			}
			if r.Cond != "" {
				return maybe
			}
			return yes
		}, url, exists)
	}
	return c
}

func readNetlifyToml(c *site.HostConf, f *ConfFile) (redirects []redirect, headers []placedHeader, edge []site.HostRule) {
	var t netlifyToml
	if err := toml.Unmarshal(f.Text, &t); err != nil {
		c.Ignored = append(c.Ignored, site.HostNote{HostPlace: site.HostPlace{Path: f.Path}, Text: string(f.Path), Why: strings.TrimPrefix(err.Error(), "toml: ")})
		return nil, nil, nil
	}
	lines := tableLines(f.Text)
	at := func(table string, i int) site.HostPlace {
		p := site.HostPlace{Path: f.Path}
		if i < len(lines[table]) {
			p.Line = lines[table][i]
		}
		return p
	}
	for i, r := range t.Redirects {
		x := redirect{at: at("redirects", i), from: r.From, to: r.To, status: r.Status, force: r.Force}
		for _, k := range sortedKeys(r.Conditions) {
			x.cond += fmt.Sprintf("%s=%v ", k, r.Conditions[k])
		}
		if len(r.Query) > 0 {
			x.cond += "a query"
		}
		if x.from == "" {
			x.bad = "it has no from"
		}
		redirects = append(redirects, x)
	}
	for i, h := range t.Headers {
		p := placedHeader{at: at("headers", i), headerRule: headerRule{pattern: h.For}}
		for _, k := range sortedKeys(h.Values) {
			p.header = append(p.header, [2]string{k, fmt.Sprint(h.Values[k])})
		}
		headers = append(headers, p)
	}
	for i, e := range t.EdgeFunctions {
		if s, ok := e.Path.(string); ok && e.Excluded == nil {
			edge = append(edge, site.HostRule{HostPlace: at("edge_functions", i), Pattern: s, Forced: true, Covers: pathPattern(s)})
		}
	}
	return redirects, headers, edge
}

func sortedKeys(m map[string]any) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// tableLines returns the lines on which the tables of each [[name]] begin.
func tableLines(text []byte) map[string][]int {
	out := map[string][]int{}
	for n, l := range bytes.Split(text, []byte("\n")) {
		l = bytes.TrimSpace(l)
		if !bytes.HasPrefix(l, []byte("[[")) {
			continue
		}
		if name, _, ok := strings.Cut(string(l[2:]), "]]"); ok {
			name = strings.TrimSpace(name)
			out[name] = append(out[name], n+1)
		}
	}
	return out
}

// pathPattern returns a matcher for the patterns of _redirects: * at the end
// for anything, :name for a segment. A trailing slash makes no difference, and
// /x/* covers /x.
func pathPattern(p string) func(string) bool {
	if i := strings.Index(p, "://"); i >= 0 {
		if j := strings.IndexByte(p[i+3:], '/'); j >= 0 {
			p = p[i+3+j:]
		} else {
			p = "/"
		}
	}
	p, _, _ = strings.Cut(p, "?")
	bare := strings.TrimSuffix(p, "/*")
	return func(url string) bool {
		if glob(p, url) || bare != p && url == bare {
			return true
		}
		return !strings.HasSuffix(p, "*") && len(p) > 1 && glob(strings.TrimSuffix(p, "/"), strings.TrimSuffix(url, "/"))
	}
}

// placedHeader is a block of _headers that knows its line.
type placedHeader struct {
	headerRule
	at    site.HostPlace
	lines []int // of each header; nil: that of the block
}

func placedHeaders(f ConfFile) []placedHeader {
	var out []placedHeader
	text := ownPart(f.Text)
	for n, line := range strings.Split(string(text), "\n") {
		trim := strings.TrimSpace(line)
		switch {
		case trim == "" || strings.HasPrefix(trim, "#"):
		case line[0] == ' ' || line[0] == '\t':
			if name, value, ok := strings.Cut(trim, ":"); ok && len(out) > 0 {
				h := &out[len(out)-1]
				h.header = append(h.header, [2]string{strings.TrimSpace(name), strings.TrimSpace(value)})
				h.lines = append(h.lines, n+1)
			}
		default:
			if len(out) < maxGates {
				out = append(out, placedHeader{headerRule: headerRule{pattern: trim}, at: site.HostPlace{Path: f.Path, Line: n + 1}})
			}
		}
	}
	return out
}

// headersOf returns what the blocks set for a path; with last, a later value
// replaces an earlier one, else the host joins them.
func headersOf(blocks []placedHeader, last bool) func(string) []site.HostHeader {
	return func(url string) []site.HostHeader {
		var out []site.HostHeader
		for _, b := range blocks {
			if !b.matches(url) {
				continue
			}
			for i, h := range b.header {
				x := site.HostHeader{HostPlace: b.at, Name: h[0], Value: h[1]}
				if b.lines != nil {
					x.Line = b.lines[i]
				}
				at := slices.IndexFunc(out, func(o site.HostHeader) bool { return strings.EqualFold(o.Name, x.Name) })
				switch {
				case at < 0:
					out = append(out, x)
				case last:
					out[at] = x
				default:
					out[at].Value += ", " + x.Value
				}
			}
		}
		return out
	}
}

// functions returns the code files of Cloudflare Pages.
func functions(files []ConfFile) []ConfFile {
	var out []ConfFile
	for _, f := range files {
		if strings.HasPrefix(string(f.Path), "functions/") {
			switch path.Ext(string(f.Path)) {
			case ".js", ".ts", ".mjs", ".tsx", ".jsx":
				out = append(out, f)
			}
		}
	}
	return out
}
