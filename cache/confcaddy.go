package cache

import (
	"slices"
	"strconv"
	"strings"

	"github.com/hone-web/hone/site"
)

// readCaddy returns a configuration for every site of a Caddyfile.
func readCaddy(f ConfFile) []*site.HostConf {
	lines := caddyParse(string(f.Text))
	var out []*site.HostConf
	var loose []*directive
	for _, d := range lines {
		switch {
		case d.block == nil:
			loose = append(loose, d)
		case len(d.words) == 0 || strings.HasPrefix(d.words[0], "("): // options, snippets
		case caddyDirective[d.words[0]] || strings.HasPrefix(d.words[0], "@"):
			loose = append(loose, d)
		default:
			out = append(out, newCaddySite(f.Path, d.block))
		}
	}
	if len(out) == 0 && len(loose) > 0 {
		if !caddyDirective[loose[0].words[0]] && !strings.HasPrefix(loose[0].words[0], "@") {
			loose = loose[1:] // the address of the only site
		}
		out = append(out, newCaddySite(f.Path, loose))
	}
	return out
}

// caddyOrder is the order in which directives run, whatever order they are
// written in (Caddy, directive order), as far as they are read here.
var caddyOrder = []string{"header", "redir", "rewrite", "try_files", "basic_auth", "basicauth", "forward_auth", "handle", "handle_path", "route", "abort", "error", "respond", "reverse_proxy", "php_fastcgi", "file_server"}

var caddyDirective = map[string]bool{"header": true, "redir": true, "rewrite": true, "try_files": true, "basic_auth": true, "basicauth": true, "forward_auth": true, "handle": true,
	"handle_path": true, "route": true, "abort": true, "error": true, "respond": true, "reverse_proxy": true, "php_fastcgi": true, "file_server": true, "root": true, "encode": true,
	"log": true, "tls": true, "import": true, "handle_errors": true, "request_header": true, "uri": true, "vars": true, "templates": true, "bind": true, "push": true, "map": true}

// caddyParse reads lines of words; a brace at the end of a line opens a block.
func caddyParse(text string) []*directive {
	type frame struct{ into *[]*directive }
	var top []*directive
	stack := []frame{{&top}}
	n := 0
	for i, l := range caddyLines(text) {
		w := caddyWords(l)
		if len(w) == 0 {
			continue
		}
		if n++; n > maxGates {
			break
		}
		if w[0] == "}" {
			if len(stack) > 1 {
				stack = stack[:len(stack)-1]
			}
			continue
		}
		d := &directive{line: i + 1, words: w}
		into := stack[len(stack)-1].into
		*into = append(*into, d)
		if last := len(w) - 1; w[last] == "{" {
			if d.words = w[:last]; last == 0 && len(stack) > 1 {
				d.words = w // options stand at the top only
			}
			d.block = []*directive{}
			if len(stack) > maxNest {
				break
			}
			stack = append(stack, frame{&d.block})
		}
	}
	return top
}

func caddyLines(text string) []string { return strings.Split(text, "\n") }

func caddyWords(l string) []string {
	var out []string
	for i := 0; i < len(l); {
		switch c := l[i]; c {
		case ' ', '\t', '\r':
			i++
			continue
		case '#':
			return out
		case '"', '`':
			end := i + 1
			for end < len(l) && l[end] != c {
				if l[end] == '\\' && c == '"' {
					end++
				}
				end++
			}
			out = append(out, strings.ReplaceAll(l[i+1:min(end, len(l))], `\"`, `"`))
			i = end + 1
			continue
		}
		start := i
		for i < len(l) && l[i] != ' ' && l[i] != '\t' && l[i] != '\r' {
			i++
		}
		out = append(out, l[start:i])
	}
	return out
}

// caddySite reads the directives of one site.
type caddySite struct {
	file  site.Path
	c     *site.HostConf
	top   *caddyBlock
	depth int
}

// caddyBlock holds directives in the order in which they run.
type caddyBlock struct {
	steps []caddyStep
}

type caddyStep struct {
	name   string
	match  caddyMatch
	text   string // the matcher as it is written
	rule   int    // index in Rules, -1 if it answers nothing by itself
	header []site.HostHeader
	block  *caddyBlock
}

func newCaddySite(file site.Path, ds []*directive) *site.HostConf {
	s := &caddySite{file: file, c: &site.HostConf{Host: "Caddy", Path: file}}
	s.top = s.block(ds, nil, everything, nil)
	s.c.Headers = func(url string) []site.HostHeader { return s.top.headers(url) }
	s.c.Answer = func(url string, _ bool) site.HostAnswer {
		a, _ := s.top.answer(s.c, url)
		return a
	}
	return s.c
}

func everything(string) tri { return yes }

