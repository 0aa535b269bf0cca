package svgpass

import (
	"math"
	"regexp"
	"strings"
	"sync"
)

// facts are what the passes ask of the whole drawing.
type facts struct {
	refs     map[string]bool // ids that something inside refers to
	allIDs   bool            // any id may be referred to
	animated bool
	styled   bool            // has a style sheet
	loose    bool            // whose selectors look at more than one element or at values
	cssProps map[string]bool // what it may set
	cssTags  map[string]bool // whose elements it names
	text     bool
	foreign  bool
	current  bool // currentColor
	clips    bool // has clipPath
	markers  bool // may have markers
	prefixes map[string]bool
	scale    float64 // the greatest of any chain of transforms; at least 1

	styleMoves  bool // a style attribute transforms
	fontUnits   bool // a length depends on a font
	markersUsed bool // a marker is stated, not only defined
}

func (d *drawing) survey() {
	d.facts = facts{refs: map[string]bool{}, cssProps: map[string]bool{}, cssTags: map[string]bool{}, prefixes: map[string]bool{}, scale: 1}
	d.root.walk(func(n *node) bool {
		d.surveyName(n)
		d.prefix(n.name)
		for _, a := range n.attrs {
			if !strings.HasPrefix(a.name, "xmlns") {
				d.prefix(a.name)
			}
			d.surveyValue(n, a)
		}
		for _, c := range n.children {
			if c.kind == text && n.name == "style" {
				d.surveySheet(string(c.raw))
			}
		}
		return true
	})
	d.measure()
}

func (d *drawing) surveyName(n *node) {
	switch n.name {
	case "text":
		d.text = true
	case "foreignObject", "video", "audio", "iframe", "canvas":
		d.foreign, d.text, d.current = true, true, true
	case "clipPath":
		d.clips = true
	case "marker":
		d.markers = true
	case "style":
		d.styled, d.fontUnits, d.markersUsed = true, true, true
	case "font", "font-face":
		d.text = true
	}
	if animation(n.name) {
		d.animated, d.allIDs, d.markersUsed = true, true, true
	}
}

func (d *drawing) prefix(name string) {
	if p, _, ok := strings.Cut(name, ":"); ok {
		d.prefixes[p] = true
	}
}

func (d *drawing) surveyValue(n *node, a attr) {
	if strings.HasPrefix(a.name, "aria-") {
		for _, id := range strings.Fields(a.value) {
			d.refs[id] = true
		}
	}
	if strings.Contains(strings.ToLower(a.value), "currentcolor") || strings.Contains(a.value, "drop-shadow") {
		d.current = true
	}
	if strings.HasPrefix(a.name, "marker") || a.name == "style" && strings.Contains(a.value, "marker") {
		d.markers = true
	}
	if a.name != "d" && a.name != "points" && a.name != "id" && a.name != "class" && relative(a.value) {
		d.fontUnits = true
	}
	switch a.name {
	case "marker", "marker-start", "marker-mid", "marker-end":
		d.markersUsed = d.markersUsed || a.value != "none"
	case "style":
		d.markersUsed = d.markersUsed || strings.Contains(a.value, "marker")
		for _, word := range []string{"transform", "scale", "zoom"} {
			d.styleMoves = d.styleMoves || strings.Contains(strings.ToLower(a.value), word)
		}
	}
	d.references(a.value)
}

