package bundle

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hone-web/hone/bundle/internal/layout"
	"github.com/hone-web/hone/internal/markup"
	"github.com/hone-web/hone/internal/scan"
	"github.com/hone-web/hone/site"
)

// end finds where a page can load its sheets: before the scripts that end its
// body, which have always waited for them, or at its end.
func (p *Planner) end(page *Node, l *late) (why string) {
	src, err := p.Source(page.File.Path)
	if err != nil {
		return "it cannot be read"
	}
	body, why := bodyEnd(src)
	l.utf8 = declaresUTF8(src)
	if why != "" {
		return why
	}
	l.at = body
	for i := range page.Doc.Loads {
		if x := &page.Doc.Loads[i]; x.Tail && !x.Head && (x.Kind == scan.LoadScript || x.Kind == scan.LoadInlineScript) {
			l.at = x.Span.Start
			break
		}
	}
	l.last = l.at == body
	return ""
}

// notices says who would notice another element near the end of the body: a
// selector that counts from there, or a script that looks there.
func (p *Planner) notices(page *Node, l *late, has layout.Namer) (why string) {
	src, err := p.Source(page.File.Path)
	low := bytes.ToLower(src)
	if err != nil || bytes.Contains(low, []byte("nth-last-child")) || l.last && (bytes.Contains(low, []byte("last-child")) || bytes.Contains(low, []byte("only-child"))) {
		return "it may count the elements of its body from the end"
	}
	body := func(kind byte, name string) bool {
		if kind == '#' {
			return name == page.Doc.Body.ID || l.early && has(kind, name)
		}
		return slices.Contains(page.Doc.Body.Classes, name) || p.bodyClass(page, name)
	}
	for _, s := range l.sheets {
		if s.fromEnd(s.rules, l.last, has, body) {
			return s.node.File.Path.Base() + " may count the elements of the body from the end"
		}
	}
	if !l.last {
		return ""
	}
	for _, n := range p.Graph.Loads(page) {
		if n.Doc != nil && (hasWord(&n.Doc.Names, "lastelementchild") || hasWord(&n.Doc.Names, "lastchild")) {
			return n.File.Path.Base() + " may ask for the last element of its body"
		}
	}
	return ""
}

// bodyClass reports whether a script may give the body that class.
func (p *Planner) bodyClass(page *Node, class string) bool {
	return slices.ContainsFunc(p.Graph.Loads(page), func(n *Node) bool {
		if n.Doc == nil {
			return false
		}
		_, found := slices.BinarySearch(n.Doc.Words, class)
		return found
	})
}

// fromEnd reports whether some rule counts children of the body from the end.
func (s *criticalSheet) fromEnd(rules []criticalRule, last bool, has, body layout.Namer) bool {
	return slices.ContainsFunc(rules, func(r criticalRule) bool {
		if r.At != "" {
			return s.fromEnd(r.rules, last, has, body)
		}
		if len(r.Rules) > 0 && bytes.Contains(s.code[r.Body.Start:r.Body.End], []byte("-child")) {
			return true
		}
		return slices.ContainsFunc(r.list, func(x layout.Selector) bool { return x.FromEnd(last, has, body) })
	})
}

// enclosing are elements in which a <link> would be dropped or taken elsewhere.
var enclosing = map[string]bool{"select": true, "table": true, "svg": true, "math": true, "template": true, "frameset": true, "object": true, "noscript": true, "button": true}

// bodyEnd returns where the end tag of the body stands, if an element put
// before it is sure to stand in the body and no script counts on the markup of
// the page to be what it was sent.
func bodyEnd(src []byte) (at int, why string) {
	open := map[string]int{}
	at = -1
	for _, t := range markup.Parse(src) {
		switch {
		case t.Type == markup.EndTag && t.Name == "body" && !t.Foreign:
			if at >= 0 {
				return 0, "it has two bodies"
			}
			at = t.Span.Start
		case t.Type == markup.EndTag && enclosing[t.Name]:
			open[t.Name]--
		case t.Type == markup.StartTag && (enclosing[t.Name] || t.Name == "plaintext"):
			open[t.Name]++
		}
	}
	if at < 0 {
		return 0, "its body has no end tag"
	}
	for _, n := range open {
		if n != 0 {
			return 0, "the elements around its end are not closed"
		}
	}
	return at, ""
}

