package cache

import (
	"bytes"
	"cmp"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/hone-web/hone/site"
)

// Cloudflare Pages answers 404 with no-store whatever its rules say, so there
// the form of fingerprinted names may stand for all of them; Workers send what
// a pattern says with a 404 of that form. A placeholder stands for a part of a
// segment (developers.cloudflare.com/pages/configuration/headers).

// onPages reports whether a configuration of wrangler is one of Pages.
func onPages(s Site) bool {
	for _, p := range wranglerFiles {
		if bytes.Contains(s.Own[p], []byte("pages_build_output_dir")) {
			return true
		}
	}
	return false
}

var wranglerFiles = [...]site.Path{"wrangler.toml", "wrangler.json", "wrangler.jsonc"}

// emitPages writes few patterns for many files; nil if the owner's rules are in
// the way, whose values Cloudflare would join to those of a pattern.
func emitPages(m *site.Manifest, s Site) ([]site.Output, []site.Diagnostic) {
	own := ownPart(s.Own["_headers"])
	theirs := parseHeaders(own)
	for _, r := range theirs {
		if slices.ContainsFunc(r.header, func(h [2]string) bool { return strings.EqualFold(h[0], "Cache-Control") }) {
			return nil, nil
		}
	}
	v := view(m)
	c := &cfPages{view: v, common: v.unsaid(theirs), have: pathsOf(m), prefix: site.Escape(s.Prefix)}
	for i := range m.Entries {
		if e := &m.Entries[i]; e.Class != ClassConfig {
			c.entries = append(c.entries, e)
		}
	}
	f := fold(m)
	rules := c.best(&f, cfMaxHeaders-len(theirs))
	if len(rules)+len(theirs) > cfMaxHeaders {
		return nil, nil
	}
	var b bytes.Buffer
	if len(own) > 0 {
		b.Write(bytes.TrimRight(own, "\n"))
		b.WriteString("\n\n")
	}
	b.WriteString(Mark + "\n")
	for _, r := range rules {
		b.WriteString(r.pattern + "\n")
		for _, name := range r.unset {
			b.WriteString("  ! " + name + "\n")
		}
		for _, h := range r.header {
			fmt.Fprintf(&b, "  %s: %s\n", h[0], h[1])
		}
	}
	var diags []site.Diagnostic
	if c.left > 0 {
		diags = append(diags, site.Diagnostic{Rule: "headers-limit", Severity: site.Info, Path: "_headers",
			Message: fmt.Sprintf("%d files with fingerprints are kept for no longer than others of their extension: too many others have names of the same form, and Cloudflare reads %d rules", c.left, cfMaxHeaders),
			Hint:    "fewer files under names with two dots (app.min.js) that stay: --keep-urls media or none"})
	}
	return []site.Output{{Path: "_headers", Bytes: b.Bytes(), Published: true}}, diags
}

// cfRule is one rule of _headers.
type cfRule struct {
	pattern string
	unset   []string
	header  [][2]string
	match   *regexp.Regexp
}

// cfPages makes few rules for many files.
type cfPages struct {
	view    sent
	common  [][2]string // for every file
	have    map[site.Path]bool
	prefix  string
	entries []*site.Entry
	left    int // fingerprinted files without a rule of their own
}

// best returns the rules with the fewest exceptions that fit. The form of
// fingerprinted names is tried for all extensions at once, then for those
// where it is right most often; rules for extensions are left out at last.
func (c *cfPages) best(f *folded, room int) []cfRule {
	all, broken := c.build(f.exts, []string{":ext"}, room)
	if len(all) <= room && len(broken) == 0 {
		return all
	}
	left := c.left
	var exts []string
	for _, e := range c.entries {
		if ext := extOf(e.Path); c.view.of(e) == byHash && ext != "" && !slices.Contains(exts, ext) {
			exts = append(exts, ext)
		}
	}
	slices.Sort(exts)
	rules, wrong := c.build(f.exts, exts, room)
	if len(all) <= len(rules) && len(all) <= room {
		c.left = left
		return all
	}
	for len(rules) > room && len(exts) > 0 {
		worst := slices.MaxFunc(exts, func(a, b string) int { return cmp.Or(cmp.Compare(wrong[a], wrong[b]), strings.Compare(a, b)) })
		if wrong[worst] == 0 {
			break
		}
		exts = slices.DeleteFunc(exts, func(e string) bool { return e == worst })
		rules, wrong = c.build(f.exts, exts, room)
	}
	return rules
}

// spare is the rank of rules that are written where room is left.
const spare = 9

