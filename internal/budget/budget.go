// Package budget compares what pages and files weigh with what their owner
// allows. It owns the meaning of a budget, whoever wrote it (hone.toml,
// Lighthouse, size-limit); it must not know how files were made, and stops
// nothing itself: its findings do.
package budget

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/hone-web/hone/internal/config"
	"github.com/hone-web/hone/internal/pipeline"
	"github.com/hone-web/hone/site"
)

// Set is all budgets of a build.
type Set struct {
	pages, files []*budget
}

// budget is one, ready for use.
type budget struct {
	name     string // how its owner finds it
	pattern  string
	match    func(string) bool
	severity site.Severity
	off      bool
	limits   map[string]int64
	requests *int
	external *int
	encoding string
	sum      bool    // the files together, not each
	share    float64 // of growth that is fine
	bytes    int64
	growth   bool // growth is bounded
}

// New makes the budgets of a configuration ready.
func New(list []config.Budget) (*Set, error) {
	s := new(Set)
	for i := range list {
		if err := s.Add(&list[i], fmt.Sprintf("[[budget]] number %d", i+1)); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// Add adds a budget under the name that findings use for it.
func (s *Set) Add(c *config.Budget, name string) error {
	pattern := cmp.Or(c.Match, c.Files)
	if !doublestar.ValidatePattern(pattern) {
		return fmt.Errorf("%s: %q is not a glob; write it like /blog/**", name, pattern)
	}
	b, err := newBudget(c, name, pattern)
	if err != nil {
		return err
	}
	glob := strings.TrimPrefix(pattern, "/")
	b.match = func(p string) bool { ok, _ := doublestar.Match(glob, strings.TrimPrefix(p, "/")); return ok }
	if c.Files != "" {
		s.files = append(s.files, b)
	} else {
		s.pages = append(s.pages, b)
	}
	return nil
}

func newBudget(c *config.Budget, name, pattern string) (*budget, error) {
	b := &budget{name: name, pattern: pattern, severity: site.Error, off: c.Level == "off", limits: map[string]int64{}, requests: c.Limits.Requests,
		external: c.Limits.ThirdPartyRequests, encoding: cmp.Or(c.Encoding, "gzip")}
	if c.Level == "warn" {
		b.severity = site.Warn
	}
	for _, l := range c.Limits.Sizes() {
		if l.Text == "" {
			continue
		}
		n, err := config.ParseBytes(l.Text)
		if err != nil {
			return nil, fmt.Errorf("%s: limits.%s: %w", name, l.Name, err)
		}
		b.limits[l.Name] = n
	}
	if c.MaxIncrease != "" {
		var err error
		if b.share, b.bytes, err = config.ParseIncrease(c.MaxIncrease); err != nil {
			return nil, fmt.Errorf("%s: max_increase: %w", name, err)
		}
		b.growth = true
	}
	return b, nil
}

// Empty reports whether there are no budgets.
func (s *Set) Empty() bool { return len(s.pages)+len(s.files) == 0 }

// Before is what pages weighed in another build, by path.
type Before map[site.Path]int64

// Check returns what goes beyond its budget. before may be nil.
func (s *Set) Check(r *pipeline.Result, before Before) []site.Diagnostic {
	var out []site.Diagnostic
	for i := range r.Pages {
		p := &r.Pages[i]
		if b := s.forPage(p.Path); b != nil && !b.off {
			out = append(out, b.page(p, r.Resources)...)
			if d := b.grown(p, before); d != nil {
				out = append(out, *d)
			}
		}
	}
	if r.Manifest == nil {
		return out
	}
	for _, b := range s.files {
		if !b.off {
			out = append(out, b.weigh(r.Manifest)...)
		}
	}
	return out
}

// forPage returns the last budget for a page. A page answers under the address
// of its file and of its folder.
func (s *Set) forPage(p site.Path) *budget {
	addresses := []string{"/" + string(p)}
	if dir, ok := strings.CutSuffix("/"+string(p), "index.html"); ok {
		addresses = append(addresses, dir)
	} else if bare, ok := strings.CutSuffix("/"+string(p), ".html"); ok {
		addresses = append(addresses, bare)
	}
	for i := len(s.pages) - 1; i >= 0; i-- {
		if slices.ContainsFunc(addresses, s.pages[i].match) {
			return s.pages[i]
		}
	}
	return nil
}

// types are the types of a budget, as Lighthouse names them, for the kinds of
// files.
var types = map[string]string{"html": "document", "css": "stylesheet", "js": "script", "image": "image", "svg": "image", "font": "font", "media": "media"}

func typeOf(kind string) string { return cmp.Or(types[kind], "other") }

// page compares one page, as gzip sends it, with its budget.
func (b *budget) page(p *pipeline.Page, table []pipeline.Resource) []site.Diagnostic {
	sums := map[string]int64{"total": p.After.Bytes, "critical": p.After.Critical, "document": p.After.Own}
	for _, i := range p.LoadsAfter {
		sums[typeOf(table[i].Kind)] += table[i].Bytes
	}
	var out []site.Diagnostic
	for _, name := range []string{"total", "document", "stylesheet", "script", "image", "font", "media", "other", "critical"} {
		limit, ok := b.limits[name]
		if !ok || sums[name] <= limit {
			continue
		}
		out = append(out, b.finding("budget-exceeded", p.Path, fmt.Sprintf("%s: %s over the network, %s above the budget of %s", name, size(sums[name]), size(sums[name]-limit), size(limit)),
			largest(p, table, name)))
	}
	for _, c := range []struct {
		what  string
		have  int
		limit *int
	}{{"request", p.After.Requests + p.External, b.requests}, {"request to other hosts", p.External, b.external}} {
		if c.limit != nil && c.have > *c.limit {
			out = append(out, b.finding("budget-exceeded", p.Path, fmt.Sprintf("%s, the budget is %d", count(c.have, c.what), *c.limit), ""))
		}
	}
	return out
}

// largest names what the page spends most on.
func largest(p *pipeline.Page, table []pipeline.Resource, name string) string {
	if name == "document" || name == "critical" {
		return ""
	}
	var list []pipeline.Resource
	for _, i := range p.LoadsAfter {
		if name == "total" || typeOf(table[i].Kind) == name {
			list = append(list, table[i])
		}
	}
	slices.SortStableFunc(list, func(x, y pipeline.Resource) int { return cmp.Compare(y.Bytes, x.Bytes) })
	var names []string
	for _, r := range list[:min(3, len(list))] {
		names = append(names, fmt.Sprintf("%s %s", r.Path, size(r.Bytes)))
	}
	if len(names) == 0 {
		return ""
	}
	return "most of it: " + strings.Join(names, ", ") + "; "
}

// grown compares a page with what it was.
func (b *budget) grown(p *pipeline.Page, before Before) *site.Diagnostic {
	old, ok := before[p.Path]
	if !ok || !b.growth {
		return nil
	}
	if allowed := old + b.bytes + int64(float64(old)*b.share); p.After.Bytes > allowed {
		d := b.finding("budget-increase", p.Path, fmt.Sprintf("%s over the network, it was %s: %s more than may be added", size(p.After.Bytes), size(old), size(p.After.Bytes-allowed)), "")
		return &d
	}
	return nil
}

// weigh compares files, each or all together, with their budget. A file that
// answers under two names counts once.
func (b *budget) weigh(m *site.Manifest) []site.Diagnostic {
	var out []site.Diagnostic
	seen := map[site.Digest]bool{}
	limit, sum, n := b.limits["each"], int64(0), 0
	var first site.Path
	for i := range m.Entries {
		e := &m.Entries[i]
		if seen[e.SHA256] || !b.match(string(e.Path)) {
			continue
		}
		seen[e.SHA256] = true
		sent, how := e.Size, "as it is"
		if v, ok := e.Encoded[b.encoding]; ok {
			sent, how = v, "in "+b.encoding
		}
		sum, n = sum+sent, n+1
		first = cmp.Or(first, e.Path)
		if sent > limit && !b.sum {
			out = append(out, b.finding("budget-exceeded", e.Path, fmt.Sprintf("%s %s, %s above the budget of %s", size(sent), how, size(sent-limit), size(limit)), ""))
		}
	}
	if b.sum && sum > limit {
		out = append(out, b.finding("budget-exceeded", first, fmt.Sprintf("%s of %s together, %s above the budget of %s", count(n, "file"), size(sum), size(sum-limit), size(limit)), ""))
	}
	return out
}

func (b *budget) finding(rule string, p site.Path, message, detail string) site.Diagnostic {
	return site.Diagnostic{Rule: rule, Severity: b.severity, Path: p, Message: message,
		Hint: detail + "make it smaller, or raise " + b.name + " (" + b.pattern + ")"}
}

// count writes a number of things; the noun is the first word of what.
func count(n int, what string) string {
	if noun, rest, _ := strings.Cut(what, " "); n != 1 {
		what = strings.TrimSpace(noun + "s " + rest)
	}
	return fmt.Sprintf("%d %s", n, what)
}

// size writes bytes so that a few more than a limit are seen.
func size(n int64) string {
	if n < 100_000 {
		return fmt.Sprintf("%.2f kB", float64(n)/1e3)
	}
	if n < 10_000_000 {
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	}
	return fmt.Sprintf("%.2f MB", float64(n)/1e6)
}