// declaresUTF8 reports whether a page names its encoding, UTF-8, where browsers
// look for it (HTML, section 13.2.3.2).
func declaresUTF8(src []byte) bool {
	if !utf8.Valid(src) {
		return false
	}
	head := src[:min(len(src), 1024)]
	for _, t := range markup.Parse(head) {
		if t.Name != "meta" || t.Type == markup.EndTag {
			continue
		}
		if set := t.Get(head, "charset"); set != "" {
			return strings.EqualFold(strings.TrimSpace(set), "utf-8")
		}
		if strings.Contains(strings.ToLower(t.Get(head, "content")), "charset=utf-8") {
			return true
		}
	}
	return false
}

// before looks at all that loads between the first sheet of a page and its
// end, and gathers the sheets.
func (p *Planner) before(page *Node, first int, l *late) (why string) {
	src, _ := p.Source(page.File.Path)
	anchor, runs := false, false
	for i := range page.Doc.Loads {
		x := &page.Doc.Loads[i]
		if x.Kind == scan.LoadDefer || x.Kind == scan.LoadModule {
			anchor = true // the page is not ready before it ran, and it waits for the sheets
		}
		if x.Span.Start >= l.at {
			anchor = anchor || x.Kind == scan.LoadScript || x.Kind == scan.LoadInlineScript
			continue
		}
		switch x.Kind {
		case scan.LoadScript, scan.LoadInlineScript:
			runs, l.early = true, true
			if why := p.observes(page, src, x, i < first, l); why != "" {
				return why
			}
		case scan.LoadAsync:
			if n := p.loadedNode(page, x); n != nil && n.Doc != nil && hasWord(&n.Doc.Names, "stylesheets") {
				return "a script may look for its style sheets: " + n.File.Path.Base()
			}
		case scan.LoadInlineStyle:
			if i > first {
				return "styles of its own follow its first style sheet"
			}
		case scan.LoadStyle:
			if why := p.later(page, x, l); why != "" {
				return why
			}
		}
	}
	if runs && !anchor {
		return "its scripts might be told that it is ready before its style sheets are there"
	}
	if why := p.adds(page, src); why != "" {
		return why
	}
	for _, n := range p.Graph.Loads(page) {
		if n.Doc != nil && n.File.Kind == site.JS && (hasWord(&n.Doc.Names, "hydrateroot") || hasWord(&n.Doc.Names, "hydrate") || hasWord(&n.Doc.Names, "createssrapp")) {
			return "a script compares it with what it would have written: " + n.File.Path.Base()
		}
	}
	return ""
}

// adds says which script of a page may add styles to it at any time: between
// its head and the sheets at its end they would lose to rules that they win
// against after sheets in the head.
func (p *Planner) adds(page *Node, src []byte) (why string) {
	const what = " may add styles, which would come before its style sheets"
	for i := range page.Doc.Loads {
		x := &page.Doc.Loads[i]
		text := src[x.Span.Start:x.Span.End]
		switch x.Kind {
		case scan.LoadStyle, scan.LoadInlineStyle:
		case scan.LoadHint:
			if bytes.Contains(bytes.ToLower(text), []byte("onload")) {
				return "a hint in it becomes a style sheet"
			}
		default:
			if x.Ref < 0 && addsStyles(text) {
				return "a script in it" + what
			}
			if x.Ref >= 0 && p.loadedNode(page, x) == nil && !slices.Contains(p.CSS.Trust, hostOf(page.Doc.Refs[x.Ref].URL)) {
				return "a script that is not part of the site" + what + " (css.trust)"
			}
		}
	}
	for _, n := range p.Graph.Loads(page) {
		if n.Doc == nil {
			continue
		}
		for _, host := range n.Doc.Names.Hosts {
			if !slices.Contains(p.CSS.Trust, host) {
				return "a script of " + host + what + " (css.trust)"
			}
		}
		if n.File.Kind != site.JS {
			continue
		}
		text, err := p.Source(n.File.Path)
		if err != nil || n.Doc.DynamicImport || addsStyles(text) {
			return n.File.Path.Base() + what
		}
	}
	return ""
}

// addsStyles reports whether a script holds what it takes to make an element
// with styles: its name as a string, or markup of it.
func addsStyles(text []byte) bool {
	low := bytes.ToLower(text)
	for _, w := range []string{"<style", "<link", "\\x3cstyle", "\\u003cstyle", "\\x3clink", "\\u003clink", "stylesheet", "insertrule", "adoptedstyle", "eval(", "atob("} {
		if bytes.Contains(low, []byte(w)) {
			return true
		}
	}
	for _, name := range []string{"style", "link"} {
		for at := 0; ; {
			i := bytes.Index(low[at:], []byte(name))
			if i < 0 {
				break
			}
			i += at
			at = i + len(name)
			quoted := i > 0 && at < len(low) && strings.IndexByte("\"'`", low[i-1]) >= 0 && low[at] == low[i-1]
			if quoted && !bytes.HasSuffix(low[:i-1], []byte("attribute(")) {
				return true
			}
		}
	}
	return false
}

