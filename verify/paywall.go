package verify

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hone-web/hone/internal/scan"
	"github.com/hone-web/hone/site"
)

// Payment is a built site as the rules about payment look at it: they hold
// together what the owner wants, what the files need of each other and what
// the host is told.
type Payment struct {
	// Policy is what the owner wants; nil if it is not written down. Then
	// files that the host answers with 402 count as paid.
	Policy *Paywall
	Hosts  []*site.HostConf
	Files  []*PaymentFile // sorted by path
	Text   func(site.Path) ([]byte, error)
	Prefix string    // where the site is served, with slashes at both ends
	Now    time.Time // for exceptions that end
	Memo   *Memo     // keeps what was read for the next judgement; may be nil
}

// PaymentFile is one file of the site.
type PaymentFile struct {
	Path  site.Path
	Kind  site.Kind
	Doc   *scan.Doc   // nil for files without references
	To    []site.Path // the file behind each reference of Doc, "" if there is none
	Coded []string    // extensions of the precompressed files beside it
	// Digest and Size are those of the bytes, where the bytes are not at hand:
	// of a file that only a manifest tells of.
	Digest site.Digest
	Size   int64
	// Sum is the digest of what Text returns: what is read of it is kept under
	// this. Zero keeps nothing.
	Sum site.Digest

	access [5]Decision   // for each of Agents
	match  []*AccessRule // rules that govern it, the most specific first
	urls   []string
	facts  *facts
}

// paymentRules are the groups of rules, in the order in which they run.
var paymentRules = []func(*payment){
	(*payment).policy, (*payment).gates, (*payment).caching, (*payment).needs, (*payment).hints, (*payment).declared, (*payment).copies, (*payment).sold,
}

// Active reports whether there is anything to judge: a policy, or a host that
// is told to answer with 402. A site without either has no paid part.
func (p *Payment) Active() bool {
	return p.Policy != nil || slices.ContainsFunc(p.Hosts, func(c *site.HostConf) bool {
		return slices.ContainsFunc(c.Rules, func(r site.HostRule) bool { return r.Status == 402 })
	})
}

// Judge runs the rules. Findings with the same cause are one finding.
func (p *Payment) Judge() ([]site.Diagnostic, error) {
	if !p.Active() {
		return nil, nil
	}
	j := &payment{Payment: p, at: map[site.Path]*PaymentFile{}, groups: map[string]*cause{}}
	if p.Memo != nil {
		p.Memo.begin()
	}
	for _, f := range p.Files {
		j.at[f.Path] = f
		f.urls, f.facts = URLs(f.Path), nil
		j.decide(f)
	}
	for _, rule := range paymentRules {
		rule(j)
		if j.err != nil {
			return nil, j.err
		}
	}
	return j.findings(), nil
}

// payment carries one judgement.
type payment struct {
	*Payment
	at     map[site.Path]*PaymentFile
	groups map[string]*cause
	order  []*cause
	lines  map[site.HostPlace]string // what the lines of the configurations say
	err    error
}

// cause gathers findings of one cause.
type cause struct {
	site.Diagnostic
	noun string
	more []string
	seen map[string]bool
}

// decide settles who may have a file.
func (j *payment) decide(f *PaymentFile) {
	if j.Policy != nil {
		match := j.Policy.matching(f.urls)
		f.match = match
		for i, a := range Agents {
			f.access[i] = Decision{Access: j.Policy.Default}
			if len(match) > 0 {
				f.access[i] = Decision{Access: match[0].access(a), Rule: match[0]}
			}
		}
		return
	}
	access := Free
	for _, c := range j.Hosts {
		for _, u := range j.served(c, f) {
			if c.Answer(u, true).Status == 402 {
				access = Paid
			}
		}
	}
	for i := range Agents {
		f.access[i] = Decision{Access: access}
	}
}

// for1 returns the access of a class of agents.
func (f *PaymentFile) for1(a Agent) Access { return f.access[slices.Index(Agents, a)].Access }