// block reads directives. outer is what requests that come here match, and
// inherited the fields that are set before.
func (s *caddySite) block(ds []*directive, named map[string]caddyMatch, outer caddyMatch, inherited []caddyStep) *caddyBlock {
	if s.depth++; s.depth > maxNest {
		return &caddyBlock{}
	}
	defer func() { s.depth-- }()
	all := map[string]caddyMatch{}
	for k, v := range named {
		all[k] = v
	}
	for _, d := range ds {
		if strings.HasPrefix(d.words[0], "@") {
			all[d.words[0]] = caddyMatcher(d)
		}
	}
	b := &caddyBlock{}
	for _, d := range ds {
		if !slices.Contains(caddyOrder, d.words[0]) {
			continue
		}
		step := caddyStep{name: d.words[0], match: everything, rule: -1}
		args := d.words[1:]
		if len(args) > 0 && (args[0] == "*" || strings.HasPrefix(args[0], "/") || strings.HasPrefix(args[0], "@")) && (step.name != "redir" || len(args) > 1) {
			step.text = args[0]
			if m, ok := all[args[0]]; ok {
				step.match = m
			} else if strings.HasPrefix(args[0], "@") {
				step.match = func(string) tri { return maybe }
			} else if args[0] != "*" {
				step.match = caddyPath(args[0])
			}
			args = args[1:]
		}
		s.step(&step, d, args)
		b.steps = append(b.steps, step)
	}
	slices.SortStableFunc(b.steps, func(x, y caddyStep) int {
		if d := slices.Index(caddyOrder, x.name) - slices.Index(caddyOrder, y.name); d != 0 {
			return d
		}
		if strings.HasPrefix(x.text, "/") && strings.HasPrefix(y.text, "/") {
			return len(y.text) - len(x.text) // the longer path first
		}
		if (x.text == "") != (y.text == "") && x.name != "header" {
			return map[bool]int{true: 1, false: -1}[x.text == ""]
		}
		return 0
	})
	s.finish(b, ds, all, outer, inherited)
	return b
}

// finish reads inner blocks and makes the rules, now that the order is known.
func (s *caddySite) finish(b *caddyBlock, ds []*directive, named map[string]caddyMatch, outer caddyMatch, inherited []caddyStep) {
	fields := inherited
	for i := range b.steps {
		if b.steps[i].name == "header" {
			fields = append(fields[:len(fields):len(fields)], b.steps[i])
		}
	}
	for i := range b.steps {
		step := &b.steps[i]
		match := func(u string) tri { return outer(u).and(step.match(u)) }
		if step.rule >= 0 {
			r := &s.c.Rules[step.rule]
			r.Covers = func(u string) bool { return match(u) != no }
			for _, f := range fields {
				if f.text != "" && f.text != step.text && f.text != "*" {
					continue
				}
				for _, h := range f.header {
					h.Inherited = f.text != step.text || f.text == ""
					r.Header = append(r.Header, h)
				}
			}
			continue
		}
		if step.name == "handle" || step.name == "handle_path" || step.name == "route" {
			for _, d := range ds {
				if d.words[0] == step.name && d.block != nil && (len(d.words) > 1 && d.words[1] == step.text || len(d.words) == 1 && step.text == "") && step.block == nil {
					step.block = s.block(d.block, named, match, fields)
					d.block = nil
				}
			}
		}
	}
}

func (s *caddySite) step(step *caddyStep, d *directive, args []string) {
	at := site.HostPlace{Path: s.file, Line: d.line}
	answer := func(status int, to string) {
		step.rule = len(s.c.Rules)
		s.c.Rules = append(s.c.Rules, site.HostRule{HostPlace: at, Pattern: strings.TrimSpace(d.words[0] + " " + step.text), Status: status, To: to, Forced: true})
	}
	switch step.name {
	case "respond", "error":
		status := map[string]int{"respond": 200, "error": 500}[step.name]
		for _, a := range args {
			if statusText(a) {
				status, _ = strconv.Atoi(a)
			}
		}
		answer(status, "")
	case "redir":
		status, to := 302, ""
		if len(args) > 0 {
			to = args[0]
		}
		if len(args) > 1 {
			status = map[string]int{"permanent": 301, "temporary": 302, "html": 200}[args[1]]
			if statusText(args[1]) {
				status, _ = strconv.Atoi(args[1])
			}
		}
		if status != 0 {
			answer(status, to)
		}
	case "basic_auth", "basicauth":
		answer(401, "")
	case "forward_auth", "reverse_proxy", "php_fastcgi":
		answer(0, "")
	case "header":
		add := func(line int, w []string) {
			if len(w) > 1 && !strings.HasPrefix(w[0], "-") {
				step.header = append(step.header, site.HostHeader{HostPlace: site.HostPlace{Path: s.file, Line: line}, Name: strings.TrimLeft(w[0], "+?>"), Value: w[1]})
			}
		}
		add(d.line, args)
		for _, l := range d.block {
			add(l.line, l.words)
		}
	case "try_files":
		if slices.Contains(args, "{path}.html") {
			s.c.CleanURLs = true
		}
	}
}

// headers returns what is set for a path that is served.
func (b *caddyBlock) headers(url string) []site.HostHeader {
	var out []site.HostHeader
	for i := range b.steps {
		s := &b.steps[i]
		if s.match(url) == no {
			continue
		}
		out = append(out, s.header...)
		if s.block != nil {
			out = append(out, s.block.headers(url)...)
		}
	}
	return out
}

// answer runs the directives until one answers; of the handle blocks of a
// level only the first that matches runs.
func (b *caddyBlock) answer(c *site.HostConf, url string) (site.HostAnswer, bool) {
	handled := false
	for i := range b.steps {
		s := &b.steps[i]
		m := s.match(url)
		if m == no {
			continue
		}
		switch {
		case s.rule >= 0:
			if m == maybe || c.Rules[s.rule].Status == 0 {
				return site.HostAnswer{Status: site.HostUnknown, Rule: s.rule}, true
			}
			if st := c.Rules[s.rule].Status; st == 200 {
				return site.HostAnswer{Status: 204, Rule: s.rule}, true // an answer of its own, not the file
			}
			return site.HostAnswer{Status: c.Rules[s.rule].Status, Rule: s.rule}, true
		case s.block != nil:
			if handled && s.name != "route" {
				continue
			}
			handled = handled || s.name != "route"
			if a, ok := s.block.answer(c, url); ok {
				return a, true
			}
		case s.name == "file_server":
			return site.HostAnswer{Rule: -1}, true
		}
	}
	return site.HostAnswer{Rule: -1}, false
}
