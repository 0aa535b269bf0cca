package cache

import (
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/hone-web/hone/site"
)

// x402Syntax are the forms in which routes are written; compiled when a file
// with routes is met.
var x402Syntax = sync.OnceValue(func() (s struct{ key, price, matcher, text *regexp.Regexp }) {
	s.key = regexp.MustCompile("[\"'`]((?:[A-Z]+[ \t]+)?/[^\"'`\\s]*)[\"'`]\\s*:\\s*[\\w.]*\\{")
	s.price = regexp.MustCompile(`(?i)\b(?:price|amount|maxAmountRequired)["']?\s*:\s*["']?([$0-9.]+)`)
	s.matcher = regexp.MustCompile(`\bmatcher["']?\s*:\s*(?:\[([^\]]*)\]|(["'][^"']*["']))`)
	s.text = regexp.MustCompile(`["']([^"']*)["']`)
	return s
})

// readX402 reads the routes that are given to the middleware of x402 as a
// literal, in JavaScript, TypeScript or Go. JavaScript takes the first key
// that matches, in any case; Go compares case, and tries keys in an order that
// is another in every process.
func readX402(f ConfFile) *site.HostConf {
	text := string(f.Text)
	syntax := x402Syntax()
	golang := strings.HasSuffix(string(f.Path), ".go")
	c := &site.HostConf{Host: "x402 middleware", Path: f.Path, CleanURLs: true, Headers: noHeaders, Unordered: golang}
	matched := x402Matcher(c, syntax.matcher, syntax.text, f.Path, text)
	keys := syntax.key.FindAllStringSubmatchIndex(text, maxGates)
	for i, m := range keys {
		key := text[m[2]:m[3]]
		verb, path, ok := strings.Cut(key, " ")
		if !ok {
			verb, path = "", key
		}
		end := len(text)
		if i+1 < len(keys) {
			end = keys[i+1][0]
		}
		r := site.HostRule{HostPlace: site.HostPlace{Path: f.Path, Line: 1 + strings.Count(text[:m[0]], "\n")}, Pattern: key, Status: 402, Forced: true, Code: true}
		if p := syntax.price.FindStringSubmatch(text[m[1]:end]); p != nil {
			r.Offer = p[1]
		}
		if verb != "" && verb != "GET" {
			r.Cond = "method " + verb
		}
		re := x402Pattern(strings.TrimSpace(path), golang)
		r.Covers = func(u string) bool { return matchTri(re, u) != no && matched(u) }
		c.Rules = append(c.Rules, r)
	}
	if len(c.Rules) == 0 {
		return nil
	}
	c.Answer = func(url string, exists bool) site.HostAnswer {
		return answer(c.Rules, func(i int, url string) tri { return is(c.Rules[i].Cond == "" && c.Rules[i].Covers(url)) }, url, exists)
	}
	return c
}

// x402Pattern translates a route: * stands for anything, [name] and :name for
// a segment, and /x/* covers /x in JavaScript.
func x402Pattern(p string, golang bool) *regexp.Regexp {
	var b strings.Builder
	b.WriteString("^")
	tail := false
	if s, ok := strings.CutSuffix(p, "/*"); ok && !golang {
		p, tail = s, true
	}
	for i := 0; i < len(p); {
		switch end := 0; {
		case p[i] == '*':
			b.WriteString(".*?")
			i++
			continue
		case p[i] == '[':
			if end = strings.IndexByte(p[i:], ']'); end > 0 {
				b.WriteString("[^/]+")
				i += end + 1
				continue
			}
		case p[i] == ':' && i > 0 && p[i-1] == '/':
			if end = strings.IndexByte(p[i:], '/'); end < 0 {
				end = len(p) - i
			}
			b.WriteString("[^/]+")
			i += end
			continue
		}
		if p[i] < 0x80 {
			b.WriteString(regexp.QuoteMeta(p[i : i+1]))
		} else {
			b.WriteByte(p[i])
		}
		i++
	}
	if tail {
		b.WriteString("(?:/.*)?")
	}
	return hostRegexp(b.String()+"$", !golang)
}

// x402Matcher reads the matcher of a Next.js middleware: what it covers and no
// key names runs without a gate.
func x402Matcher(c *site.HostConf, form, quoted *regexp.Regexp, file site.Path, text string) func(string) bool {
	m := form.FindStringSubmatchIndex(text)
	if m == nil {
		return func(string) bool { return true }
	}
	var all []*regexp.Regexp
	for _, q := range quoted.FindAllStringSubmatch(text[m[0]:m[1]], 100) {
		all = append(all, pathToRegexp(q[1]))
	}
	covers := func(u string) bool {
		for _, re := range all {
			if matchTri(re, u) != no {
				return true
			}
		}
		return false
	}
	c.Matcher = &site.HostRule{HostPlace: site.HostPlace{Path: file, Line: 1 + strings.Count(text[:m[0]], "\n")}, Pattern: fmt.Sprintf("matcher %.60s", strings.Join(strings.Fields(text[m[0]:m[1]]), " ")), Covers: covers}
	return covers
}
