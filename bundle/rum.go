package bundle

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/hone-web/hone/internal/markup"
	"github.com/hone-web/hone/internal/rum"
	"github.com/hone-web/hone/internal/scan"
	"github.com/hone-web/hone/site"
)

// RUMOptions say how visits are measured.
type RUMOptions struct {
	Config   *rum.Config // nil measures nothing
	Policies []string    // content security policies that the host sends
	// Unread is a file of the host with a policy that could not be read.
	Unread site.Path
	// Leave reports whether a page stands for an answer that is no visit: an
	// error, or the bill of a gate.
	Leave func(site.Path) bool
	// Zone returns the paywall zone of a name.
	Zone func(site.Path) site.Zone
}

// RUM has pages measure what their visitors see, where the owner asks for it.
// It is the one combiner that makes pages load more than they did, so it is the
// last of its rank, and stays when the others are taken back.
var RUM = &Combiner{
	Name: "rum",
	Doc:  "lets pages send their web vitals to rum.endpoint",
	Rank: 2,
	Plan: func(p *Planner) {
		if p.RUM.Config == nil {
			return
		}
		if why, hint := p.noRUM(); why != "" {
			p.leftOut("", why, hint)
			return
		}
		m := &measured{p: p, code: p.RUM.Config.Script()}
		for _, page := range slices.Clone(p.Graph.Nodes) {
			if page.File.Kind == site.HTML && page.Doc != nil {
				m.page(page)
			}
		}
	},
}

// rumStem is what the script is called: lists of what to block know "rum" and
// "analytics".
const rumStem = "vitals"

// measured is the script and what it weighs.
type measured struct {
	p    *Planner
	code []byte
	wire int64
	node *Node // nil until a page loads it
	gtag map[*Node][2]bool
}

// noRUM says why no page of the site may load the script.
func (p *Planner) noRUM() (why, hint string) {
	if p.RUM.Unread != "" {
		return fmt.Sprintf("the content security policy in %s cannot be read with certainty", p.RUM.Unread), "write the policy on one line, between double quotes"
	}
	for _, policy := range p.RUM.Policies {
		if why := p.forbids(policy); why != "" {
			return why + ", says the host's configuration", "add what is missing to the policy"
		}
	}
	name := p.Graph.freeName("", rumStem, ".js")
	if p.RUM.Zone != nil && (p.RUM.Zone(name) != "" || p.RUM.Zone(Fingerprint(name, site.Digest{}, "")) != "") {
		return fmt.Sprintf("the paywall policy covers /%s*.js, which every visitor has to get", rumStem), "make that name free with a rule of its own"
	}
	return "", ""
}

// leftOut tells of a page that is not measured, or of all of them.
func (p *Planner) leftOut(page site.Path, why, hint string) {
	p.Plan.Diags = append(p.Plan.Diags, LeftOut(page, why, hint))
}

// LeftOut is the finding that a page is not measured; "" means that none is.
func LeftOut(page site.Path, why, hint string) site.Diagnostic {
	what := "visits of it are not measured: "
	if page == "" {
		what = "visits are not measured: "
	}
	return site.Diagnostic{Rule: "rum-left-out", Severity: site.Warn, Path: page, Message: what + why, Hint: hint}
}

// page has one page load the script, if it may.
func (m *measured) page(page *Node) {
	p, path := m.p, page.File.Path
	if p.RUM.Leave != nil && p.RUM.Leave(path) {
		return
	}
	src, err := p.Source(path)
	if err != nil {
		return // the build notices
	}
	at, why := scriptPlace(src)
	if at < 0 {
		if why != "" {
			p.leftOut(path, why, "nothing to do, or measure it by other means")
		}
		return
	}
	if old := m.has(page); old != nil {
		if code, err := p.Source(old.File.Path); err == nil && !bytes.Equal(code, m.code) {
			p.leftOut(path, "it holds the script of an earlier build with other settings", "build from what the generator wrote, not from hone's output")
		}
		return
	}
	if why, hint := m.forbidden(page); why != "" {
		p.leftOut(path, why, hint)
		return
	}
	like, ok := p.localAddress(page, src)
	if !ok {
		p.leftOut(path, "it has a base address and loads nothing of the site, so it cannot be told how it would name the script", "drop <base>")
		return
	}
	m.write(page, at, like)
}

// forbidden says why a page may not load the script.
func (m *measured) forbidden(page *Node) (why, hint string) {
	if why := page.File.Frozen; why != "" {
		return "it must stay as it is: " + why, "exclude less, or measure it by other means"
	}
	for _, policy := range page.Doc.CSP {
		if why := m.p.forbids(policy); why != "" {
			return why, "add what is missing to the policy"
		}
	}
	if id := m.p.RUM.Config.GA4; id != "" && !m.hasTag(page, id) {
		return "it does not load the Google tag of " + id, "add the tag that Analytics shows for the property, or name an address in rum.endpoint"
	}
	return "", ""
}

