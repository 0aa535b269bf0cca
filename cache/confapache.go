package cache

import (
	"path"
	"strconv"
	"strings"

	"github.com/hone-web/hone/site"
)

// scope is what a section of an Apache configuration applies to.
type scope struct {
	match []func(url string) tri
}

func (s scope) covers(url string) tri {
	out := yes
	for _, m := range s.match {
		out = out.and(m(url))
	}
	return out
}

func (s scope) with(m func(string) tri) scope {
	return scope{append(s.match[:len(s.match):len(s.match)], m)}
}

// apacheHeader is a Header directive.
type apacheHeader struct {
	site.HostHeader
	scope  scope
	always bool
	verb   string
}

// apacheReader gathers what the files of one server say.
type apacheReader struct {
	c       *site.HostConf
	file    site.Path
	dir     string // what a .htaccess governs, "/" or "/sub/"
	perDir  bool
	scopes  []scope
	names   []string
	conds   []string // RewriteCond before the next RewriteRule
	covers  []func(url string, exists bool) tri
	headers []apacheHeader
	docs    map[int]string
}

// readApache reads .htaccess files and server configuration.
func readApache(files []ConfFile) *site.HostConf {
	c := &site.HostConf{Host: "Apache", Path: files[0].Path}
	r := &apacheReader{c: c, docs: map[int]string{}}
	for _, f := range files {
		r.file, r.dir, r.perDir = f.Path, "/", strings.EqualFold(f.Path.Base(), ".htaccess")
		if d := f.Path.Dir(); r.perDir && d != "" {
			r.dir = "/" + d + "/"
		}
		dir := r.dir
		r.scopes, r.names, r.conds = []scope{scope{}.with(func(u string) tri { return is(strings.HasPrefix(u, dir)) })}, []string{""}, nil
		r.read(string(f.Text))
	}
	for i := range c.Rules {
		r.decorate(&c.Rules[i])
	}
	c.Headers = r.served
	c.Answer = func(url string, exists bool) site.HostAnswer {
		unknown := -1
		for i := range c.Rules {
			switch r.covers[i](url, exists) {
			case yes:
				if unknown < 0 && c.Rules[i].Status != 0 {
					return site.HostAnswer{Status: c.Rules[i].Status, Rule: i}
				}
			case maybe:
				if unknown < 0 {
					unknown = i
				}
			}
		}
		if unknown >= 0 {
			return site.HostAnswer{Status: site.HostUnknown, Rule: unknown}
		}
		return site.HostAnswer{Rule: -1}
	}
	return c
}

