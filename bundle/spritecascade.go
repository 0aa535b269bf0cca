package bundle

import (
	"image"
	"slices"
	"strings"

	"golang.org/x/net/html"

	"github.com/hone-web/hone/bundle/internal/layout"
	"github.com/hone-web/hone/bundle/internal/style"
	"github.com/hone-web/hone/internal/scan"
)

// boxDecls returns what a declaration says about the size of a box, or about
// which part of its background is seen; shorthands are taken apart.
func boxDecls(text []byte, d style.Decl) []scan.Decl {
	v := strings.ToLower(style.Text(text, d.Value))
	v, important := strings.CutSuffix(v, "important")
	if important {
		v = strings.TrimSuffix(strings.TrimSpace(v), "!")
	}
	v = strings.TrimSpace(v)
	one := scan.Decl{Prop: d.Prop, Value: v, Important: important}
	switch {
	case d.Prop == "padding":
		w := strings.Fields(v)
		if strings.Contains(v, "(") || len(w) == 0 || len(w) > 4 {
			w = []string{"?"}
		}
		var out []scan.Decl
		for i, side := range []string{"padding-top", "padding-right", "padding-bottom", "padding-left"} {
			k := i
			for k >= len(w) {
				k = max(k-2, 0)
			}
			out = append(out, scan.Decl{Prop: side, Value: w[k], Important: important})
		}
		return out
	case d.Prop == "background":
		repeat := "repeat"
		if w := strings.Fields(v); strings.Contains(v, "url(") && slices.Contains(w, "no-repeat") || strings.Contains(v, ")no-repeat") {
			repeat = "no-repeat"
		} else if !strings.Contains(v, "(") {
			repeat = "no-repeat" // there is nothing to repeat
		}
		return []scan.Decl{one, {Prop: "background-repeat", Value: repeat, Important: important}}
	case strings.HasPrefix(d.Prop, "--"):
		return []scan.Decl{one}
	}
	p := strings.TrimPrefix(strings.TrimPrefix(d.Prop, "-webkit-"), "-moz-")
	for _, prefix := range boxProps {
		if p == prefix || strings.HasPrefix(p, prefix+"-") {
			one.Prop = p
			return []scan.Decl{one}
		}
	}
	return nil
}

// boxProps are properties, and beginnings of names of properties, that decide.
var boxProps = []string{"background", "width", "height", "min-width", "min-height", "min-inline-size", "min-block-size", "inline-size", "block-size", "padding",
	"border", "display", "float", "position", "flex", "zoom", "transform", "scale", "rotate", "resize", "all", "transition", "animation", "writing-mode"}

// harmless reports whether a declaration leaves the box of an icon, and the
// part of its background that is seen, as they are. What the cascade is asked
// about besides is harmless here; icon says that the rule shows an icon.
func harmless(d scan.Decl, icon bool) bool {
	v := d.Value
	switch d.Prop {
	case "display", "float", "position", "width", "height", "padding-top", "padding-right", "padding-bottom", "padding-left", "background-repeat",
		"background-color", "border-color", "border-collapse", "border-spacing", "background-blend-mode":
		return true
	case "background-image":
		return icon && !d.Important || v == "none"
	case "background-position":
		return icon && !d.Important
	case "background":
		return icon && !d.Important || !icon && !strings.ContainsAny(v, "/,") && !strings.Contains(v, "var(") && !placed(v)
	case "background-size", "background-clip", "background-origin", "background-attachment":
		return v == "auto" || v == "border-box" && d.Prop == "background-clip" || v == "padding-box" && d.Prop == "background-origin" || v == "scroll"
	case "min-width", "min-height", "min-inline-size", "min-block-size":
		return isZero(v) || v == "auto"
	case "flex", "flex-grow", "flex-basis":
		return v == "none" || v == "auto" && d.Prop == "flex-basis" || v == "0" && d.Prop == "flex-grow" || v == "0 0 auto" || v == "0 1 auto"
	case "flex-shrink", "flex-direction", "flex-wrap", "flex-flow", "transform-origin", "transform-style":
		return true
	case "transform", "transition", "animation", "scale", "rotate", "resize":
		return v == "none"
	case "zoom":
		return v == "1" || v == "normal"
	case "writing-mode":
		return v == "horizontal-tb"
	case "all", "inline-size", "block-size":
		return false
	}
	switch {
	case strings.HasPrefix(d.Prop, "--"):
		return true
	case strings.HasPrefix(d.Prop, "border"):
		return strings.HasSuffix(d.Prop, "color") || strings.HasSuffix(d.Prop, "radius") || noBorder(v)
	case strings.HasPrefix(d.Prop, "padding"):
		return isZero(v)
	}
	return false
}

