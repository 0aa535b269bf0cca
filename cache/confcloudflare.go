package cache

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"github.com/hone-web/hone/site"
)

// The limits of Cloudflare's files (cloudflare/workers-sdk,
// packages/workers-shared/utils/configuration/constants.ts).
const (
	cfMaxLine    = 2000
	cfMaxStatic  = 2000
	cfMaxDynamic = 100
	cfMaxHeaders = 100
)

// readCloudflare reads _redirects, _headers, _routes.json, functions/ and the
// configuration of wrangler as Workers with static assets and Pages do.
func readCloudflare(files []ConfFile) *site.HostConf {
	c := &site.HostConf{Host: "Cloudflare", CleanURLs: true, HTMLMoves: true}
	first := func(f *ConfFile) {
		if c.Path == "" {
			c.Path = f.Path
		}
	}
	for _, name := range []string{"wrangler.toml", "wrangler.json", "wrangler.jsonc"} {
		if f := byBase(files, name); f != nil {
			first(f)
			readWrangler(c, f)
		}
	}
	readFunctions(c, files, first)
	if f := byBase(files, "_redirects"); f != nil {
		first(f)
		cfRedirects(c, parseRedirects(*f), string(f.Text))
	}
	c.Headers = noHeaders
	if f := byBase(files, "_headers"); f != nil {
		first(f)
		blocks := placedHeaders(*f)
		if len(blocks) > cfMaxHeaders {
			c.Ignored = append(c.Ignored, site.HostNote{HostPlace: blocks[cfMaxHeaders].at, Text: blocks[cfMaxHeaders].pattern,
				Why: fmt.Sprintf("Cloudflare reads the first %d rules of _headers", cfMaxHeaders)})
			blocks = blocks[:cfMaxHeaders]
		}
		c.Headers = headersOf(blocks, false)
	}
	if c.Path == "" {
		return nil
	}
	c.Answer = func(url string, exists bool) site.HostAnswer {
		return answer(c.Rules, func(i int, url string) tri { return is(c.Rules[i].Covers(url)) }, url, exists)
	}
	return c
}

func cfRedirects(c *site.HostConf, rs []redirect, text string) {
	lines := strings.Split(text, "\n")
	static, dynamic := 0, 0
	seen := map[string]bool{}
	for _, r := range rs {
		why := r.bad
		placeholder := strings.Contains(r.from, "*") || strings.Contains(r.from, "/:")
		switch {
		case why != "":
		case len(lines[r.at.Line-1]) > cfMaxLine:
			why = fmt.Sprintf("the line is longer than %d characters", cfMaxLine)
		case seen[r.from]:
			why = "an earlier line has the same source"
		case r.status != 0 && !slices.Contains([]int{200, 301, 302, 303, 307, 308}, r.status):
			why = fmt.Sprintf("Cloudflare reads only 200, 301, 302, 303, 307 and 308 here, so the rule with %d is skipped", r.status)
			c.Rules = append(c.Rules, site.HostRule{HostPlace: r.at, Pattern: r.from, Status: r.status, To: r.to, Dropped: why, Covers: pathPattern(r.from)})
			continue
		case placeholder && dynamic >= cfMaxDynamic:
			why = fmt.Sprintf("Cloudflare reads %d rules with placeholders", cfMaxDynamic)
		case !placeholder && static >= cfMaxStatic:
			why = fmt.Sprintf("Cloudflare reads %d rules without placeholders", cfMaxStatic)
		}
		if why != "" {
			c.Ignored = append(c.Ignored, site.HostNote{HostPlace: r.at, Text: r.from, Why: why})
			continue
		}
		seen[r.from] = true
		if placeholder {
			dynamic++
		} else {
			static++
		}
		rule := site.HostRule{HostPlace: r.at, Pattern: r.from, Status: r.status, To: r.to, Forced: r.status != 200, Covers: pathPattern(r.from)}
		if rule.Status == 0 {
			rule.Status = 302
		}
		c.Rules = append(c.Rules, rule)
	}
}

