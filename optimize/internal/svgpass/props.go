package svgpass

import "strings"

// property is a presentation attribute (SVG 2, 6.6) with its initial value.
// Those of text only matter where there is text.
type property struct {
	initial   string
	inherited bool
	text      bool
}

var properties = map[string]property{
	"alignment-baseline":           {"", false, true},
	"baseline-shift":               {"", false, true},
	"clip-path":                    {"none", false, false},
	"clip-rule":                    {"nonzero", true, false},
	"color":                        {"", true, false},
	"color-interpolation":          {"sRGB", true, false},
	"color-interpolation-filters":  {"linearRGB", true, false},
	"color-rendering":              {"auto", true, false},
	"cursor":                       {"auto", true, false},
	"direction":                    {"ltr", true, true},
	"display":                      {"inline", false, false},
	"dominant-baseline":            {"auto", true, true},
	"fill":                         {"#000", true, false},
	"fill-opacity":                 {"1", true, false},
	"fill-rule":                    {"nonzero", true, false},
	"filter":                       {"none", false, false},
	"flood-color":                  {"#000", false, false},
	"flood-opacity":                {"1", false, false},
	"font-family":                  {"", true, true},
	"font-size":                    {"", true, true},
	"font-size-adjust":             {"", true, true},
	"font-stretch":                 {"", true, true},
	"font-style":                   {"", true, true},
	"font-variant":                 {"", true, true},
	"font-weight":                  {"", true, true},
	"glyph-orientation-horizontal": {"", true, true},
	"glyph-orientation-vertical":   {"", true, true},
	"image-rendering":              {"auto", true, false},
	"letter-spacing":               {"", true, true},
	"lighting-color":               {"#fff", false, false},
	"marker":                       {"none", true, false},
	"marker-end":                   {"none", true, false},
	"marker-mid":                   {"none", true, false},
	"marker-start":                 {"none", true, false},
	"mask":                         {"none", false, false},
	"opacity":                      {"1", false, false},
	"overflow":                     {"", false, false},
	"paint-order":                  {"normal", true, false},
	"pointer-events":               {"auto", true, false},
	"shape-rendering":              {"auto", true, false},
	"stop-color":                   {"#000", false, false},
	"stop-opacity":                 {"1", false, false},
	"stroke":                       {"none", true, false},
	"stroke-dasharray":             {"none", true, false},
	"stroke-dashoffset":            {"0", true, false},
	"stroke-linecap":               {"butt", true, false},
	"stroke-linejoin":              {"miter", true, false},
	"stroke-miterlimit":            {"4", true, false},
	"stroke-opacity":               {"1", true, false},
	"stroke-width":                 {"1", true, false},
	"text-anchor":                  {"start", true, true},
	"text-decoration":              {"", false, true},
	"text-rendering":               {"auto", true, true},
	"unicode-bidi":                 {"", false, true},
	"vector-effect":                {"none", false, false},
	"visibility":                   {"visible", true, false},
	"word-spacing":                 {"", true, true},
	"writing-mode":                 {"", true, true},
}

// styleOnly are properties of style attributes that no browser knows in SVG,
// or that only text has.
func styleOnly(name string) (dead, text bool) {
	switch name {
	case "enable-background", "solid-color", "solid-opacity":
		return true, false
	case "font-variant-ligatures", "font-variant-caps", "font-variant-numeric", "font-variant-alternates", "font-variant-position",
		"font-variant-east-asian", "font-variation-settings", "font-feature-settings", "font-kerning", "font", "line-height", "text-align",
		"text-indent", "text-decoration-line", "text-decoration-style", "text-decoration-color", "text-orientation", "shape-padding",
		"shape-margin", "inline-size", "text-transform", "block-progression", "white-space", "text-decoration-thickness", "tab-size":
		return false, true
	}
	return strings.HasPrefix(name, "-inkscape-"), false
}

// shape reports whether an element is a basic shape or a path.
func shape(name string) bool {
	switch name {
	case "path", "rect", "circle", "ellipse", "line", "polyline", "polygon":
		return true
	}
	return false
}

// fillOf writes out the initial value as the attribute's would be compared.
func initialValue(name, value string) bool {
	p := properties[name]
	if p.initial == "" {
		return false
	}
	if value == p.initial {
		return true
	}
	switch name {
	case "fill", "flood-color", "stop-color", "lighting-color":
		return shortColor(value) == p.initial
	}
	if v, ok := length(value); ok {
		if w, ok := parseNumber(p.initial); ok {
			return v == w
		}
	}
	return false
}

// computed returns the value that n has of a property. It is unknown where a
// style, an animation or a reference from elsewhere may have a say.
func (d *drawing) computed(n *node, name string) (string, bool) {
	if d.animated || d.loose || d.cssProps[name] || d.cssProps["all"] {
		return "", false
	}
	inherited := properties[name].inherited
	for at := n; at != nil; at = at.parent {
		if at.has("style") {
			return "", false
		}
		if v, ok := at.lookup(name); ok && v != "inherit" {
			return v, v != "unset" && v != "initial" && v != "revert"
		}
		if !inherited {
			break
		}
		if d.referred(at) {
			return "", false
		}
	}
	return properties[name].initial, true
}

// mentions reports whether a style names a property, or one it is part of.
func mentions(style, name string) bool {
	if strings.HasPrefix(name, "marker") {
		name = "marker"
	}
	return strings.Contains(strings.ToLower(style), name) || strings.Contains(style, "all:") || strings.Contains(style, "all :")
}

// referred reports whether something may refer to n by its id.
func (d *drawing) referred(n *node) bool {
	id, ok := n.lookup("id")
	return ok && (!d.Whole || d.allIDs || d.refs[id])
}

// strokeOf returns what is known of the line of a shape.
func (d *drawing) strokeOf(n *node) stroke {
	v, ok := d.computed(n, "stroke")
	return stroke{none: ok && v == "none", marked: d.markers}
}