// references notes every name after a number sign. Colours do no harm.
func (d *drawing) references(s string) {
	for {
		i := strings.IndexByte(s, '#')
		if i < 0 {
			return
		}
		s = s[i+1:]
		end := strings.IndexAny(s, "\"') \t\r\n;,>{")
		name := s
		if end >= 0 {
			name = s[:end]
		}
		if strings.ContainsAny(name, `%\`) {
			d.allIDs = true
		}
		d.refs[name] = true
	}
}

var (
	cssComment  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?s)/\*.*?\*/|<!\[CDATA\[|\]\]>`) })
	cssSelector = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(?:[A-Za-z][\w-]*|[.#][A-Za-z_][\w-]*)$`)
	})
	cssName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^-?[A-Za-z][\w-]*$`) })
)

// surveySheet notes what a style sheet sets and on what. Anything but plain
// rules of simple selectors makes it loose.
func (d *drawing) surveySheet(css string) {
	d.references(css)
	css = cssComment().ReplaceAllString(css, " ")
	if strings.ContainsAny(css, `@&\<`) {
		d.loose, d.allIDs = true, true
		return
	}
	if strings.Contains(strings.ToLower(css), "currentcolor") {
		d.current = true
	}
	for _, rule := range strings.SplitAfter(css, "}") {
		selectors, body, ok := strings.Cut(rule, "{")
		body, closed := strings.CutSuffix(body, "}")
		if !ok && strings.TrimSpace(rule) == "" {
			continue
		}
		if !ok || !closed || strings.ContainsAny(body, `{"'`) {
			d.loose, d.allIDs = true, true
			return
		}
		for _, s := range strings.Split(selectors, ",") {
			s = strings.TrimSpace(s)
			if !cssSelector().MatchString(s) {
				d.loose, d.allIDs = true, true
				return
			}
			d.allIDs = d.allIDs || s[0] == '#'
			d.cssTags[s] = true
		}
		for _, decl := range strings.Split(body, ";") {
			name, _, _ := strings.Cut(decl, ":")
			name = strings.ToLower(strings.TrimSpace(name))
			if name != "" && !cssName().MatchString(name) {
				d.loose = true
				return
			}
			d.cssProps[name] = true
			if strings.HasPrefix(name, "marker") {
				d.markers = true
			}
		}
	}
}

// still reports whether the structure of the drawing may change: nothing in
// it looks at more than one element, or at elements over time.
func (d *drawing) still() bool { return !d.animated && !d.loose }

// named reports whether anything may single out n: a style sheet, or a
// reference.
func (d *drawing) named(n *node) bool {
	return d.referred(n) || d.styled && (n.has("class") || n.has("id") || d.cssTags[n.name])
}

// plain reports whether n has none of the children that belong to it rather
// than to the picture.
func plain(n *node) bool {
	for _, c := range n.children {
		if c.kind == element && (c.name == "title" || c.name == "desc" || c.name == "metadata" || animation(c.name)) {
			return false
		}
	}
	return true
}

// measure notes for each element how wide its units are drawn. Once a round
// and from the root down: a chain of long transforms is read once.
func (d *drawing) measure() {
	d.edit(func(n *node) {
		n.scale = 1
		if n.parent != nil {
			n.scale = n.parent.scale
		}
		if t, ok := n.lookup("transform"); ok {
			if m, ok := parseTransform(t); ok {
				n.scale *= m.norm()
			} else {
				n.scale = math.NaN()
			}
		}
		if n.scale > d.scale {
			d.scale = n.scale
		}
	})
}

// decimalsOf returns how many decimals a coordinate of n needs.
func (d *drawing) decimalsOf(n *node) int {
	if d.Exact {
		return -1
	}
	size, k, more := d.size(), n.scale, 0
	if math.IsNaN(k) || k == 0 {
		return maxDecimals
	}
	for at := n; at != nil; at = at.parent {
		switch at.name {
		case "defs", "clipPath", "mask", "linearGradient", "radialGradient":
			k = max(k, k*d.scale)
		case "symbol", "pattern", "marker", "svg":
			if at != d.root {
				k, more = max(k, k*d.scale), 2
			}
		}
		if d.referred(at) {
			k = max(k, k*d.scale)
		}
		for _, units := range []string{"clipPathUnits", "maskUnits", "maskContentUnits", "patternUnits", "patternContentUnits", "gradientUnits"} {
			if at.get(units) == "objectBoundingBox" {
				size = 1
			}
		}
		switch at.name {
		case "linearGradient", "radialGradient", "pattern", "mask", "filter":
			if size > 10 {
				size = 10 // their boxes are shares of another's unless they say otherwise
			}
		}
	}
	if d.styledTransform() {
		more += 2
	}
	return min(decimals(size, k)+more, maxDecimals)
}

// styledTransform reports whether a style may scale anything.
func (d *drawing) styledTransform() bool {
	return d.cssProps["transform"] || d.cssProps["scale"] || d.cssProps["zoom"] || d.loose || d.animated || d.styleMoves
}
