package layout

import (
	"slices"
	"strconv"
	"strings"
)

// Font is what the cascade says of the font of an element: what decides which
// @font-face is asked for.
type Font struct {
	Families []string // in lower case, without quotes, in order of preference
	Weight   int
	Italic   bool
}

// Certain returns the value that a property of an element has in a window of
// width w, "" if no style sheet sets it, and whether that is sure.
func (p *Page) Certain(i int, prop string, w float64) (value string, sure bool) {
	v := p.get(i, prop, w)
	for _, x := range v.maybe {
		if x != v.sure {
			return "", false
		}
	}
	return v.sure, v.sure != "?"
}

// Shown reports whether it is sure that an element and all that holds it are
// laid out: nothing may hide it or put its layout off.
func (p *Page) Shown(i int, w float64) bool {
	for ; i >= 0; i = p.Tree.Elems[i].Parent {
		display, sure := p.Certain(i, "display", w)
		if !sure || display == "none" || strings.HasPrefix(display, "revert") {
			return false
		}
		if v, sure := p.Certain(i, "content-visibility", w); !sure || v != "" && v != "visible" {
			return false
		}
	}
	return true
}

// Font returns the font of an element, and whether that is sure.
func (p *Page) Font(i int, w float64) (f Font, sure bool) {
	family, ok := p.inherited(i, "font-family", w, foreignFont)
	if !ok || family == "" {
		return f, false
	}
	for _, name := range splitTop(family, ',') {
		f.Families = append(f.Families, strings.Join(strings.Fields(strings.Trim(strings.TrimSpace(name), `"'`)), " "))
	}
	if f.Weight, ok = p.weight(i, w); !ok {
		return f, false
	}
	style, ok := p.inherited(i, "font-style", w, leaning)
	switch {
	case !ok:
		return f, false
	case style == "italic":
		f.Italic = true
	case style != "" && style != "normal":
		return f, false
	}
	return f, true
}

// foreignFont and leaning are the elements to which browsers themselves give a
// font or a slant (HTML, section 15.3).
var (
	foreignFont = map[string]string{"pre": "monospace", "code": "monospace", "kbd": "monospace", "samp": "monospace", "tt": "monospace", "listing": "monospace",
		"xmp": "monospace", "plaintext": "monospace", "input": "?", "textarea": "?", "select": "?", "button": "?", "option": "?", "font": "?"}
	leaning = map[string]string{"i": "italic", "em": "italic", "cite": "italic", "dfn": "italic", "var": "italic", "address": "italic"}
)

// inherited returns the value of an inherited property; own is what browsers
// set for elements.
func (p *Page) inherited(i int, prop string, w float64, own map[string]string) (string, bool) {
	for ; i >= 0; i = p.Tree.Elems[i].Parent {
		v, sure := p.Certain(i, prop, w)
		if !sure {
			return "", false
		}
		switch v {
		case "":
			if v = own[p.Tree.Elems[i].Tag]; v != "" {
				return v, v != "?"
			}
		case "inherit", "unset":
		case "initial", "revert", "revert-layer":
			return "", false
		default:
			return v, true
		}
	}
	return "", true
}

// heavy are the elements that browsers make bold; b and strong are bolder than
// what holds them.
var heavy = []string{"h1", "h2", "h3", "h4", "h5", "h6", "th"}

func (p *Page) weight(i int, w float64) (int, bool) {
	if i < 0 {
		return 400, true
	}
	v, sure := p.Certain(i, "font-weight", w)
	if !sure {
		return 0, false
	}
	tag := p.Tree.Elems[i].Tag
	switch {
	case v == "" && (tag == "b" || tag == "strong"):
		v = "bolder"
	case v == "" && slices.Contains(heavy, tag):
		v = "bold"
	}
	switch v {
	case "", "inherit", "unset":
		return p.weight(p.Tree.Elems[i].Parent, w)
	case "normal", "initial":
		return 400, true
	case "bold":
		return 700, true
	case "bolder", "lighter":
		base, ok := p.weight(p.Tree.Elems[i].Parent, w)
		return relative(base, v == "bolder"), ok
	}
	n, err := strconv.Atoi(v)
	return n, err == nil && n >= 1 && n <= 1000
}

// relative returns the weight that bolder or lighter means (CSS Fonts 4,
// section 2.2.1).
func relative(base int, bolder bool) int {
	switch {
	case bolder && base < 350:
		return 400
	case bolder && base < 550:
		return 700
	case bolder:
		return max(base, 900)
	case base < 100:
		return base
	case base < 550:
		return 100
	case base < 750:
		return 400
	}
	return 700
}

// fontSizes are the sizes that have names.
var fontSizes = []string{"xx-small", "x-small", "small", "medium", "large", "x-large", "xx-large", "xxx-large", "smaller", "larger"}

// fontPart takes the font shorthand apart (CSS Fonts 4, section 2.7).
func fontPart(prop string, words []string) string {
	weight, style := "normal", "normal"
	for k, word := range words {
		size, _, _ := strings.Cut(word, "/")
		switch {
		case strings.HasPrefix(word, "var("):
			return "?"
		case word == "italic":
			style = word
		case word == "bold" || word == "bolder" || word == "lighter":
			weight = word
		case isNumber(word) && !strings.Contains(word, "."):
			weight = word
		case slices.Contains(fontSizes, size) || size != "" && strings.ContainsRune("0123456789.", rune(size[0])) || strings.HasSuffix(word, ")"):
			return fontRest(prop, words[k+1:], weight, style, strings.HasSuffix(word, "/"))
		case word != "normal" && word != "small-caps":
			return "?"
		}
	}
	return "?" // the name of a font of the system, say
}

// fontRest returns what follows the size: the families, after a line height.
func fontRest(prop string, words []string, weight, style string, height bool) string {
	switch {
	case height && len(words) > 0:
		words = words[1:]
	case len(words) > 1 && words[0] == "/":
		words = words[2:]
	case len(words) > 0 && strings.HasPrefix(words[0], "/"):
		words = words[1:]
	}
	switch {
	case len(words) == 0:
		return "?"
	case prop == "font-weight":
		return weight
	case prop == "font-style":
		return style
	}
	return strings.Join(words, " ")
}
