package svgpass

import (
	"strconv"
	"strings"
)

// shortenValues writes numbers and colours shorter.
func (d *drawing) shortenValues() {
	if d.loose || d.animated {
		return // a selector or an animation may look at the values
	}
	d.edit(func(n *node) {
		dec := d.decimalsOf(n)
		for i := range n.attrs {
			a := &n.attrs[i]
			if v := d.shortValue(n, a.name, a.value, dec); len(v) < len(a.value) {
				a.value, d.changed = v, true
			}
		}
	})
}

func (d *drawing) shortValue(n *node, name, v string, dec int) string {
	switch name {
	case "fill", "stroke", "stop-color", "flood-color", "lighting-color", "color":
		return shortColor(v)
	case "x", "y", "width", "height":
		if n == d.root || strings.HasPrefix(n.name, "fe") {
			dec = -1 // the page is laid out by it
		}
		return shortLength(v, dec)
	case "x1", "x2", "y1", "y2", "cx", "cy", "r", "rx", "ry", "fx", "fy", "dx", "dy", "stroke-width", "stroke-dashoffset":
		if strings.HasPrefix(n.name, "fe") {
			dec = -1
		}
		return shortLength(v, dec)
	case "opacity", "fill-opacity", "stroke-opacity", "stop-opacity", "flood-opacity":
		return d.share(v, 3)
	case "offset":
		return d.share(v, 4)
	case "stroke-miterlimit":
		return shortLength(v, -1)
	case "points":
		if p, ok := numbers(v); ok && len(p)%2 == 0 {
			return list(p, dec)
		}
	case "stroke-dasharray", "viewBox":
		if p, ok := numbers(v); ok {
			// Commas stay out; spaces stay in, for those who read it by splitting.
			var s []string
			for _, x := range p {
				s = append(s, format(x, -1))
			}
			return strings.Join(s, " ")
		}
	}
	return v
}

// share writes a number from 0 to 1, of which 256 levels are seen.
func (d *drawing) share(v string, dec int) string {
	if d.Exact {
		dec = -1
	}
	p, percent := strings.CutSuffix(strings.TrimSpace(v), "%")
	x, ok := parseNumber(p)
	if !ok {
		return v
	}
	if percent {
		x /= 100
		if d.Exact {
			return v
		}
	}
	return format(x, dec)
}

// shortLength drops px and needless digits; other units keep theirs.
func shortLength(v string, dec int) string {
	t := strings.TrimSpace(v)
	n := scanNumber(t)
	x, ok := parseNumber(t[:n])
	if !ok {
		return v
	}
	switch unit := t[n:]; unit {
	case "", "px":
		return format(x, dec)
	case "%", "em", "ex", "pt", "pc", "mm", "cm", "in":
		return format(x, -1) + unit
	}
	return v
}

// colorNames are the names shorter than their number (CSS Color 4, 6.1).
var colorNames = map[string]string{
	"#f00": "red", "#d2b48c": "tan", "#f0ffff": "azure", "#f5f5dc": "beige", "#ffe4c4": "bisque", "#a52a2a": "brown", "#ff7f50": "coral",
	"#ffd700": "gold", "#808080": "gray", "#008000": "green", "#4b0082": "indigo", "#fffff0": "ivory", "#f0e68c": "khaki", "#faf0e6": "linen",
	"#800000": "maroon", "#000080": "navy", "#808000": "olive", "#ffa500": "orange", "#da70d6": "orchid", "#cd853f": "peru", "#ffc0cb": "pink",
	"#dda0dd": "plum", "#800080": "purple", "#fa8072": "salmon", "#a0522d": "sienna", "#c0c0c0": "silver", "#fffafa": "snow", "#008080": "teal",
	"#ff6347": "tomato", "#ee82ee": "violet", "#f5deb3": "wheat",
}

// longNames are those that are longer than their number.
var longNames = map[string]string{
	"black": "#000", "white": "#fff", "yellow": "#ff0", "magenta": "#f0f", "fuchsia": "#f0f", "cyan": "#0ff", "aqua": "#0ff", "lightgray": "#d3d3d3",
	"lightgrey": "#d3d3d3", "darkgray": "#a9a9a9", "darkgrey": "#a9a9a9", "whitesmoke": "#f5f5f5", "lightblue": "#add8e6", "darkblue": "#00008b",
	"darkgreen": "#006400", "steelblue": "#4682b4", "royalblue": "#4169e1", "goldenrod": "#daa520", "firebrick": "#b22222", "gainsboro": "#dcdcdc",
}

// shortColor returns the shortest notation of a colour, in lower case.
func shortColor(v string) string {
	s := strings.ToLower(strings.TrimSpace(v))
	if n, ok := longNames[s]; ok {
		return n
	}
	if in, ok := strings.CutPrefix(s, "rgb("); ok {
		var good bool
		if s, good = hexColor(strings.TrimSuffix(in, ")")); !good {
			return v
		}
	}
	if len(s) != 4 && len(s) != 7 || s[0] != '#' {
		for _, name := range colorNames {
			if s == name {
				return s
			}
		}
		return v
	}
	for i := 1; i < len(s); i++ {
		if !isDigit(s[i]) && (s[i] < 'a' || s[i] > 'f') {
			return v
		}
	}
	if len(s) == 7 && s[1] == s[2] && s[3] == s[4] && s[5] == s[6] {
		s = string([]byte{'#', s[1], s[3], s[5]})
	}
	if name, ok := colorNames[s]; ok {
		return name
	}
	return s
}

// hexColor reads the arguments of rgb(): three integers with commas.
func hexColor(args string) (string, bool) {
	parts := strings.Split(args, ",")
	if len(parts) != 3 {
		return "", false
	}
	b := []byte{'#'}
	for _, p := range parts {
		p = strings.TrimSpace(p)
		n, err := strconv.ParseUint(p, 10, 8)
		if err != nil {
			return "", false
		}
		b = append(b, "0123456789abcdef"[n>>4], "0123456789abcdef"[n&15])
	}
	return string(b), true
}
