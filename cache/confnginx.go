package cache

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/hone-web/hone/site"
)

// nginxLoc is a location, or the server that holds them.
type nginxLoc struct {
	at       site.HostPlace
	mod, arg string
	re       *regexp.Regexp
	parent   *nginxLoc
	subs     []*nginxLoc

	status  int
	to      string
	line    int // of what answers
	opaque  string
	conds   []nginxCond
	headers []site.HostHeader // nil: those of the parent
	own     bool
	errors  map[int]nginxError
	rule    int
}

type nginxError struct {
	status int // 0: the original one
	to     string
}

// nginxCond is an if block that answers.
type nginxCond struct {
	line   int
	text   string
	status int
	holds  tri
	rule   int
}

// readNginx returns a configuration for every server of the file that serves
// something.
func readNginx(f ConfFile) []*site.HostConf {
	top := nginxParse(string(f.Text))
	var servers [][]*directive
	var find func(ds []*directive)
	find = func(ds []*directive) {
		for _, d := range ds {
			switch d.name() {
			case "server":
				if d.block != nil {
					servers = append(servers, d.block)
				}
			case "http":
				find(d.block)
			}
		}
	}
	find(top)
	if servers == nil {
		servers = [][]*directive{top} // a part to include in a server
	}
	var out []*site.HostConf
	for _, s := range servers {
		root := &nginxLoc{at: site.HostPlace{Path: f.Path}, rule: -1}
		c := &site.HostConf{Host: "nginx", Path: f.Path}
		root.read(f.Path, s)
		if root.status >= 300 && root.status < 400 {
			continue // it moves all requests to another server
		}
		root.rules(c)
		c.CleanURLs = root.cleanURLs(s)
		c.Headers = func(url string) []site.HostHeader { return root.find(url).header() }
		c.Answer = func(url string, _ bool) site.HostAnswer { return root.find(url).answer() }
		c.Stores = nginxStores(f.Path, top)
		out = append(out, c)
	}
	return out
}

// nginxStores returns the settings by which nginx keeps a 402 (ngx_http_proxy_module,
// proxy_cache_valid, proxy_ignore_headers; the modules of the other protocols
// have the same).
func nginxStores(file site.Path, ds []*directive) []site.HostNote {
	var out []site.HostNote
	for _, d := range ds {
		switch name := d.name(); {
		case strings.HasSuffix(name, "_cache_valid") && len(d.words) > 2 && d.words[len(d.words)-1] != "0" && (slices.Contains(d.words[1:], "any") || slices.Contains(d.words[1:], "402")):
			out = append(out, site.HostNote{HostPlace: site.HostPlace{Path: file, Line: d.line}, Text: strings.Join(d.words, " "), Why: "keeps a 402 that says nothing about caching"})
		case strings.HasSuffix(name, "_ignore_headers") && slices.ContainsFunc(d.words[1:], func(w string) bool { return strings.EqualFold(w, "Cache-Control") }):
			out = append(out, site.HostNote{HostPlace: site.HostPlace{Path: file, Line: d.line}, Text: strings.Join(d.words, " "), Why: "keeps answers whatever their Cache-Control says"})
		}
		out = append(out, nginxStores(file, d.block)...)
	}
	return out
}

func (l *nginxLoc) cleanURLs(ds []*directive) bool {
	for _, d := range ds {
		if d.name() == "try_files" && slices.Contains(d.words, "$uri.html") || d.block != nil && d.name() == "location" && l.cleanURLs(d.block) {
			return true
		}
	}
	return false
}

// statusText reports whether a word is a status.
func statusText(s string) bool {
	return len(s) == 3 && '1' <= s[0] && s[0] <= '5' && '0' <= s[1] && s[1] <= '9' && '0' <= s[2] && s[2] <= '9'
}

