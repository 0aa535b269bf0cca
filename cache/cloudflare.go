package cache

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/hone-web/hone/site"
)

// Cloudflare writes _headers for Cloudflare Pages and Workers with static
// assets, which read the first 100 rules. Where rules for single files are more
// than that, what is kept for a while is told by extension, and the files that
// this would get wrong detach the wider rule's fields ("! Name") before they
// set their own. What is kept for good is told file by file: a pattern would
// also cover names that do not exist, and their 404 (but see emitPages).
var Cloudflare = &Target{
	Name:    "cloudflare",
	Doc:     "_headers within the limits of Cloudflare Pages and Workers",
	Reads:   append([]site.Path{"_headers"}, wranglerFiles[:]...),
	Asked:   true,
	Emit:    emitCloudflare,
	Resolve: resolveCloudflare,
}

// cfRequest is an address that an entry answers at, and what it is sent with.
type cfRequest struct {
	entry *site.Entry
	url   string
	text  string
	own   bool // the owner's rules set Cache-Control
}

func emitCloudflare(m *site.Manifest, s Site) ([]site.Output, []site.Diagnostic) {
	own := ownPart(s.Own["_headers"])
	theirs := parseHeaders(own)
	v := view(m)
	requests, kept := cfRequests(m, &v, theirs, s.Prefix)
	room := cfMaxHeaders - len(theirs)
	common := v.unsaid(theirs)
	if len(common) > 0 {
		room--
	}
	var wide map[string]string
	if cfSingle(requests) > room {
		if onPages(s) {
			if outs, diags := emitPages(m, s); outs != nil {
				return outs, diags
			}
		}
		wide = cfFold(requests, room)
	}
	rules := cfRules(requests, wide, s.Prefix)
	if len(common) > 0 {
		rules = slices.Insert(rules, 0, headerRule{pattern: "/*", header: common})
	}
	var b bytes.Buffer
	if len(own) > 0 {
		b.Write(bytes.TrimRight(own, "\n"))
		b.WriteString("\n\n")
	}
	b.WriteString(Mark + "\n")
	long := 0
	for _, r := range rules {
		for _, name := range r.unset {
			r.header = slices.Insert(r.header, 0, [2]string{"! " + name})
		}
		if len(r.pattern) > cfMaxLine || slices.ContainsFunc(r.header, func(f [2]string) bool { return len(f[0])+len(f[1])+4 > cfMaxLine }) {
			long++
		}
		b.WriteString(r.pattern + "\n")
		for _, f := range r.header {
			if f[1] == "" {
				b.WriteString("  " + f[0] + "\n")
				continue
			}
			fmt.Fprintf(&b, "  %s: %s\n", f[0], f[1])
		}
	}
	outs := []site.Output{{Path: "_headers", Bytes: b.Bytes(), Published: true}}
	return outs, cfFindings(m, s, outs, [3]int{kept, len(theirs) + len(rules), long})
}

func cfFindings(m *site.Manifest, s Site, outs []site.Output, counts [3]int) []site.Diagnostic {
	var diags []site.Diagnostic
	kept, rules, long := counts[0], counts[1], counts[2]
	if kept > 0 {
		diags = append(diags, keptFinding(kept))
	}
	if rules > cfMaxHeaders {
		diags = append(diags, limit(m, s, resolveCloudflare, outs, site.Error, site.Diagnostic{Path: "_headers",
			Message: fmt.Sprintf("%d rules; Cloudflare reads the first %d and serves the rest with its default, which revalidates", rules, cfMaxHeaders),
			Hint:    "the files named last are cached for less time; fewer files under names that stay (--keep-urls media or none) need fewer rules"}))
	}
	if long > 0 {
		diags = append(diags, limit(m, s, resolveCloudflare, outs, site.Error, site.Diagnostic{Path: "_headers",
			Message: fmt.Sprintf("%d rules with a line of more than %d characters, which Cloudflare does not read", long, cfMaxLine),
			Hint:    "shorten the names of these files, or the value in cache.rule"}))
	}
	return diags
}