// readWrangler reads which requests the Worker sees: all that no file answers,
// and those of run_worker_first.
func readWrangler(c *site.HostConf, f *ConfFile) {
	main, line, firstAll := "", 0, false
	var first []string
	dir := ""
	if strings.HasSuffix(string(f.Path), ".toml") {
		var t struct {
			Main   string `toml:"main"`
			Assets struct {
				Directory string `toml:"directory"`
				First     any    `toml:"run_worker_first"`
			} `toml:"assets"`
		}
		if toml.Unmarshal(f.Text, &t) != nil {
			return
		}
		main, dir = t.Main, t.Assets.Directory
		switch v := t.Assets.First.(type) {
		case bool:
			firstAll = v
		case []any:
			for _, x := range v {
				if s, ok := x.(string); ok {
					first = append(first, s)
				}
			}
		}
		line = lineOf(string(f.Text), "main")
	} else {
		n, err := parseJSON(f.Text)
		if err != nil {
			return
		}
		main, dir = n.get("main").str(), n.get("assets").get("directory").str()
		first, firstAll = n.get("assets").get("run_worker_first").strings(), n.get("assets").get("run_worker_first").truth()
		if m := n.get("main"); m != nil {
			line = m.line
		}
	}
	if main == "" || dir == "" {
		return
	}
	at := site.HostPlace{Path: f.Path, Line: line}
	seesFirst := func(url string) bool {
		hit := firstAll
		for _, p := range first {
			if strings.HasPrefix(p, "!") {
				if glob(p[1:], url) {
					return false
				}
			} else if glob(p, url) {
				hit = true
			}
		}
		return hit
	}
	name := "run_worker_first " + strings.Join(first, ", ")
	c.Rules = append(c.Rules, site.HostRule{HostPlace: at, Pattern: name, Forced: true, Covers: seesFirst},
		site.HostRule{HostPlace: at, Pattern: main, Covers: func(url string) bool { return !seesFirst(url) }})
}

func lineOf(text, key string) int {
	for n, l := range strings.Split(text, "\n") {
		if k, _, ok := strings.Cut(l, "="); ok && strings.TrimSpace(k) == key {
			return n + 1
		}
	}
	return 0
}

// readFunctions reads the routes of Pages functions, which run before files
// unless _routes.json leaves them out.
func readFunctions(c *site.HostConf, files []ConfFile, first func(*ConfFile)) {
	var include, exclude []string
	include = []string{"/*"}
	if f := byBase(files, "_routes.json"); f != nil {
		first(f)
		if n, err := parseJSON(f.Text); err == nil {
			include, exclude = n.get("include").strings(), n.get("exclude").strings()
		}
	}
	routed := func(url string) bool {
		match := func(p string) bool { return glob(p, url) || strings.TrimSuffix(p, "/*") == url }
		return slices.ContainsFunc(include, match) && !slices.ContainsFunc(exclude, match)
	}
	add := func(f *ConfFile, pattern string, covers func(string) bool) {
		at := site.HostPlace{Path: f.Path}
		c.Rules = append(c.Rules,
			site.HostRule{HostPlace: at, Pattern: pattern, Forced: true, Covers: func(u string) bool { return covers(u) && routed(u) }},
			site.HostRule{HostPlace: at, Pattern: pattern, Covers: func(u string) bool { return covers(u) && !routed(u) }})
	}
	if f := byBase(files, "_worker.js"); f != nil {
		first(f)
		add(f, "/*", func(string) bool { return true })
		return
	}
	fs := functions(files)
	for i := range fs {
		first(&fs[i])
		route := strings.TrimPrefix(string(fs[i].Path), "functions")
		route = strings.TrimSuffix(route, path.Ext(route))
		switch base := path.Base(route); {
		case base == "_middleware":
			route = path.Join(path.Dir(route), "*")
		case base == "index":
			route = path.Dir(route)
		case strings.HasPrefix(base, "[["):
			route = path.Join(path.Dir(route), "*")
		case strings.HasPrefix(base, "["):
			route = path.Join(path.Dir(route), ":"+strings.Trim(base, "[]"))
		}
		add(&fs[i], route, pathPattern(route))
	}
}
