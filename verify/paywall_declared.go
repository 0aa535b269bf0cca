package verify

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/hone-web/hone/internal/markup"
	"github.com/hone-web/hone/site"
)

// maxPage bounds the pages that are read for what they declare.
const maxPage = 16 << 20

// declared holds what pages, robots.txt and discovery files say against the
// policy.
func (j *payment) declared() {
	for _, f := range j.Files {
		if f.Kind == site.HTML && f.human() != Ignore {
			j.markup(f)
		}
	}
	j.robots()
	for _, p := range []site.Path{".well-known/x402", ".well-known/x402.json", "openapi.json"} {
		if f := j.at[p]; f != nil {
			j.testCredentials(f)
		}
	}
}

// read returns the text of a file.
func (j *payment) read(p site.Path) []byte {
	text, err := j.Text(p)
	if err != nil {
		j.err = cmp.Or(j.err, err)
	}
	return text
}

// Declared is what a page says about its own price.
type Declared struct {
	Free     bool     // of the page as a whole
	Off      int      // where it says so
	Hidden   []string // classes of the parts that are not free
	Conflict bool     // it says both
}

// DeclaredAccess reads isAccessibleForFree from the JSON-LD and microdata of a
// page; nil if it says nothing.
func DeclaredAccess(text []byte) *Declared {
	if !bytes.Contains(text, []byte("isAccessibleForFree")) {
		return nil
	}
	var d *Declared
	note := func(free bool, off int) {
		switch {
		case d == nil:
			d = &Declared{Free: free, Off: off}
		case d.Free != free:
			d.Conflict = true
		}
	}
	tokens := markup.Parse(text)
	for i, t := range tokens {
		if t.Type != markup.StartTag && t.Type != markup.SelfClosing {
			continue
		}
		if strings.EqualFold(t.Get(text, "itemprop"), "isAccessibleForFree") {
			v := t.Get(text, "content")
			if v == "" {
				v = t.Get(text, "href")
			}
			if free, ok := truth(v); ok {
				note(free, t.Span.Start)
			}
			continue
		}
		if t.Name != "script" || !strings.EqualFold(strings.TrimSpace(t.Get(text, "type")), "application/ld+json") || i+1 >= len(tokens) || tokens[i+1].Type != markup.Text {
			continue
		}
		s := tokens[i+1].Span
		var v any
		if json.Unmarshal(text[s.Start:s.End], &v) != nil {
			continue
		}
		off := s.Start + max(bytes.Index(text[s.Start:s.End], []byte("isAccessibleForFree")), 0)
		ldWalk(v, 0, func(free bool) { note(free, off) }, func(class string) {
			if d != nil && len(d.Hidden) < maxHidden {
				d.Hidden = append(d.Hidden, class)
			}
		})
	}
	return d
}

// ldWalk visits the articles of a JSON-LD document. A part that is not free is
// told by its selector; it does not make the page say both.
func ldWalk(v any, depth int, page func(free bool), part func(class string)) {
	if depth > 32 {
		return
	}
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			ldWalk(x, depth+1, page, part)
		}
	case map[string]any:
		if free, ok := truth(fmt.Sprint(v["isAccessibleForFree"])); ok && v["isAccessibleForFree"] != nil {
			if sel, is := v["cssSelector"].(string); is || v["@type"] == "WebPageElement" {
				if !free {
					part(strings.TrimPrefix(strings.TrimSpace(sel), "."))
				}
				return
			}
			page(free)
		}
		keys := make([]string, 0, len(v))
		for k := range v {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		for _, k := range keys {
			switch v[k].(type) {
			case map[string]any, []any:
				ldWalk(v[k], depth+1, page, part)
			}
		}
	}
}

func truth(s string) (value, ok bool) {
	s = strings.ToLower(strings.TrimSpace(s))
	s = s[strings.LastIndexByte(s, '/')+1:] // https://schema.org/False
	return s == "true", s == "true" || s == "false"
}