// cfRequests lists every address of the site's files, and how many files the
// owner's rules cover that hone has a value for.
func cfRequests(m *site.Manifest, v *sent, theirs []headerRule, prefix string) (out []cfRequest, kept int) {
	names := pathsOf(m)
	for i := range m.Entries {
		e := &m.Entries[i]
		if e.Class == ClassConfig {
			continue
		}
		text := v.of(e)
		for _, name := range requests(e, names) {
			r := cfRequest{entry: e, url: prefix + name, text: text}
			r.own = setsCache(theirs, r.url)
			if r.own && name == string(e.Path) && text != byDefault {
				kept++
			}
			out = append(out, r)
		}
	}
	// Where Cloudflare stops reading, the rules that save most come first.
	slices.SortStableFunc(out, func(a, b cfRequest) int { return urgency(a.entry) - urgency(b.entry) })
	return out, kept
}

// cfSingle counts the rules that name one address each.
func cfSingle(requests []cfRequest) int {
	n := 0
	for _, r := range requests {
		if !r.own && r.text != byDefault {
			n++
		}
	}
	return n
}

// cfFold chooses extensions to tell by pattern, and the text for each. The
// patterns and all of their exceptions come within room: an exception that is
// not read would be sent with the pattern's fields.
func cfFold(requests []cfRequest, room int) map[string]string {
	type group struct {
		ext, best     string
		covered, rest int
	}
	votes, all, owned := map[string]map[string]int{}, map[string]int{}, map[string]bool{}
	for _, r := range requests {
		ext := urlExt(r.url)
		if ext == "" {
			continue
		}
		all[ext]++
		owned[ext] = owned[ext] || r.own
		if r.text == byDefault || strings.Contains(r.text, "immutable") || site.KindOf(r.entry.Path) == site.HTML {
			continue
		}
		if votes[ext] == nil {
			votes[ext] = map[string]int{}
		}
		votes[ext][r.text]++
	}
	var groups []group
	for _, ext := range slices.Sorted(maps.Keys(votes)) {
		if owned[ext] {
			continue // Cloudflare would join the owner's value and the pattern's
		}
		g := group{ext: ext}
		for _, text := range slices.Sorted(maps.Keys(votes[ext])) {
			if n := votes[ext][text]; n > g.covered {
				g.best, g.covered = text, n
			}
		}
		g.rest = all[ext] - g.covered
		if g.covered > 1 {
			groups = append(groups, g)
		}
	}
	slices.SortStableFunc(groups, func(a, b group) int {
		return cmp.Or(cmp.Compare(a.rest, b.rest), cmp.Compare(b.covered, a.covered))
	})
	wide := map[string]string{}
	for _, g := range groups {
		if 1+g.rest <= room {
			room -= 1 + g.rest
			wide[g.ext] = g.best
		}
	}
	return wide
}

// cfRules are the patterns, then their exceptions, then single files.
func cfRules(requests []cfRequest, wide map[string]string, prefix string) []headerRule {
	var rules, exceptions, single []headerRule
	for _, ext := range slices.Sorted(maps.Keys(wide)) {
		rules = append(rules, headerRule{pattern: site.Escape(prefix) + "*." + ext, header: linesOf(wide[ext])})
	}
	for _, r := range requests {
		given, covered := wide[urlExt(r.url)]
		rule := headerRule{pattern: site.Escape(r.url), header: linesOf(r.text)}
		switch {
		case r.own:
		case covered && given != r.text:
			for _, f := range linesOf(given) {
				rule.unset = append(rule.unset, f[0])
			}
			exceptions = append(exceptions, rule)
		case !covered && r.text != byDefault:
			single = append(single, rule)
		}
	}
	return slices.Concat(rules, exceptions, single)
}

// urlExt returns what follows the last dot of an address if it can end a
// pattern.
func urlExt(url string) string {
	ext := url[strings.LastIndexByte(url, '.')+1:]
	if len(ext) == len(url) || strings.ContainsFunc(ext, func(c rune) bool {
		return !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9')
	}) {
		return ""
	}
	return ext
}

// resolveCloudflare applies the rules that Cloudflare reads, in order: a rule
// takes fields away, then sets its own, which are joined to earlier ones.
func resolveCloudflare(outs []site.Output) (func(string) http.Header, error) {
	if len(outs) != 1 {
		return nil, fmt.Errorf("_headers: %d files", len(outs))
	}
	rules := parseCloudflare(outs[0].Bytes)
	if len(rules) > cfMaxHeaders {
		rules = rules[:cfMaxHeaders]
	}
	return func(path string) http.Header {
		h := cfHeaders(rules, site.Escape(path))
		if h.Get("Cache-Control") == "" {
			h.Set("Cache-Control", revalidate)
		}
		return h
	}, nil
}
