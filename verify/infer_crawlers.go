package verify

import (
	"encoding/xml"
	"fmt"
	"slices"
	"strings"

	"github.com/hone-web/hone/site"
)

// listed reads sitemaps: what is listed there is meant to be found, so it is
// free, or at least a part of it. That says something only where another
// source says paid.
func (in *inference) listed() {
	var paid []*Glob
	for i := range in.out {
		if in.out[i].Access != Paid {
			continue
		}
		if g, err := NewGlob(in.out[i].Path); err == nil {
			paid = append(paid, g)
		}
	}
	if len(paid) == 0 {
		return
	}
	for _, f := range in.Files {
		if f.Kind != site.XML || !strings.Contains(strings.ToLower(f.Path.Base()), "sitemap") {
			continue
		}
		urls, _, err := parseSitemap(in.j.read(f.Path))
		if err != nil {
			continue // what it lists is judged when the site is checked
		}
		n := 0
		for _, u := range urls {
			u, _, _ = strings.Cut(u, "?")
			if slices.ContainsFunc(paid, func(g *Glob) bool { return g.Match(u) }) && n < maxSitemaps {
				n++
				in.add(Inferred{Path: escapeGlob(u), Access: Preview, At: site.HostPlace{Path: f.Path}, Source: "sitemap", Confidence: "low", Pages: 1})
			}
		}
	}
}

// licences reads what robots.txt says to crawlers that gather text: Disallow
// keeps them out, License names their price (RSL 1.0).
func (in *inference) licences() {
	if in.j.at["robots.txt"] == nil {
		return
	}
	text := in.j.read("robots.txt")
	denied := map[string]bool{}
	for _, g := range parseRobots(text) {
		if !slices.ContainsFunc(g.agents, func(a string) bool { return a != "*" && AgentOf(a) == Training }) {
			continue
		}
		for _, r := range g.rules {
			if r.allow || denied[r.path] || !strings.HasPrefix(r.path, "/") {
				continue
			}
			denied[r.path] = true
			in.add(Inferred{Path: robotsGlob(r.path), Access: Free, ByAgent: map[Agent]Access{Training: Deny}, At: site.HostPlace{Path: "robots.txt", Line: r.line}, Source: "robots.txt", Confidence: "low", Pages: 1})
		}
	}
	for n, line := range strings.Split(string(text[:min(len(text), maxRobots)]), "\n") {
		key, value, ok := strings.Cut(line, ":")
		if !ok || !strings.EqualFold(strings.TrimSpace(key), "license") {
			continue
		}
		file := site.Path(strings.TrimPrefix(urlPath(strings.TrimSpace(value)), "/"))
		at := site.HostPlace{Path: "robots.txt", Line: n + 1}
		if in.j.at[file] == nil {
			continue // another site has it
		}
		for _, l := range parseRSL(in.j.read(file)) {
			in.add(Inferred{Path: l.path, Access: Free, ByAgent: map[Agent]Access{Training: l.access}, At: at, Source: fmt.Sprintf("RSL licence %s", file), Confidence: "low", Pages: 1})
		}
	}
}

// robotsGlob writes a rule of robots.txt as a pattern: it covers what begins
// so, unless $ ends it.
func robotsGlob(p string) string {
	p, end := strings.CutSuffix(p, "$")
	p = strings.ReplaceAll(strings.NewReplacer("?", "?", "{", "?", "}", "?").Replace(p), "*", "**")
	if !end && !strings.HasSuffix(p, "**") {
		p += "**"
	}
	return p
}

// rslTerm is what a licence says about a part of the site.
type rslTerm struct {
	path   string
	access Access
}

// maxTerms bounds a licence.
const maxTerms = 1000

// parseRSL reads the parts of a licence that ask for payment from crawlers
// (RSL 1.0: content/@url, license/payment/@type).
func parseRSL(text []byte) []rslTerm {
	var doc struct {
		Content []struct {
			URL     string `xml:"url,attr"`
			License []struct {
				Payment []struct {
					Type string `xml:"type,attr"`
				} `xml:"payment"`
			} `xml:"license"`
		} `xml:"content"`
	}
	if len(text) > maxPage || xml.Unmarshal(text, &doc) != nil {
		return nil
	}
	var out []rslTerm
	for _, c := range doc.Content {
		path := urlPath(c.URL)
		if path == "" || len(out) == maxTerms {
			continue
		}
		for _, l := range c.License {
			if slices.ContainsFunc(l.Payment, func(p struct {
				Type string `xml:"type,attr"`
			}) bool {
				return p.Type != "" && !strings.EqualFold(p.Type, "free") && !strings.EqualFold(p.Type, "attribution")
			}) {
				out = append(out, rslTerm{robotsGlob(path), Paid})
				break
			}
		}
	}
	return out
}

// covered counts the files that a rule covers.
func (in *inference) covered(r *site.HostRule) int {
	n := 0
	for _, f := range in.Files {
		if slices.ContainsFunc(in.j.every(f), r.Covers) {
			n++
		}
	}
	return n
}

// routeGlob writes the key of a route map as a pattern: * stands for anything
// there, a name in brackets or after a colon for a segment.
func routeGlob(key string) string {
	if _, path, ok := strings.Cut(key, " "); ok {
		key = strings.TrimSpace(path)
	}
	parts := strings.Split(strings.NewReplacer("?", "?", "{", "?", "}", "?").Replace(key), "/")
	for i, s := range parts {
		switch {
		case strings.HasPrefix(s, ":") || strings.HasPrefix(s, "[") && strings.HasSuffix(s, "]"):
			parts[i] = "*"
		case strings.Contains(s, "*"):
			parts[i] = strings.ReplaceAll(s, "*", "**")
		}
	}
	return strings.Join(parts, "/")
}

// Disagreements are the findings about sources that say different things: the
// draft cannot be right for both.
func Disagreements(found []Inferred) []site.Diagnostic {
	var out []site.Diagnostic
	for i := range found {
		f := &found[i]
		if f.Against == "" {
			continue
		}
		d := site.Diagnostic{Severity: site.Warn, Confidence: site.Probable, Message: fmt.Sprintf("%s says that %s is %s, and %s", f.Source, f.Path, f.Access, f.Against),
			Hint: "settle what is meant in the policy, then correct the other source", Evidence: &site.Evidence{Config: fmt.Sprintf("%s:%d", f.At.Path, f.At.Line)}}
		d = place(d, f.At)
		if f.Source == "x402 discovery" || f.Source == "OpenAPI" {
			out = append(out, withRule(d, "PF007"))
		} else {
			out = append(out, withRule(d, "PF005"))
		}
	}
	return site.SortDiagnostics(out)
}

func withRule(d site.Diagnostic, rule string) site.Diagnostic {
	d.Rule = rule
	return d
}