func (l *nginxLoc) read(file site.Path, ds []*directive) {
	for _, d := range ds {
		switch d.name() {
		case "location":
			sub := &nginxLoc{at: site.HostPlace{Path: file, Line: d.line}, parent: l, mod: "", arg: d.arg(0), rule: -1}
			if len(d.words) > 2 {
				sub.mod, sub.arg = d.arg(0), d.arg(1)
			}
			if sub.mod == "~" || sub.mod == "~*" {
				sub.re = hostRegexp(sub.arg, sub.mod == "~*")
			}
			sub.read(file, d.block)
			l.subs = append(l.subs, sub)
		case "return":
			if s := d.arg(0); l.status == 0 && statusText(s) {
				l.status, _ = strconv.Atoi(s)
				l.to, l.line = d.arg(1), d.line
			} else if l.status == 0 {
				l.status, l.to, l.line = 302, s, d.line
			}
		case "deny":
			if d.arg(0) == "all" && l.status == 0 && len(l.conds) == 0 && !hasDirective(ds, "allow") {
				l.status, l.line = 403, d.line
			}
		case "internal":
			l.status, l.line = 404, d.line
		case "auth_basic":
			if d.arg(0) != "off" && l.status == 0 {
				l.status, l.line = 401, d.line
			}
		case "auth_request", "proxy_pass", "fastcgi_pass", "uwsgi_pass", "scgi_pass", "grpc_pass", "js_content", "content_by_lua_block", "access_by_lua_block", "access_by_lua_file", "rewrite":
			if d.name() != "auth_request" || d.arg(0) != "off" {
				l.opaque = d.name()
			}
		case "error_page":
			l.errorPage(d)
		case "add_header":
			if l.headers == nil {
				l.headers, l.own = []site.HostHeader{}, true
			}
			h := site.HostHeader{HostPlace: site.HostPlace{Path: file, Line: d.line}, Name: d.arg(0), Value: d.arg(1)}
			if d.arg(2) != "always" {
				h.Name = "?" + h.Name // does not reach answers such as 402
			}
			l.headers = append(l.headers, h)
		case "if":
			l.condition(d)
		}
	}
}

func hasDirective(ds []*directive, name string) bool {
	return slices.ContainsFunc(ds, func(d *directive) bool { return d.name() == name })
}

func (l *nginxLoc) errorPage(d *directive) {
	if l.errors == nil {
		l.errors = map[int]nginxError{}
	}
	e := nginxError{to: d.words[len(d.words)-1]}
	for _, w := range d.words[1:] {
		if s, ok := strings.CutPrefix(w, "="); ok {
			e.status, _ = strconv.Atoi(s)
		}
	}
	for _, w := range d.words[1:] {
		if n, err := strconv.Atoi(w); err == nil {
			l.errors[n] = e
		}
	}
}

// condition reads if (…) { return …; }, as a request without proof meets it.
func (l *nginxLoc) condition(d *directive) {
	text := strings.TrimSpace(strings.Join(d.words[1:], " "))
	text = strings.TrimSuffix(strings.TrimPrefix(text, "("), ")")
	for _, s := range d.block {
		if s.name() == "return" && statusText(s.arg(0)) {
			status, _ := strconv.Atoi(s.arg(0))
			l.conds = append(l.conds, nginxCond{line: s.line, text: strings.TrimSpace(text), status: status, holds: nginxHolds(text)})
		}
	}
}

func nginxHolds(text string) tri {
	w := strings.Fields(text)
	if len(w) == 0 {
		return maybe
	}
	val, known := "", true
	switch v := strings.ToLower(strings.Trim(w[0], "${}")); {
	case v == "http_user_agent":
		val = plainAgent
	case v == "http_host" || v == "http_accept" || v == "http_accept_language" || v == "http_accept_encoding" || v == "http_x_forwarded_proto" || v == "http_x_forwarded_for":
		known = false
	case v == "request_method":
		val = "GET"
	case strings.HasPrefix(v, "http_") || strings.HasPrefix(v, "cookie_") || strings.HasPrefix(v, "arg_"):
	default:
		known = false
	}
	if !known {
		return maybe
	}
	if len(w) == 1 {
		return is(val != "" && val != "0")
	}
	arg := strings.Trim(strings.Join(w[2:], " "), `"'`)
	switch w[1] {
	case "=":
		return is(val == arg)
	case "!=":
		return is(val != arg)
	case "~", "~*":
		return matchTri(hostRegexp(arg, w[1] == "~*"), val)
	case "!~", "!~*":
		return matchTri(hostRegexp(arg, w[1] == "!~*"), val).not()
	}
	return maybe
}