// human returns the access of people.
func (f *PaymentFile) human() Access { return f.access[0].Access }

// open reports whether people get the file, or a part of it, for nothing.
func (f *PaymentFile) open() bool { return f.human() == Free || f.human() == Preview }

// closed reports whether people do not get the file for nothing.
func (f *PaymentFile) closed() bool { return f.human() == Paid || f.human() == Deny }

// why names the rule that makes a file paid.
func (f *PaymentFile) why() string {
	if r := f.access[0].Rule; r != nil {
		return fmt.Sprintf("rule %q makes %s", r.ID, r.Access)
	}
	return "is " + string(f.human())
}

// served returns the URL paths under which a host serves a file, its own name
// first.
func (j *payment) served(c *site.HostConf, f *PaymentFile) []string {
	prefix := strings.TrimSuffix(j.Prefix, "/")
	own := f.urls[0]
	var out []string
	page := f.Kind == site.HTML && len(f.urls) > 1
	if !page || !c.HTMLMoves {
		out = append(out, prefix+own)
	}
	if page {
		// An index answers for its folder everywhere; a page without its
		// extension on some hosts.
		if strings.HasSuffix(f.urls[1], "/") || c.CleanURLs {
			out = append(out, prefix+f.urls[1])
		}
	}
	for _, ext := range f.Coded {
		out = append(out, prefix+own+ext)
	}
	return out
}

// report adds a finding about a file or URL; what has the same rule and key is
// told once.
func (j *payment) report(d site.Diagnostic, key, noun, what string) {
	url := what
	if !strings.HasPrefix(url, "/") {
		url = "/" + url
	}
	if j.Policy.silenced(d.Rule, url, j.Now) {
		return
	}
	key = d.Rule + "\x00" + key
	c := j.groups[key]
	if c == nil {
		d.Message = Redact(d.Message) // configurations hold passwords
		j.ground(&d, url)
		c = &cause{Diagnostic: d, noun: noun, seen: map[string]bool{what: true}}
		j.groups[key] = c
		j.order = append(j.order, c)
		return
	}
	if !c.seen[what] {
		c.seen[what] = true
		c.more = append(c.more, what)
	}
	c.Severity = max(c.Severity, d.Severity)
}

// findings tells each cause once, with how much else it has led to.
func (j *payment) findings() []site.Diagnostic {
	out := make([]site.Diagnostic, 0, len(j.order))
	for _, c := range j.order {
		d := c.Diagnostic
		if n := len(c.more); n > 0 {
			shown := c.more[:min(n, 3)]
			d.Message += "; the same goes for "
			if n > len(shown) {
				d.Message += fmt.Sprintf("%d more %s, such as ", n, c.noun)
			}
			d.Message += strings.Join(shown, ", ")
			d.Evidence.Also, d.Evidence.Count = slices.Clone(c.more[:min(n, maxAlso)]), n+1
		}
		out = append(out, d)
	}
	return site.SortDiagnostics(out)
}

// place returns the finding's place at a line of a configuration.
func place(d site.Diagnostic, at site.HostPlace) site.Diagnostic {
	d.Path, d.Line, d.Column = at.Path, at.Line, min(at.Line, 1)
	return d
}

// onRule returns the place of a rule of the policy.
func (j *payment) onRule(r *AccessRule) site.HostPlace {
	if r == nil {
		return site.HostPlace{Path: j.Policy.File}
	}
	return site.HostPlace{Path: j.Policy.File, Line: r.Line}
}

// ref returns the place of a reference in a file.
func (j *payment) ref(f *PaymentFile, i int) site.HostPlace {
	text, err := j.Text(f.Path)
	if err != nil {
		j.err = cmp.Or(j.err, err)
		return site.HostPlace{Path: f.Path}
	}
	line, _ := site.Position(text, f.Doc.Refs[i].Span.Start)
	return site.HostPlace{Path: f.Path, Line: line}
}