// markup holds a page's own word against the policy.
func (j *payment) markup(f *PaymentFile) {
	said := j.facts(f)
	d := said.declared
	if d == nil {
		return
	}
	at := site.HostPlace{Path: f.Path, Line: said.line}
	search := f.for1(Search)
	switch {
	case d.Free && f.human() == Paid && search == Paid:
		j.report(place(site.Diagnostic{Rule: "PF005", Severity: site.Error,
			Message: fmt.Sprintf("%s says that it is free, and %s it", f.Path, f.why()),
			Hint:    "write isAccessibleForFree: false, or make the page free in the policy"}, at), id(f.access[0].Rule)+"free", "pages", string(f.Path))
	case !d.Free && f.human() == Free && search == Free:
		j.report(place(site.Diagnostic{Rule: "PF005", Severity: site.Error,
			Message: fmt.Sprintf("%s says that it is not free, and everyone gets it", f.Path),
			Hint:    "write isAccessibleForFree: true, or make the page preview or paid in the policy; search engines take markup that is not true for cloaking"}, at), id(f.access[0].Rule)+"paid", "pages", string(f.Path))
	case !d.Free && f.human() == Preview:
		if n, class := said.hidden, said.class; n > maxTeaser {
			j.report(place(site.Diagnostic{Rule: "PL008", Severity: site.Warn,
				Message: fmt.Sprintf("the part .%s that %s calls not free has %d words in the page that everyone gets: only style or script hides it", class, f.Path, n),
				Hint:    "send the text to those who paid only; or, if metered reading is what you want, make the page free and keep the markup"}, at), class, "pages", string(f.Path))
		}
	}
}

// maxHidden bounds the parts of a page that are looked for.
const maxHidden = 16

// maxTeaser is how many words a hidden part may show before it is taken for
// the text itself.
const maxTeaser = 60

// hiddenWords counts the words in the elements of the classes.
func hiddenWords(text []byte, classes []string) (int, string) {
	best, name := 0, ""
	tokens := markup.Parse(text)
	for _, class := range classes {
		if class == "" || strings.ContainsAny(class, " .>#[:") {
			continue
		}
		n, depth, element := 0, 0, ""
		for _, t := range tokens {
			switch {
			case t.Type == markup.StartTag && depth == 0:
				if slices.Contains(strings.Fields(t.Get(text, "class")), class) {
					depth, element = 1, t.Name
				}
			case depth == 0:
			case t.Type == markup.StartTag && t.Name == element:
				depth++
			case t.Type == markup.EndTag && t.Name == element:
				depth--
			case t.Type == markup.Text:
				n += len(bytes.Fields(text[t.Span.Start:t.Span.End]))
			}
		}
		if n > best {
			best, name = n, class
		}
	}
	return best, name
}

// robots holds robots.txt against the policy, where both speak of the same
// clients: an agent that the policy lets in by name and robots.txt keeps out,
// or a path that robots.txt invites search engines to and that charges them.
func (j *payment) robots() {
	if j.Policy == nil || j.at["robots.txt"] == nil {
		return
	}
	for _, g := range parseRobots(j.read("robots.txt")) {
		for _, f := range j.Files {
			for _, ua := range g.agents {
				j.robot(g, f, ua)
			}
		}
	}
}

func (j *payment) robot(g robotsGroup, f *PaymentFile, ua string) {
	a := AgentOf(ua)
	if ua == "*" {
		a = Search
	}
	d := f.access[slices.Index(Agents, a)]
	allow, line, explicit := g.allows(f.urls[0])
	if !explicit {
		return
	}
	at := site.Diagnostic{Rule: "PF006", Severity: site.Warn, Path: "robots.txt", Line: line, Column: 1}
	_, named := d.ruleFor(a)
	switch {
	case allow && a == Search && (d.Access == Paid || d.Access == Deny) && f.Kind == site.HTML:
		at.Message = fmt.Sprintf("robots.txt invites %s to %s, and the policy charges %s clients for it", ua, f.Path, a)
		at.Hint = "remove the Allow, or give search engines a preview"
		j.report(at, fmt.Sprint("allow", line), "files", string(f.Path))
	case !allow && ua != "*" && named && (d.Access == Free || d.Access == Preview):
		at.Message = fmt.Sprintf("robots.txt keeps %s from %s, and the policy names %s clients and lets them have it", ua, f.Path, a)
		at.Hint = "remove the Disallow, or the exception in the policy"
		j.report(at, fmt.Sprint("disallow", line), "files", string(f.Path))
	}
}

