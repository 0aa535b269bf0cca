package optimize

import (
	"bytes"
	"strings"

	"golang.org/x/net/html"

	"github.com/hone-web/hone/internal/guard"
	"github.com/hone-web/hone/site"
)

// sameTree returns nil if the page's output parses to the tree of its source,
// up to white space that does not show, comments, and the inside of scripts
// and styles, which their own minifiers answer for.
func (p *page) sameTree() error {
	a, err := html.Parse(bytes.NewReader(p.src))
	if err != nil {
		return keep("its markup is nested too deeply")
	}
	b, err := html.Parse(bytes.NewReader(p.out))
	if err == nil {
		c := comparer{rules: p.space}
		err = c.compare(a, b, p.hydrated, true)
	}
	if err != nil {
		return p.keepDiag("html-kept", site.Warn, guard.Message{Text: "minifying it would change " + err.Error()}, "The page",
			"Its markup is likely invalid near there; correct it and the page will be minified.")
	}
	return nil
}

type comparer struct{ rules *spaceRules }

// difference names the place where two trees part.
type difference string

func (d difference) Error() string { return string(d) }

// compare compares two nodes of the same place; end says that nothing shown
// follows them in the document. The parser bounds the depth.
func (c *comparer) compare(a, b *html.Node, pre, end bool) error {
	if a.Type != b.Type || a.Data != b.Data || a.Namespace != b.Namespace {
		return difference("the element " + describe(a))
	}
	if a.Type == html.ElementNode {
		if !sameAttrs(a, b) {
			return difference("the attributes of " + describe(a))
		}
		get := getter(a)
		pre = pre || c.rules.keeps(strings.ToLower(a.Data), a.Namespace != "", get)
		if a.Namespace == "" && kindOfCode(a.Data, get) != codeNone {
			return nil
		}
	}
	x, y := cursor{n: a.FirstChild, pre: pre, end: end}, cursor{n: b.FirstChild, pre: pre, end: end}
	for {
		n, s := x.next()
		m, t := y.next()
		switch {
		case s != t:
			return difference("the text of " + describe(a))
		case n == nil && m == nil && s == "":
			return nil
		case n == nil && m == nil:
		case n == nil || m == nil:
			return difference("the content of " + describe(a))
		default:
			if err := c.compare(n, m, pre, end && final(n)); err != nil {
				return err
			}
		}
	}
}

// cursor walks the children of a node: elements, and the texts between them.
type cursor struct {
	n   *html.Node
	pre bool
	end bool // white space behind the last child ends the document
}

// next returns the next child: a node, or the text that stands before the next
// node, in the form it is compared in. At the end both are empty.
func (x *cursor) next() (*html.Node, string) {
	var parts []string
	var parent *html.Node
	for ; x.n != nil; x.n = x.n.NextSibling {
		if x.n.Type == html.TextNode {
			parent = x.n.Parent
			parts = append(parts, x.n.Data)
		} else if x.n.Type != html.CommentNode {
			break
		}
	}
	if s := strings.Join(parts, ""); s != "" {
		if s = x.normal(s, parent); s != "" {
			return nil, s
		}
	}
	n := x.n
	if n != nil {
		x.n = n.NextSibling
	}
	return n, ""
}

// normal returns a text as it is compared: exact where white space shows,
// else with each run of it as one space, and nothing where it has no place.
func (x *cursor) normal(s string, parent *html.Node) string {
	raw := parent.Namespace == "" && rawElement(parent.Data)
	if x.pre || raw {
		return s
	}
	var b strings.Builder
	space := false
	for i := range len(s) {
		if isSpace(s[i]) {
			space = true
			continue
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		b.WriteByte(s[i])
	}
	if x.n == nil && x.end {
		return b.String()
	}
	if b.Len() == 0 {
		if parent.Data == "head" || parent.Data == "html" || parent.Namespace == "svg" {
			return ""
		}
	}
	if space {
		b.WriteByte(' ')
	}
	return b.String()
}

// final reports whether only comments and white space follow n. Pages may
// leave elements open, which then hold what stands behind the body's end tag.
func final(n *html.Node) bool {
	for n = n.NextSibling; n != nil; n = n.NextSibling {
		if n.Type != html.CommentNode && (n.Type != html.TextNode || strings.Trim(n.Data, " \t\r\n\f") != "") {
			return false
		}
	}
	return true
}

// rawElement reports whether an element's text is not markup.
func rawElement(name string) bool {
	switch name {
	case "script", "style", "title", "textarea", "xmp", "iframe", "noembed", "noframes", "noscript", "plaintext":
		return true
	}
	return false
}

func getter(n *html.Node) func(string) (string, bool) {
	return func(name string) (string, bool) {
		for _, a := range n.Attr {
			key := a.Key
			if a.Namespace != "" {
				key = a.Namespace + ":" + key
			}
			if key == name {
				return a.Val, true
			}
		}
		return "", false
	}
}

func sameAttrs(a, b *html.Node) bool {
	if len(a.Attr) != len(b.Attr) {
		return false
	}
	policy := false
	if a.Data == "meta" {
		v, _ := getter(a)("http-equiv")
		policy = strings.HasPrefix(strings.ToLower(v), "content-security-policy")
	}
	for i, x := range a.Attr {
		y := b.Attr[i]
		if x.Namespace != y.Namespace || x.Key != y.Key {
			return false
		}
		if x.Val == y.Val || policy && x.Key == "content" {
			continue
		}
		switch {
		case x.Key == "class" && sameFields(x.Val, y.Val):
		case x.Key == "style" && bytes.Equal(squeezeDeclarations([]byte(x.Val)), squeezeDeclarations([]byte(y.Val))):
		case strings.HasPrefix(x.Key, "on") && strings.TrimSpace(x.Val) != "" && strings.TrimSpace(y.Val) != "": // minified
		default:
			return false
		}
	}
	return true
}

func sameFields(a, b string) bool {
	return strings.Join(strings.Fields(a), " ") == strings.Join(strings.Fields(b), " ")
}

// describe names a node in a message.
func describe(n *html.Node) string {
	if n.Type != html.ElementNode {
		return "the document"
	}
	if v, ok := getter(n)("id"); ok && v != "" && len(v) < 50 {
		return "<" + n.Data + " id=" + v + ">"
	}
	return "<" + n.Data + ">"
}