// find returns the location that nginx takes for a path: an exact one; else
// the longest prefix, unless a regular expression matches and the prefix is
// not marked ^~ (ngx_http_core_module, location).
func (l *nginxLoc) find(url string) *nginxLoc {
	var long, expr *nginxLoc
	for _, s := range l.subs {
		switch s.mod {
		case "=":
			if s.arg == url {
				return s
			}
		case "~", "~*":
			if expr == nil && matchTri(s.re, url) != no {
				expr = s
			}
		default:
			if strings.HasPrefix(url, s.arg) && !strings.HasPrefix(s.arg, "@") && (long == nil || len(s.arg) > len(long.arg)) {
				long = s
			}
		}
	}
	if long != nil {
		if in := long.find(url); in != long && (in.mod == "~" || in.mod == "~*" || in.mod == "=" || expr == nil || long.mod == "^~") {
			return in
		}
		if long.mod == "^~" {
			expr = nil
		}
	}
	switch {
	case expr != nil:
		return expr.find(url)
	case long != nil:
		return long
	}
	return l
}

// header returns the fields of the location: a level that adds one inherits
// none (ngx_http_headers_module, add_header).
func (l *nginxLoc) header() []site.HostHeader {
	for at := l; at != nil; at = at.parent {
		if at.own {
			out := slices.Clone(at.headers)
			for i := range out {
				out[i].Name = strings.TrimPrefix(out[i].Name, "?")
				out[i].Inherited = at != l
			}
			return out
		}
	}
	return nil
}

func (l *nginxLoc) answer() site.HostAnswer {
	for at := l; at != nil; at = at.parent {
		if at.parent == nil && at.status != 0 {
			return site.HostAnswer{Status: at.status, Rule: at.rule} // of the whole server
		}
	}
	for at := l; at != nil; at = at.parent {
		if at != l && at.parent != nil {
			continue // conditions of an enclosing location are not inherited
		}
		for _, c := range at.conds {
			switch c.holds {
			case yes:
				return site.HostAnswer{Status: c.status, Rule: c.rule}
			case maybe:
				return site.HostAnswer{Status: site.HostUnknown, Rule: c.rule}
			}
		}
	}
	switch {
	case l.status != 0:
		return site.HostAnswer{Status: l.status, Rule: l.rule}
	case l.opaque != "":
		return site.HostAnswer{Status: site.HostUnknown, Rule: -1}
	}
	return site.HostAnswer{Rule: -1}
}

// rules lists what answers, this level first.
func (l *nginxLoc) rules(c *site.HostConf) {
	name := strings.TrimSpace("location " + strings.TrimSpace(l.mod+" "+l.arg))
	if l.parent == nil {
		name = "server"
	}
	covers := func(url string) bool {
		for at := l; at.parent != nil; at = at.parent {
			if at.covers(url) == no {
				return false
			}
		}
		return true
	}
	add := func(status int, to string, line int, cond string) int {
		r := site.HostRule{HostPlace: site.HostPlace{Path: l.at.Path, Line: line}, Pattern: name, Status: status, Forced: true, Cond: cond, Covers: covers}
		if status < 400 {
			r.To = to
		}
		l.decorate(&r)
		c.Rules = append(c.Rules, r)
		return len(c.Rules) - 1
	}
	for i := range l.conds {
		cond := &l.conds[i]
		if cond.rule = add(cond.status, "", cond.line, cond.text); cond.holds == yes {
			c.Rules[cond.rule].Cond = ""
		}
	}
	if l.status != 0 {
		l.rule = add(l.status, l.to, l.line, "")
	}
	for _, s := range l.subs {
		s.rules(c)
	}
}

func (l *nginxLoc) covers(url string) tri {
	switch l.mod {
	case "=":
		return is(url == l.arg)
	case "~", "~*":
		return matchTri(l.re, url)
	}
	return is(strings.HasPrefix(url, l.arg))
}

// decorate works out what reaches the client with an answer: the fields with
// always, of the location that error_page leads to if there is one.
func (l *nginxLoc) decorate(r *site.HostRule) {
	from := l
	for at := l; at != nil; at = at.parent {
		e, ok := at.errors[r.Status]
		if !ok {
			continue
		}
		if strings.HasPrefix(e.to, "/") {
			root := l
			for root.parent != nil {
				root = root.parent
			}
			from, r.Doc = root.find(e.to), e.to
		}
		if e.status != 0 && e.status != r.Status {
			r.Dropped = fmt.Sprintf("error_page answers with %d instead", e.status)
		}
		break
	}
	for at := from; at != nil; at = at.parent {
		if !at.own {
			continue
		}
		for _, h := range at.headers {
			h.Inherited = at != from
			if name, lost := strings.CutPrefix(h.Name, "?"); lost && (r.Status >= 400 || r.Status == 0) {
				h.Name = name
				r.Lost = append(r.Lost, h)
			} else {
				h.Name = name
				r.Header = append(r.Header, h)
			}
		}
		break
	}
}
