package verify

import (
	"cmp"
	"fmt"
	neturl "net/url"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/hone-web/hone/site"
)

// Access says who may have a file.
type Access string

// The values of Access.
const (
	Free    Access = "free"    // everyone
	Paid    Access = "paid"    // who proves a payment; others get a 402
	Preview Access = "preview" // everyone gets a part of it, with status 200
	Deny    Access = "deny"    // nobody
	Ignore  Access = "ignore"  // not checked
)

// Accesses lists the values of Access.
var Accesses = []string{string(Free), string(Paid), string(Preview), string(Deny), string(Ignore)}

// AccessRule is one rule of a paywall policy.
type AccessRule struct {
	ID      string
	Path    string
	Except  []string
	Access  Access
	ByAgent map[Agent]Access
	Expect  Expect
	Line    int // where it is written; 0 if that is not known

	glob   *Glob
	except []*Glob
	order  int
}

// Expect is what the owner says a paid answer looks like.
type Expect struct {
	Status  int      // 0 means 402
	Scheme  []string // any of these
	Cache   []string // directives of Cache-Control that must be there
	Methods []string // the methods that are gated
}

// Exception silences a rule for some paths until a day.
type Exception struct {
	Rule   string
	Path   string
	Until  time.Time // the first moment at which it no longer counts
	Reason string
	Line   int

	glob *Glob
}

// Paywall is the owner's policy: which files are free and which are paid.
type Paywall struct {
	File       site.Path // where it is written
	Default    Access    // "" means free
	Rules      []*AccessRule
	Exceptions []*Exception
}

// Decision is the access of a file for one kind of agent, and why.
type Decision struct {
	Access Access
	Rule   *AccessRule   // nil: the default
	Lost   []*AccessRule // rules that match too and say less, the most specific first
}

// Compile checks the policy and readies it for use.
func (w *Paywall) Compile() error {
	w.Default = cmp.Or(w.Default, Free)
	if !slices.Contains(Accesses, string(w.Default)) {
		return fmt.Errorf("default: %q is none of %s", w.Default, strings.Join(Accesses, ", "))
	}
	ids := map[string]bool{}
	for i, r := range w.Rules {
		r.order = i
		if r.ID == "" {
			r.ID = fmt.Sprintf("rule-%d", i+1)
		}
		if ids[r.ID] {
			return fmt.Errorf("rule %q: two rules have this id", r.ID)
		}
		ids[r.ID] = true
		if err := r.compile(); err != nil {
			return fmt.Errorf("rule %q: %w", r.ID, err)
		}
	}
	for i, e := range w.Exceptions {
		e.Path = cmp.Or(e.Path, "/**")
		var err error
		if e.glob, err = NewGlob(e.Path); err != nil {
			return fmt.Errorf("exception %d: %w", i+1, err)
		}
		if e.Rule == "" {
			return fmt.Errorf("exception %d: it names no rule", i+1)
		}
	}
	return nil
}

func (r *AccessRule) compile() error {
	if !slices.Contains(Accesses, string(r.Access)) {
		return fmt.Errorf("access: %q is none of %s", r.Access, strings.Join(Accesses, ", "))
	}
	for agent, access := range r.ByAgent {
		if !slices.Contains(Agents, agent) {
			return fmt.Errorf("by_agent: %q is none of human, search, training, user-fetch, social", agent)
		}
		if !slices.Contains(Accesses, string(access)) {
			return fmt.Errorf("by_agent.%s: %q is none of %s", agent, access, strings.Join(Accesses, ", "))
		}
	}
	var err error
	if r.glob, err = NewGlob(r.Path); err != nil {
		return err
	}
	for _, e := range r.Except {
		g, err := NewGlob(e)
		if err != nil {
			return fmt.Errorf("except: %w", err)
		}
		r.except = append(r.except, g)
	}
	return nil
}

// matches reports whether the rule governs a file, by any of its URLs.
func (r *AccessRule) matches(urls []string) bool {
	return slices.ContainsFunc(urls, r.glob.Match) &&
		!slices.ContainsFunc(r.except, func(g *Glob) bool { return slices.ContainsFunc(urls, g.Match) })
}

// access returns what the rule says to an agent.
func (r *AccessRule) access(a Agent) Access {
	if v, ok := r.ByAgent[a]; ok {
		return v
	}
	return r.Access
}

