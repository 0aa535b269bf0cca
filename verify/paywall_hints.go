package verify

import (
	"encoding/json"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/hone-web/hone/internal/markup"
	"github.com/hone-web/hone/site"
)

// speculation is a list of rules by which browsers fetch pages before anyone
// asks for them (Speculation Rules, WICG).
type speculation struct {
	urls  []string   // of list rules
	where []linkTest // conditions of document rules
	line  int
}

// speculations reads the rules of a page.
func speculations(src []byte) []speculation {
	var out []speculation
	tokens := markup.Parse(src)
	for i, t := range tokens {
		if t.Type != markup.StartTag || t.Name != "script" || !strings.EqualFold(strings.TrimSpace(t.Get(src, "type")), "speculationrules") || i+1 >= len(tokens) || tokens[i+1].Type != markup.Text {
			continue
		}
		type rule struct {
			URLs  []string `json:"urls"`
			Where any      `json:"where"`
		}
		var doc struct{ Prefetch, Prerender []rule }
		if json.Unmarshal(src[tokens[i+1].Span.Start:tokens[i+1].Span.End], &doc) != nil {
			continue
		}
		s := speculation{}
		s.line, _ = site.Position(src, t.Span.Start)
		for _, r := range append(doc.Prefetch, doc.Prerender...) {
			s.urls = append(s.urls, r.URLs[:min(len(r.URLs), maxAhead-len(s.urls))]...)
			if r.Where != nil && len(s.where) < maxRules {
				s.where = append(s.where, newLinkTest(r.Where, 0))
			}
		}
		if out = append(out, s); len(out) == maxRules {
			break
		}
	}
	return out
}

// linkTest is a condition of a document rule.
type linkTest struct {
	op    string // "href_matches", "not", "and", "or"; "" for what is not sure
	globs []*Glob
	of    []linkTest
}

// The bounds of what is read of rules: pages are hostile.
const (
	maxRules = 32 // of a page, and conditions in one
	maxAhead = 1000
)

// newLinkTest reads a condition. What depends on styles or on the document is
// not sure.
func newLinkTest(where any, depth int) linkTest {
	w, ok := where.(map[string]any)
	if !ok || depth > 8 || len(w) != 1 {
		return linkTest{}
	}
	for op, arg := range w {
		list, ok := arg.([]any)
		if !ok {
			list = []any{arg}
		}
		if len(list) > maxRules || op == "not" && len(list) != 1 {
			return linkTest{}
		}
		t := linkTest{op: op}
		for _, x := range list {
			switch op {
			case "href_matches":
				s, ok := x.(string)
				if !ok {
					return linkTest{}
				}
				g, err := NewGlob(strings.ReplaceAll(escapeBraces(s), "*", "**"))
				if err != nil {
					return linkTest{} // a pattern of a form that is not read
				}
				t.globs = append(t.globs, g)
			case "not", "and", "or":
				t.of = append(t.of, newLinkTest(x, depth+1))
			default:
				return linkTest{}
			}
		}
		return t
	}
	return linkTest{}
}

// takes says whether a link meets the condition, and whether that is sure.
func (t *linkTest) takes(link string) (yes, sure bool) {
	switch t.op {
	case "href_matches":
		return slices.ContainsFunc(t.globs, func(g *Glob) bool { return g.Match(link) }), true
	case "not":
		yes, sure = t.of[0].takes(link)
		return !yes, sure
	case "and", "or":
		sure = true
		for i := range t.of {
			y, s := t.of[i].takes(link)
			if s && y == (t.op == "or") {
				return y, true
			}
			sure = sure && s
		}
		return t.op == "and", sure
	}
	return false, false
}

// hints finds paid pages that browsers are told to fetch ahead: by the
// speculation rules of free pages and by Link fields of the host.
func (j *payment) hints() {
	if j.Policy == nil {
		return
	}
	for _, f := range j.Files {
		if f.Kind != site.HTML || !f.open() {
			continue
		}
		for _, s := range j.facts(f).ahead {
			j.ahead(f, s)
		}
		for _, c := range j.Hosts {
			for _, u := range j.served(c, f) {
				for _, h := range c.Headers(u) {
					if strings.EqualFold(h.Name, "Link") {
						j.linkField(f, u, h)
					}
				}
			}
		}
	}
}

func (j *payment) ahead(f *PaymentFile, s speculation) {
	at := site.HostPlace{Path: f.Path, Line: s.line}
	for _, u := range s.urls {
		j.fetched(f, j.resolve(f.urls[0], u), at)
	}
	if f.Doc == nil {
		return
	}
	for i := range min(len(f.Doc.Refs), maxAhead) {
		to := j.at[f.To[i]]
		if to == nil || to.Kind != site.HTML || !to.closed() || f.Doc.Refs[i].Role != site.RoleLink {
			continue
		}
		link := j.resolve(f.urls[0], f.Doc.Refs[i].URL)
		for k := range s.where {
			if yes, sure := s.where[k].takes(link); yes && sure {
				j.fetched(f, link, at)
			}
		}
	}
}

// linkField reads a Link field (RFC 8288), which hosts also send as 103 Early
// Hints (RFC 8297).
func (j *payment) linkField(f *PaymentFile, u string, h site.HostHeader) {
	for _, part := range strings.Split(h.Value, ",") {
		target, params, ok := strings.Cut(strings.TrimSpace(part), ">")
		low := strings.ToLower(strings.ReplaceAll(params, `"`, ""))
		if !ok || !strings.HasPrefix(target, "<") || !strings.Contains(low, "rel=preload") && !strings.Contains(low, "rel=prefetch") && !strings.Contains(low, "rel=modulepreload") {
			continue
		}
		j.fetched(f, j.resolve(u, target[1:]), h.HostPlace)
	}
}

// resolve returns the path that an address on a page leads to, "" for another
// site's.
func (j *payment) resolve(base, ref string) string {
	r, err := url.Parse(ref)
	if err != nil || r.Host != "" {
		return ""
	}
	if strings.HasPrefix(r.Path, "/") {
		return j.local(r.Path)
	}
	to := path.Join(path.Dir(base), r.Path)
	if strings.HasSuffix(r.Path, "/") && to != "/" {
		to += "/"
	}
	return to
}

// local returns a path of the origin as the policy knows it.
func (j *payment) local(u string) string {
	return "/" + strings.TrimPrefix(strings.TrimPrefix(u, strings.TrimSuffix(j.Prefix, "/")), "/")
}

func (j *payment) fetched(f *PaymentFile, to string, at site.HostPlace) {
	if to == "" {
		return
	}
	if d := j.Policy.DecideURL(to, Human); d.Access != Paid && d.Access != Deny {
		return
	}
	j.report(place(site.Diagnostic{Rule: "PW005", Severity: site.Warn, Evidence: &site.Evidence{Policy: j.Policy.says("", to)},
		Message: fmt.Sprintf("browsers on %s are told to fetch %s before anyone asks for it, and it is not free", f.Path, to),
		Hint:    "leave it out of the rules: it costs a request that cannot succeed"}, at), "ahead "+to, "files", string(f.Path))
}
