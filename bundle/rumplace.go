package bundle

import (
	"net/url"
	"slices"
	"strings"

	"github.com/hone-web/hone/internal/markup"
)

// scriptPlace returns where a script may be written into the head of a page:
// before its end, or before the body, or after the title, where the parser is
// in the head for sure (HTML, section 13.2.6.4.4). It is −1 for what is no page
// of its own (a fragment, a frameset) and for pages that may hold no script of
// others, with the reason where the owner should know.
func scriptPlace(src []byte) (at int, why string) {
	whole, title := false, -1
	depth := 0 // of templates
	for _, t := range markup.Parse(src) {
		if t.Foreign || t.Noscript {
			continue
		}
		switch {
		case t.Name == "template":
			if t.Type == markup.StartTag {
				depth++
			} else if t.Type == markup.EndTag {
				depth--
			}
		case depth != 0:
		case t.Type == markup.Doctype:
			whole = true
		case t.Type == markup.EndTag && t.Name == "head":
			return t.Span.Start, ""
		case t.Type == markup.EndTag && t.Name == "title" && title < 0:
			title = t.Span.End
		case t.Type != markup.StartTag && t.Type != markup.SelfClosing:
		case t.Name == "html":
			whole = true
			for _, name := range []string{"amp", "⚡", "amp4ads", "⚡4ads"} {
				if _, ok := t.Attr(name); ok {
					return -1, "AMP pages may hold no scripts of their own"
				}
			}
		case t.Name == "head":
			whole = true
		case t.Name == "frameset":
			return -1, ""
		case t.Name == "body":
			return t.Span.Start, ""
		}
	}
	switch {
	case !whole:
		return -1, ""
	case title < 0:
		return -1, "it has neither a title nor tags for head and body, so its head cannot be told"
	}
	return title, ""
}

// forbids says what a content security policy refuses of measuring: the script
// or where it sends its values (CSP 3, sections 6.1.11 and 6.1.2); "" if it
// allows both.
func (p *Planner) forbids(policy string) string {
	if words, ok := directive(policy, "sandbox"); ok && !slices.Contains(words, "allow-scripts") {
		return "the content security policy allows no scripts (sandbox)"
	}
	own := p.Graph.Base.Origin
	if list, ok := directive(policy, "script-src-elem", "script-src", "default-src"); ok && (slices.Contains(list, "'strict-dynamic'") || !matchesSource(list, own, "", own)) {
		return "the content security policy allows no scripts of the site itself ('self' in script-src)"
	}
	c := p.RUM.Config
	if c.GA4 != "" {
		return "" // the page's own tag sends the values
	}
	list, ok := directive(policy, "connect-src", "default-src")
	if !ok {
		return ""
	}
	origin, path := own, c.Endpoint
	if u, err := url.Parse(c.Endpoint); err == nil && u.Host != "" {
		origin, path = strings.ToLower(u.Scheme+"://"+u.Host), u.Path
	}
	if !matchesSource(list, origin, path, own) {
		return "the content security policy lets it send nothing to " + c.Endpoint + " (connect-src)"
	}
	return ""
}

// matchesSource reports whether a source list surely allows a path of an
// origin; own is the origin of the page. An empty origin is the page's own,
// whose name is not known. What CSP allows beyond this is not needed.
func matchesSource(list []string, origin, path, own string) bool {
	scheme, host, _ := strings.Cut(origin, "://")
	for _, s := range list {
		switch {
		case s == "'self'" && origin == own:
			return true
		case s == "*":
			return true
		case s == "https:" && scheme == "https":
			return true
		case host == "" || strings.HasPrefix(s, "'") || strings.HasSuffix(s, ":"):
			continue
		}
		if sch, rest, ok := strings.Cut(s, "://"); ok {
			if sch != scheme {
				continue
			}
			s = rest
		} else if scheme != "https" {
			continue // it has the scheme of the page, which is not known
		}
		name, where, some := strings.Cut(s, "/")
		if some && where != "" && "/"+where != strings.ToLower(path) {
			continue
		}
		if rest, wild := strings.CutPrefix(name, "*"); name == host || wild && strings.HasPrefix(rest, ".") && strings.HasSuffix(host, rest) {
			return true
		}
	}
	return false
}