// ruleFor reports whether the deciding rule speaks of the agent by name.
func (d Decision) ruleFor(a Agent) (Access, bool) {
	if d.Rule == nil {
		return "", false
	}
	v, ok := d.Rule.ByAgent[a]
	return v, ok
}

// robotsGroup is a group of robots.txt (RFC 9309, section 2.2).
type robotsGroup struct {
	agents []string
	rules  []robotsRule
}

type robotsRule struct {
	allow bool
	path  string
	line  int
}

// maxRobots bounds what is read: crawlers read 500 kB (RFC 9309, section 2.5).
const (
	maxRobots      = 500 << 10
	maxRobotsRules = 2000
)

func parseRobots(text []byte) []robotsGroup {
	var out []robotsGroup
	total := 0
	open := false // the lines before were user-agents
	for n, line := range strings.Split(string(text[:min(len(text), maxRobots)]), "\n") {
		line, _, _ = strings.Cut(line, "#")
		key, value, ok := strings.Cut(line, ":")
		if !ok {
			continue
		}
		value = strings.TrimSpace(value)
		switch strings.ToLower(strings.TrimSpace(key)) {
		case "user-agent":
			if !open {
				out = append(out, robotsGroup{})
			}
			open = true
			g := &out[len(out)-1]
			g.agents = append(g.agents, value)
		case "allow", "disallow":
			open = false
			if total++; len(out) > 0 && value != "" && total <= maxRobotsRules {
				g := &out[len(out)-1]
				g.rules = append(g.rules, robotsRule{strings.EqualFold(strings.TrimSpace(key), "allow"), value, n + 1})
			}
		}
	}
	return out
}

// allows returns what the longest rule that matches says (RFC 9309, section
// 2.2.2), and whether any narrower than the whole site does.
func (g *robotsGroup) allows(url string) (allow bool, line int, explicit bool) {
	best := 0
	allow = true
	for _, r := range g.rules {
		if len(r.path) > best && robotsMatch(r.path, url) || len(r.path) == best && r.allow && robotsMatch(r.path, url) {
			best, allow, line = len(r.path), r.allow, r.line
		}
	}
	return allow, line, best > 1
}

// robotsMatch matches a prefix with * and $.
func robotsMatch(p, url string) bool {
	p, end := strings.CutSuffix(p, "$")
	parts := strings.Split(p, "*")
	if !strings.HasPrefix(url, parts[0]) {
		return false
	}
	rest := url[len(parts[0]):]
	for i, s := range parts[1:] {
		if end && i == len(parts)-2 {
			return strings.HasSuffix(rest, s)
		}
		at := strings.Index(rest, s)
		if at < 0 {
			return false
		}
		rest = rest[at+len(s):]
	}
	return !end || rest == "" || len(parts) > 1 && parts[len(parts)-1] == ""
}

// testNetworks are names under which payment schemes know networks whose money
// is worth nothing (CAIP-2 and the names of x402 version 1).
var testNetworks = []string{"eip155:84532", "base-sepolia", "eip155:11155111", "eip155:80002", "polygon-amoy", "eip155:43113", "avalanche-fuji", "solana-devnet", "solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1",
	"0x0000000000000000000000000000000000000000"}

// testCredentials finds offers that nobody can be paid by.
func (j *payment) testCredentials(f *PaymentFile) {
	text := j.read(f.Path)
	for _, n := range testNetworks {
		i := bytes.Index(text, []byte(`"`+n+`"`))
		if i < 0 {
			continue
		}
		what := "the test network " + n
		if strings.HasPrefix(n, "0x") {
			what = "the zero address as payee"
		}
		line, col := site.Position(text, i)
		j.report(site.Diagnostic{Rule: "PD009", Severity: site.Error, Path: f.Path, Line: line, Column: col,
			Message: fmt.Sprintf("%s offers payment with %s", f.Path, what), Hint: "configure the network and the payee that you are paid by"}, string(f.Path)+n, "", string(f.Path))
	}
}