// build makes the rules for extensions, for fingerprinted names of the
// extensions hashed, and for each file that those get wrong; and it counts
// those that a hashed form got wrong by extension. Fingerprinted files beyond
// the room are left to the rule of their extension.
func (c *cfPages) build(exts []extGroup, hashed []string, room int) (rules []cfRule, wrong map[string]int) {
	add := func(pattern, text string, first bool) {
		r := cfRule{pattern: pattern, header: linesOf(text), match: cfPattern(pattern)}
		if !first {
			r.unset = append([]string{"Cache-Control"}, slices.DeleteFunc(slices.Clone(c.view.names), func(n string) bool { return n == "Cache-Control" })...)
		}
		rules = append(rules, r)
	}
	if len(c.common) > 0 {
		r := cfRule{pattern: c.prefix + "*", header: c.common}
		r.match = cfPattern(r.pattern)
		rules = append(rules, r)
	}
	for _, g := range exts {
		for _, ext := range g.exts {
			add(c.prefix+"*."+ext, g.text, true)
		}
	}
	for _, ext := range hashed {
		add(c.prefix+"*/:stem.:hash."+ext, byHash, false)
		add(c.prefix+":stem.:hash."+ext, byHash, false)
	}
	wrong, c.left = map[string]int{}, 0
	base := len(rules)
	var exact []cfRule
	var rank []int
	for _, e := range c.entries {
		text := c.view.of(e)
		for _, name := range requests(e, c.have) {
			url := c.prefix + site.Escape(name)
			if c.sends(rules[:base], url, text) {
				continue
			}
			wrong[extOf(e.Path)]++
			exact = append(exact, cfRule{pattern: url, header: linesOf(text), unset: slices.Clone(c.view.names)})
			if !slices.Contains(c.view.names, "Cache-Control") {
				exact[len(exact)-1].unset = append([]string{"Cache-Control"}, c.view.names...)
			}
			r := urgency(e)
			if text == byHash {
				r = spare // asked for again sooner than it need be
			}
			rank = append(rank, r)
		}
	}
	order := make([]int, len(exact))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return rank[a] - rank[b] })
	for _, i := range order {
		if rank[i] == spare && len(rules) >= room {
			c.left++
			continue
		}
		rules = append(rules, exact[i])
	}
	return rules, wrong
}

// sends reports whether rules send url as text says.
func (c *cfPages) sends(rules []cfRule, url, text string) bool {
	h := cfHeaders(rules, url)
	want := linesOf(text)
	for _, f := range want {
		got := h.Get(f[0])
		if f[0] == "Cache-Control" {
			got = cmp.Or(got, revalidate)
		}
		if got != f[1] {
			return false
		}
	}
	for _, name := range c.view.unset(text) {
		if h.Get(name) != "" {
			return false
		}
	}
	return true
}

// cfHeaders applies rules as Cloudflare does: the first value of a field takes
// the place of its default, further ones join it, "!" takes all back.
func cfHeaders(rules []cfRule, url string) http.Header {
	h := http.Header{}
	for i := range rules {
		if !rules[i].match.MatchString(url) {
			continue
		}
		for _, name := range rules[i].unset {
			h.Del(name)
		}
		for _, f := range rules[i].header {
			h.Add(f[0], f[1])
		}
	}
	for name, values := range h {
		h.Set(name, strings.Join(values, ", "))
	}
	return h
}

// cfPlaceholder is a name that stands for one segment, or a part of one.
var cfPlaceholder = regexp.MustCompile(`\*|:[A-Za-z]\w*`)

// cfPattern returns what a pattern matches: a star stands for anything, a name
// for anything but a slash.
func cfPattern(pattern string) *regexp.Regexp {
	if i := strings.Index(pattern, "://"); i >= 0 {
		if j := strings.IndexByte(pattern[i+3:], '/'); j >= 0 {
			pattern = pattern[i+3+j:]
		}
	}
	var b strings.Builder
	b.WriteString("^")
	at := 0
	for _, m := range cfPlaceholder.FindAllStringIndex(pattern, -1) {
		b.WriteString(regexp.QuoteMeta(pattern[at:m[0]]))
		if pattern[m[0]] == '*' {
			b.WriteString(".*")
		} else {
			b.WriteString("[^/]+")
		}
		at = m[1]
	}
	b.WriteString(regexp.QuoteMeta(pattern[at:]) + "$")
	re, err := regexp.Compile(b.String())
	if err != nil {
		return regexp.MustCompile(`^\b\B`) // bytes that are no text match nothing
	}
	return re
}

// parseCloudflare reads _headers with the lines that take fields back.
func parseCloudflare(text []byte) []cfRule {
	var rules []cfRule
	for line := range strings.SplitSeq(string(text), "\n") {
		trim := strings.TrimSpace(line)
		switch {
		case trim == "" || strings.HasPrefix(trim, "#"):
		case line[0] == ' ' || line[0] == '\t':
			if len(rules) == 0 {
				continue
			}
			r := &rules[len(rules)-1]
			if name, ok := strings.CutPrefix(trim, "!"); ok {
				r.unset = append(r.unset, strings.TrimSpace(name))
			} else if name, value, ok := strings.Cut(trim, ":"); ok {
				r.header = append(r.header, [2]string{strings.TrimSpace(name), strings.TrimSpace(value)})
			}
		default:
			rules = append(rules, cfRule{pattern: trim, match: cfPattern(trim)})
		}
	}
	return rules
}