// URLs returns the paths under which hosts serve a file, its own name first:
// an index answers for its folder, a page without its extension too.
func URLs(p site.Path) []string {
	own := "/" + string(p)
	ext := p.Ext()
	if ext != ".html" && ext != ".htm" {
		return []string{own}
	}
	bare := own[:len(own)-len(ext)]
	if strings.EqualFold(p.Stem(), "index") {
		dir := bare[:strings.LastIndexByte(bare, '/')+1]
		if dir == "/" {
			return []string{own, "/"}
		}
		return []string{own, dir, strings.TrimSuffix(dir, "/")}
	}
	return []string{own, bare, bare + "/"}
}

// Decide returns the access of a file. The rule that says most decides, see
// Glob.compare; of two that say as much, the one written first.
func (w *Paywall) Decide(p site.Path, a Agent) Decision {
	match := w.matching(URLs(p))
	if len(match) == 0 {
		return Decision{Access: w.Default}
	}
	return Decision{Access: match[0].access(a), Rule: match[0], Lost: match[1:]}
}

// DecideURL returns the access of a URL path that may have no file, however it
// is spelled: escapes, empty and dot segments and the extension of a content
// coding make no other file of it.
func (w *Paywall) DecideURL(url string, a Agent) Decision {
	given := url
	url = plainURL(url)
	urls := []string{url}
	if p := strings.TrimPrefix(url, "/"); strings.HasSuffix(url, "/") || p == "" {
		urls = URLs(site.Path(p + "index.html"))
	} else if strings.HasSuffix(p, ".html") || strings.HasSuffix(p, ".htm") {
		urls = URLs(site.Path(p))
	} else if site.KindOf(site.Path(p)) == site.Opaque && site.Path(p).Ext() == "" {
		urls = append(urls, url+".html", url+"/", url+"/index.html")
	}
	if given != url {
		urls = append(urls, given) // a file of its own may have this name
	}
	match := w.matching(urls)
	if len(match) == 0 {
		return Decision{Access: w.Default}
	}
	return Decision{Access: match[0].access(a), Rule: match[0], Lost: match[1:]}
}

// plainURL returns the path of the file that a path leads to: decoded once
// (RFC 3986, section 6.2.2.2), without dot segments (6.2.2.3) and empty ones,
// without the extension of a precompressed copy.
func plainURL(u string) string {
	if strings.Contains(u, "%") {
		if dec, err := neturl.PathUnescape(u); err == nil {
			u = dec
		}
	}
	if strings.Contains(u, "//") || strings.Contains(u, "/.") {
		slash := strings.HasSuffix(u, "/") || strings.HasSuffix(u, "/.") || strings.HasSuffix(u, "/..")
		if u = path.Clean("/" + u); slash && u != "/" {
			u += "/"
		}
	}
	for _, ext := range []string{".br", ".gz", ".zst"} {
		if bare, ok := strings.CutSuffix(u, ext); ok && site.Path(bare).Ext() != "" {
			return bare
		}
	}
	return u
}

// matching returns the rules that govern a file, the most specific first.
func (w *Paywall) matching(urls []string) []*AccessRule {
	var match []*AccessRule
	for _, r := range w.Rules {
		if r.matches(urls) {
			match = append(match, r)
		}
	}
	if len(match) > 1 {
		slices.SortStableFunc(match, func(a, b *AccessRule) int { return b.glob.compare(a.glob) })
	}
	return match
}

// Tie returns a description of the first file for which two rules say as much
// and disagree, "" if there is none.
func (w *Paywall) Tie(files []site.Path) string {
	if len(w.Rules) < 2 {
		return ""
	}
	for _, p := range files {
		m := w.matching(URLs(p))
		for i := 1; i < len(m) && m[0].glob.compare(m[i].glob) == 0; i++ {
			for _, a := range Agents {
				if x, y := m[0].access(a), m[i].access(a); x != y {
					return fmt.Sprintf("rules %q (%s) and %q (%s) both govern %s, and neither pattern says more than the other: %q, %q; name the file in one rule, or add it to the except of one",
						m[0].ID, x, m[i].ID, y, p, m[0].Path, m[i].Path)
				}
			}
		}
	}
	return ""
}

// Zone returns the zone of a file: "" if everyone may have it, else the rule
// that governs it.
func (w *Paywall) Zone(p site.Path) site.Zone {
	d := w.Decide(p, Human)
	switch d.Access {
	case Paid, Deny:
		if d.Rule == nil {
			return "default"
		}
		return site.Zone(d.Rule.ID)
	}
	return ""
}

// silenced reports whether an exception covers a finding of a rule at a URL
// path.
func (w *Paywall) silenced(rule, url string, now time.Time) bool {
	if w == nil {
		return false
	}
	return slices.ContainsFunc(w.Exceptions, func(e *Exception) bool {
		return e.Rule == rule && (e.Until.IsZero() || now.Before(e.Until)) && (url == "" || e.glob.Match(url))
	})
}