// write adds the element, and the file when it is the first.
func (m *measured) write(page *Node, at int, like Address) {
	p, path := m.p, page.File.Path
	if m.node == nil {
		m.node = p.Graph.made(rumStem, ".js")
		m.wire = p.Wire(m.code)
		p.Plan.Joined = append(p.Plan.Joined, &Joined{Node: m.node, Code: m.code})
		p.Note(m.node.File.Path, fmt.Sprintf("made by hone because rum.endpoint is set: %d bytes that pages load more", m.wire))
	}
	doc := *page.Doc
	doc.Refs = append(slices.Clip(doc.Refs), site.Ref{Role: site.RoleScript, Attrs: map[string]string{"async": ""}})
	page.Doc = &doc
	like.To = m.node.File.Path
	u := Use{page, len(page.To)}
	page.To = append(slices.Clip(page.To), like)
	m.node.In = append(m.node.In, u)
	p.Plan.Into[u] = m.node
	// async: it runs when it is there, and nothing waits for it (HTML, section
	// 4.12.1).
	const open, end = `<script async src="`, `"></script>`
	e := site.Edit{Span: site.Span{Start: at, End: at}, New: open + end, Holes: []site.EditHole{{Off: len(open), Ref: u.Ref}}}
	p.Plan.Edits[path] = append(p.Plan.Edits[path], e)
	name := p.Graph.resolver.URL(path, Fingerprint(m.node.File.Path, site.Digest{}, ""), like)
	p.Note(path, "sends its web vitals: rum.endpoint is set")
	p.Plan.measured[path] = &measuredPage{use: u, edit: e, more: m.wire + int64(len(e.New)+len(name))}
}

// measuredPage is what RUM did to a page.
type measuredPage struct {
	use  Use
	edit site.Edit
	more int64 // bytes on the wire
}

// Measured reports whether a page is to load the script of RUM.
func (p *Plan) Measured(path site.Path) bool { return p.measured[path] != nil }

// made adds a file to the graph that is made of none of the input.
func (g *Graph) made(stem, ext string) *Node {
	p := g.freeName("", stem, ext)
	n := &Node{Doc: &scan.Doc{}, Parts: []*Node{}, File: &site.File{Path: p, Kind: site.KindOf(p)}}
	g.insert(n)
	return n
}

// has returns the script of an earlier build that a page loads, nil if there
// is none.
func (m *measured) has(page *Node) *Node {
	for i := range page.To {
		t := m.p.Graph.at[page.To[i].To]
		if t == nil || !t.Finished || t.File.Kind != site.JS || !strings.HasPrefix(t.File.Path.Base(), rumStem) {
			continue
		}
		if code, err := m.p.Source(t.File.Path); err == nil && bytes.HasPrefix(code, []byte(rum.Mark)) {
			return t
		}
	}
	return nil
}

// hasTag reports whether a page, or a script of the site that it loads, loads
// the Google tag with that id.
func (m *measured) hasTag(page *Node, id string) bool {
	if m.gtag == nil {
		m.gtag = map[*Node][2]bool{}
	}
	var loads, names bool
	for _, n := range m.p.Graph.Loads(page) {
		if n.File.Kind != site.HTML && n.File.Kind != site.JS {
			continue
		}
		got, ok := m.gtag[n]
		if !ok {
			if text, err := m.p.Source(n.File.Path); err == nil {
				got = [2]bool{bytes.Contains(text, []byte("googletagmanager.com/gtag/js")), bytes.Contains(text, []byte(id))}
			}
			m.gtag[n] = got
		}
		loads, names = loads || got[0], names || got[1]
	}
	return loads && names
}

// localAddress returns how a page writes addresses of the site's files.
func (p *Planner) localAddress(page *Node, src []byte) (Address, bool) {
	local := func(i int) bool {
		a, r := &page.To[i], &page.Doc.Refs[i]
		return !a.External && a.To != "" && r.Span.Len() > 0 && r.Fixed == "" && Rewritable(r.Role) && r.Role.Loads()
	}
	for _, l := range page.Doc.Loads {
		if l.Ref >= 0 && local(l.Ref) {
			a := page.To[l.Ref]
			return Address{Style: a.Style, Origin: a.Origin, Dir: a.Dir}, true
		}
	}
	for i := range page.To {
		if local(i) {
			a := page.To[i]
			return Address{Style: a.Style, Origin: a.Origin, Dir: a.Dir}, true
		}
	}
	based := slices.ContainsFunc(markup.Parse(src), func(t markup.Token) bool { return t.Name == "base" && !t.Foreign })
	return Address{Style: site.Relative, Dir: page.File.Path.Dir()}, !based
}