// loadedNode returns the file that an element loads, nil if it is not known.
func (p *Planner) loadedNode(page *Node, x *scan.Load) *Node {
	if x.Ref < 0 {
		return nil
	}
	return p.Graph.at[page.To[x.Ref].To]
}

// later takes one style sheet in.
func (p *Planner) later(page *Node, x *scan.Load, l *late) (why string) {
	if x.Ref < 0 {
		return "a style sheet has no address"
	}
	u := Use{page, x.Ref}
	n := p.reached(u)
	if p.Plan.Gone[u] {
		e := p.Plan.editAt(page.File.Path, x.Span)
		if e != nil && e.New != "" && len(l.loads) > 0 {
			return "a small style sheet that is written into it follows its first"
		}
		return ""
	}
	switch {
	case n == nil:
		return "it loads a style sheet that is not part of the site: " + u.ref().URL
	case x.Not != "" || x.Like != "":
		return "its style sheet " + n.File.Path.Base() + " is loaded in a way that has to stay"
	case !x.Head:
		return "a style sheet stands in its body"
	case n.File.Zone != page.File.Zone:
		return "its style sheet lies in another paywall zone"
	case x.Media != "" && !wrappable(x.Media):
		return "the media of its style sheet cannot be told"
	}
	s := p.criticalSheet(n)
	if s.err != nil {
		return n.File.Path.Base() + ": " + s.err.Error()
	}
	media := x.Media
	if p.Plan.editAt(page.File.Path, x.Span) != nil {
		media = "" // its parts carry theirs
	}
	if !p.movable(n, page) {
		return n.File.Path.Base() + ": its addresses cannot be written for the page"
	}
	if media == "print" && layered(s.rules) {
		return "a style sheet for print names layers"
	}
	if slices.ContainsFunc(l.sheets, func(o *criticalSheet) bool { return o == s }) {
		return "it loads a style sheet twice"
	}
	l.loads, l.sheets, l.media = append(l.loads, x), append(l.sheets, s), append(l.media, media)
	return ""
}

// hasWord reports whether the code of a script holds a word, in lower case.
func hasWord(n *scan.Names, w string) bool {
	_, a := slices.BinarySearch(n.Words, w)
	_, b := slices.BinarySearch(n.Strings, w)
	return a || b
}

// looks are words of scripts that ask how something is laid out or styled, or
// that look for style sheets, or that put code off to when nobody knows.
var looks = strings.Fields(`getcomputedstyle currentstyle computedstylemap stylesheets stylesheet sheet cssrules insertrule adoptedstylesheets link
	getboundingclientrect getclientrects getbbox offsetwidth offsetheight offsettop offsetleft offsetparent clientwidth clientheight clienttop clientleft
	scrollwidth scrollheight scrolltop scrollleft scrollx scrolly pageyoffset pagexoffset innertext elementfrompoint elementsfrompoint getselection
	caretrangefrompoint checkvisibility intersectionobserver resizeobserver scrollintoview scrollto scrollby focus write writeln eval jquery
	outerwidth outerheight width height settimeout setinterval requestanimationframe requestidlecallback fetch xmlhttprequest import importscripts`)

// observes says why a script that would run before the sheets are there may
// tell; "" if it cannot. early says that it always ran before them.
func (p *Planner) observes(page *Node, src []byte, x *scan.Load, early bool, l *late) string {
	names, what := &scan.Names{}, "a script in it"
	if x.Kind == scan.LoadInlineScript {
		text := scan.TextNames(src[x.Span.Start:x.Span.End])
		names = &text
	} else {
		n := p.loadedNode(page, x)
		if n == nil || n.Doc == nil {
			if early {
				return ""
			}
			return "a script that is not part of the site runs before the end of the page"
		}
		names, what = &n.Doc.Names, n.File.Path.Base()
		l.names = append(l.names, names)
	}
	if early {
		return ""
	}
	if names.Lost {
		return "the names in " + what + " cannot all be read"
	}
	for _, w := range looks {
		if hasWord(names, w) {
			return fmt.Sprintf("%s runs before the end of the page and may ask for styles: it says %s", what, w)
		}
	}
	return ""
}