func (r *apacheReader) read(text string) {
	lines := strings.Split(text, "\n")
	for n := 0; n < len(lines) && len(r.c.Rules) < maxGates; n++ {
		line, at := strings.TrimSpace(lines[n]), n+1
		for strings.HasSuffix(line, `\`) && n+1 < len(lines) && len(line) < 1<<16 {
			n++
			line = strings.TrimSuffix(line, `\`) + " " + strings.TrimSpace(lines[n])
		}
		switch {
		case line == "" || line[0] == '#':
		case strings.HasPrefix(line, "</"):
			if len(r.scopes) > 1 {
				r.scopes, r.names = r.scopes[:len(r.scopes)-1], r.names[:len(r.names)-1]
			}
		case line[0] == '<':
			r.open(strings.Trim(line, "<>"))
		default:
			r.directive(at, apacheWords(line))
		}
	}
}

// open enters a section; those that hold for every request change nothing.
func (r *apacheReader) open(head string) {
	w := apacheWords(head)
	top := r.scopes[len(r.scopes)-1]
	if len(w) == 0 || len(r.scopes) > maxNest {
		r.scopes, r.names = append(r.scopes, top), append(r.names, "")
		return
	}
	arg := ""
	if len(w) > 1 {
		arg = w[len(w)-1]
	}
	regex := len(w) > 2 && w[1] == "~"
	sub := top
	switch strings.ToLower(w[0]) {
	case "location":
		sub = top.with(segments(arg))
		if regex {
			sub = top.with(regexOn(arg))
		}
	case "locationmatch":
		sub = top.with(regexOn(arg))
	case "files", "filesmatch":
		m := func(u string) tri {
			ok, err := path.Match(arg, path.Base(u))
			if err != nil {
				return maybe
			}
			return is(ok && !strings.HasSuffix(u, "/"))
		}
		if regex || strings.EqualFold(w[0], "filesmatch") {
			re := hostRegexp(arg, false)
			m = func(u string) tri { return matchTri(re, path.Base(u)).and(is(!strings.HasSuffix(u, "/"))) }
		}
		sub = top.with(m)
	case "if", "elseif", "else", "directory", "directorymatch", "limit", "limitexcept":
		if !strings.HasPrefix(strings.ToLower(w[0]), "directory") {
			sub = top.with(func(string) tri { return maybe })
		}
	}
	r.scopes, r.names = append(r.scopes, sub), append(r.names, "<"+head+">")
}

func segments(prefix string) func(string) tri {
	p := strings.TrimSuffix(prefix, "/")
	return func(u string) tri {
		return is(strings.HasPrefix(u, prefix) && (len(u) == len(prefix) || strings.HasSuffix(prefix, "/") || u[len(prefix)] == '/') || u == p && p != "" && p == prefix)
	}
}

func regexOn(expr string) func(string) tri {
	re := hostRegexp(expr, false)
	return func(u string) tri { return matchTri(re, u) }
}

func (r *apacheReader) directive(line int, w []string) {
	if len(w) == 0 {
		return
	}
	args := w[1:]
	arg := func(i int) string {
		if i < len(args) {
			return args[i]
		}
		return ""
	}
	sc := r.scopes[len(r.scopes)-1]
	switch strings.ToLower(w[0]) {
	case "redirect", "redirectmatch", "redirectpermanent", "redirecttemp":
		status, rest := 302, args
		switch s := strings.ToLower(arg(0)); {
		case statusText(s):
			status, _ = strconv.Atoi(s)
			rest = args[1:]
		case s == "permanent":
			status, rest = 301, args[1:]
		case s == "temp" || s == "seeother" || s == "gone":
			status, rest = map[string]int{"temp": 302, "seeother": 303, "gone": 410}[s], args[1:]
		}
		if len(rest) == 0 {
			return
		}
		m := segments(rest[0])
		if strings.EqualFold(w[0], "redirectmatch") {
			m = regexOn(rest[0])
		}
		to := ""
		if len(rest) > 1 {
			to = rest[1]
		}
		r.rule(line, strings.Join(w[:len(w)-len(rest)], " ")+" "+rest[0], status, to, "", func(u string, _ bool) tri { return sc.covers(u).and(m(u)) })
	case "rewritecond":
		r.conds = append(r.conds, strings.Join(args, "\x00"))
	case "rewriterule":
		r.rewrite(line, args, sc)
		r.conds = nil
	case "require":
		s := strings.ToLower(strings.Join(args, " "))
		if status := map[string]int{"all denied": 403, "valid-user": 401}[s]; status != 0 {
			r.rule(line, strings.TrimSpace(r.names[len(r.names)-1]+" Require "+s), status, "", "", func(u string, _ bool) tri { return sc.covers(u) })
		}
	case "errordocument":
		if n, err := strconv.Atoi(arg(0)); err == nil {
			r.docs[n] = arg(1)
		}
	case "header":
		always := strings.EqualFold(arg(0), "always")
		if always || strings.EqualFold(arg(0), "onsuccess") {
			args = args[1:]
		}
		if len(args) < 2 {
			return
		}
		h := apacheHeader{scope: sc, always: always, verb: strings.ToLower(args[0])}
		h.HostHeader = site.HostHeader{HostPlace: site.HostPlace{Path: r.file, Line: line}, Name: args[1], Value: arg2(args)}
		r.headers = append(r.headers, h)
	case "options":
		if strings.Contains(strings.ToLower(strings.Join(args, " ")), "multiviews") && !strings.Contains(strings.ToLower(strings.Join(args, " ")), "-multiviews") {
			r.c.CleanURLs = true
		}
	}
}

func arg2(args []string) string {
	if len(args) > 2 {
		return args[2]
	}
	return ""
}

// rewrite reads a RewriteRule that answers by itself: R, F or G. In a
// .htaccess the pattern is matched against the path under its folder.
func (r *apacheReader) rewrite(line int, args []string, sc scope) {
	if len(args) < 2 {
		return
	}
	flags := ""
	if len(args) > 2 {
		flags = args[2]
	}
	status, fold := 0, false
	for _, f := range strings.Split(strings.Trim(flags, "[]"), ",") {
		switch k, v, _ := strings.Cut(strings.TrimSpace(f), "="); strings.ToUpper(k) {
		case "R", "REDIRECT":
			if status = 302; v != "" {
				if status, _ = strconv.Atoi(v); status == 0 {
					status = map[string]int{"permanent": 301, "seeother": 303}[v]
				}
			}
		case "F", "FORBIDDEN":
			status = 403
		case "G", "GONE":
			status = 410
		case "NC", "NOCASE":
			fold = true
		}
	}
	if status == 0 {
		if strings.HasSuffix(args[1], ".html") {
			r.c.CleanURLs = true // the usual rule for addresses without extension
		}
		return
	}
	expr, negated := strings.CutPrefix(args[0], "!")
	re, conds, dir, perDir := hostRegexp(expr, fold), r.conds, r.dir, r.perDir
	m := func(u string, exists bool) tri {
		s := u
		if perDir {
			s = strings.TrimPrefix(u, dir)
		}
		hit := matchTri(re, s)
		if negated {
			hit = hit.not()
		}
		return sc.covers(u).and(hit).and(apacheConds(conds, u, exists))
	}
	cond := ""
	for _, c := range conds {
		cond = strings.TrimSpace(cond + " " + strings.ReplaceAll(c, "\x00", " "))
	}
	to := args[1]
	if to == "-" {
		to = ""
	}
	r.rule(line, "RewriteRule "+args[0], status, to, cond, m)
}

func (r *apacheReader) rule(line int, name string, status int, to, cond string, covers func(string, bool) tri) {
	rule := site.HostRule{HostPlace: site.HostPlace{Path: r.file, Line: line}, Pattern: name, Status: status, To: to, Forced: true, Cond: cond,
		Covers: func(u string) bool { return covers(u, true) != no }}
	if cond != "" && covers("/", true) != maybe {
		rule.Cond = "" // decided for plain requests
	}
	r.c.Rules = append(r.c.Rules, rule)
	r.covers = append(r.covers, covers)
}

// decorate adds what is sent with an answer: only fields that are set always
// reach one that is no success (mod_headers).
func (r *apacheReader) decorate(rule *site.HostRule) {
	if d := r.docs[rule.Status]; strings.HasPrefix(d, "/") {
		rule.Doc = d
	}
	for _, h := range r.headers {
		x := h.HostHeader
		x.Inherited = true
		switch {
		case h.verb == "unset" || h.verb == "edit" || h.verb == "echo" || len(h.scope.match) > 1:
		case h.always || rule.Status < 400:
			rule.Header = append(rule.Header, x)
		default:
			rule.Lost = append(rule.Lost, x)
		}
	}
}

// served returns the fields of a file that is served.
func (r *apacheReader) served(url string) []site.HostHeader {
	var out []site.HostHeader
	for _, h := range r.headers {
		if h.scope.covers(url) == yes && h.verb != "unset" && h.verb != "edit" {
			out = append(out, h.HostHeader)
		}
	}
	return out
}

// apacheWords splits a directive; quotes hold words together.
func apacheWords(line string) []string {
	var out []string
	for i := 0; i < len(line); {
		switch c := line[i]; c {
		case ' ', '\t', '\r':
			i++
			continue
		case '"', '\'':
			var b strings.Builder
			for i++; i < len(line) && line[i] != c; i++ {
				if line[i] == '\\' && i+1 < len(line) && line[i+1] == c {
					i++
				}
				b.WriteByte(line[i])
			}
			i++
			out = append(out, b.String())
			continue
		}
		start := i
		for i < len(line) && line[i] != ' ' && line[i] != '\t' && line[i] != '\r' {
			i++
		}
		out = append(out, line[start:i])
	}
	return out
}