// placed reports whether the background shorthand may tell where the picture of
// another rule stands.
func placed(v string) bool {
	return slices.ContainsFunc(strings.Fields(v), func(w string) bool {
		return w == "left" || w == "right" || w == "top" || w == "bottom" || w == "center" || !isZero(w) && strings.ContainsRune("-+.0123456789", rune(w[0]))
	})
}

func isZero(v string) bool {
	return v == "0" || v == "0px" || v == "0em" || v == "0rem" || v == "0%"
}

// noBorder reports whether a border value has no width.
func noBorder(v string) bool {
	return slices.ContainsFunc(strings.Fields(v), func(w string) bool { return isZero(w) || w == "none" || w == "hidden" }) && len(strings.Fields(v)) <= 3 && !strings.Contains(v, "(") &&
		!slices.ContainsFunc(strings.Fields(v), func(w string) bool {
			return w[0] >= '1' && w[0] <= '9' || w[0] == '.' || w == "thin" || w == "thick" || w == "medium"
		})
}

// Elements without padding and border of their own: those in the first list
// are as wide as their text unless they are laid out as boxes.
var (
	inlineTags = strings.Fields("a span i b em strong s small u label abbr cite q sub sup ins del time")
	blockTags  = strings.Fields("div p h1 h2 h3 h4 h5 h6 li section header footer nav article aside figure figcaption address dt dd main blockquote")
	boxes      = strings.Fields("block inline-block list-item flow-root flex inline-flex grid inline-grid none")
)

// boxSize returns the width and height of an element.
func boxSize(lay *layout.Page, i int) (size image.Point, why string) {
	tag := lay.Tree.Elems[i].Tag
	block := slices.Contains(blockTags, tag)
	if !block && !slices.Contains(inlineTags, tag) {
		return size, "is of a kind with a size of its own"
	}
	all := func(prop string, list []string) bool {
		return !slices.ContainsFunc(lay.Values(i, prop, 0), func(v string) bool { return !slices.Contains(list, v) })
	}
	allowed := boxes
	if block {
		allowed = append([]string{""}, boxes...)
	}
	apart := all("float", []string{"left", "right"}) || all("position", []string{"absolute", "fixed"})
	if !all("display", allowed) && !(apart && all("display", append([]string{"", "inline"}, boxes...))) {
		return size, "may be as large as its text (display)"
	}
	for k, prop := range []string{"width", "height"} {
		vs := lay.Values(i, prop, 0)
		n, ok := pixels(vs[0])
		if !ok || n <= 0 || n > maxIconSide || slices.ContainsFunc(vs, func(v string) bool { return v != vs[0] }) {
			return size, "has no " + prop + " that is sure in pixels"
		}
		if k == 0 {
			size.X = n
		} else {
			size.Y = n
		}
	}
	return size, ""
}

// boxWalk lists the elements of a page.
type boxWalk struct {
	elems []scan.Elem
	deep  bool
}

func (t *boxWalk) walk(n *html.Node, parent, depth int) {
	if depth > maxFontDepth || len(t.elems) > maxBoxElems {
		t.deep = true
		return
	}
	count, index := 0, 0
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Type == html.ElementNode {
			count++
		}
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Type == html.ElementNode {
			t.elems = append(t.elems, elemOf(c, parent, index, count))
			index++
			t.walk(c, len(t.elems)-1, depth+1)
		}
	}
}
