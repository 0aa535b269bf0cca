package layout

import (
	"strconv"
	"strings"
)

// rootFont is the font size that browsers begin with, in CSS pixels, and the
// one that units of media queries refer to.
const rootFont = 16

// length evaluates a length of a media query in CSS pixels. of is what
// percentages refer to, w the width of the window.
func length(s string, of, w float64) (float64, bool) {
	return units{of: of, window: w, rem: rootFont, em: rootFont}.length(s)
}

// units are what relative lengths refer to, in CSS pixels; an em of 0 is
// not known, nor is a window 0 tall.
type units struct{ of, window, rem, em, tall float64 }

// length evaluates a length in CSS pixels: a number with a unit, calc(), min(),
// max() or clamp() (CSS Values 4).
func (u units) length(s string) (float64, bool) {
	p := lengthParser{s: s, u: u}
	v, unit, ok := p.sum()
	p.space()
	if !ok || p.i != len(s) || !unit && v != 0 {
		return 0, false
	}
	return v, true
}

type lengthParser struct {
	s     string
	i     int
	u     units
	depth int
}

func (p *lengthParser) space() {
	for p.i < len(p.s) && isBlank(p.s[p.i]) {
		p.i++
	}
}

// sum reads terms with + and -. unit says that the value is a length.
func (p *lengthParser) sum() (v float64, unit, ok bool) {
	if p.depth++; p.depth > maxDepth*4 {
		return 0, false, false
	}
	defer func() { p.depth-- }()
	if v, unit, ok = p.product(); !ok {
		return
	}
	for {
		p.space()
		if p.i+1 >= len(p.s) || p.s[p.i] != '+' && p.s[p.i] != '-' || !isBlank(p.s[p.i+1]) {
			return v, unit, true
		}
		op := p.s[p.i]
		p.i++
		b, u, ok := p.product()
		if !ok || u != unit && b != 0 && v != 0 {
			return 0, false, false
		}
		unit = unit || u
		if op == '+' {
			v += b
		} else {
			v -= b
		}
	}
}

func (p *lengthParser) product() (v float64, unit, ok bool) {
	if v, unit, ok = p.value(); !ok {
		return
	}
	for {
		p.space()
		if p.i >= len(p.s) || p.s[p.i] != '*' && p.s[p.i] != '/' {
			return v, unit, true
		}
		op := p.s[p.i]
		p.i++
		b, u, ok := p.value()
		if !ok || u && (unit || op == '/') || op == '/' && b == 0 {
			return 0, false, false
		}
		unit = unit || u
		if op == '*' {
			v *= b
		} else {
			v /= b
		}
	}
}

func (p *lengthParser) value() (v float64, unit, ok bool) {
	p.space()
	rest := p.s[p.i:]
	for _, f := range [...]string{"calc(", "min(", "max(", "clamp(", "-webkit-calc(", "("} {
		if strings.HasPrefix(rest, f) {
			p.i += len(f)
			return p.function(f)
		}
	}
	n := 0
	for n < len(rest) && (rest[n] >= '0' && rest[n] <= '9' || rest[n] == '.' || n == 0 && (rest[n] == '-' || rest[n] == '+')) {
		n++
	}
	v, err := strconv.ParseFloat(rest[:n], 64)
	if err != nil {
		return 0, false, false
	}
	u := n
	for u < len(rest) && (rest[u] >= 'a' && rest[u] <= 'z' || rest[u] == '%') {
		u++
	}
	p.i += u
	switch rest[n:u] {
	case "":
		return v, false, true
	case "px":
		return v, true, true
	case "%":
		return v * p.u.of / 100, true, true
	case "vw", "svw", "lvw", "dvw", "vi":
		return v * p.u.window / 100, true, true
	case "vh", "svh", "lvh", "dvh", "vb":
		return v * p.u.tall / 100, true, p.u.tall > 0
	case "rem":
		return v * p.u.rem, true, true
	case "em":
		return v * p.u.em, true, p.u.em > 0
	case "pt":
		return v * 96 / 72, true, true
	case "cm":
		return v * 96 / 2.54, true, true
	case "mm":
		return v * 96 / 25.4, true, true
	case "in":
		return v * 96, true, true
	case "pc":
		return v * 16, true, true
	}
	return 0, false, false
}

// function reads the arguments of f, whose bracket is open.
func (p *lengthParser) function(f string) (v float64, unit, ok bool) {
	var args []float64
	for {
		a, u, ok := p.sum()
		if !ok {
			return 0, false, false
		}
		args, unit = append(args, a), unit || u
		p.space()
		if p.i >= len(p.s) {
			return 0, false, false
		}
		c := p.s[p.i]
		p.i++
		if c == ')' {
			break
		}
		if c != ',' {
			return 0, false, false
		}
	}
	v = args[0]
	switch f {
	case "min(":
		for _, a := range args {
			v = min(v, a)
		}
	case "max(":
		for _, a := range args {
			v = max(v, a)
		}
	case "clamp(":
		if len(args) != 3 {
			return 0, false, false
		}
		v = max(args[0], min(args[1], args[2]))
	default:
		if len(args) != 1 {
			return 0, false, false
		}
	}
	return v, unit, true
}
