package svgpass

import (
	"math"
	"strings"
)

// matrix maps (x, y) to (a·x + c·y + e, b·x + d·y + f), as matrix() does (SVG
// 2, 8.5).
type matrix struct{ a, b, c, d, e, f float64 }

var identity = matrix{a: 1, d: 1}

// mul returns the matrix that applies n, then m.
func (m matrix) mul(n matrix) matrix {
	return matrix{
		a: m.a*n.a + m.c*n.b, b: m.b*n.a + m.d*n.b,
		c: m.a*n.c + m.c*n.d, d: m.b*n.c + m.d*n.d,
		e: m.a*n.e + m.c*n.f + m.e, f: m.b*n.e + m.d*n.f + m.f,
	}
}

func (m matrix) apply(x, y float64) (float64, float64) {
	return m.a*x + m.c*y + m.e, m.b*x + m.d*y + m.f
}

func (m matrix) translation() bool { return m.a == 1 && m.b == 0 && m.c == 0 && m.d == 1 }

// norm returns the greatest factor by which m stretches a length.
func (m matrix) norm() float64 {
	p, q := (m.a+m.d)/2, (m.b-m.c)/2
	r, s := (m.a-m.d)/2, (m.b+m.c)/2
	return math.Hypot(p, q) + math.Hypot(r, s)
}

// near reports whether m and n differ by less than the tolerances of the
// linear part, as a share of it, and of the translation.
func (m matrix) near(n matrix, linear, shift float64) bool {
	l := linear * max(math.Abs(m.a), math.Abs(m.b), math.Abs(m.c), math.Abs(m.d))
	return math.Abs(m.a-n.a) <= l && math.Abs(m.b-n.b) <= l && math.Abs(m.c-n.c) <= l && math.Abs(m.d-n.d) <= l &&
		math.Abs(m.e-n.e) <= shift && math.Abs(m.f-n.f) <= shift
}

// parseTransform reads the grammar of the transform attribute.
func parseTransform(s string) (matrix, bool) {
	m := identity
	s = strings.Trim(s, " \t\r\n\f")
	for s != "" {
		open := strings.IndexByte(s, '(')
		if open < 0 {
			return m, false
		}
		end := strings.IndexByte(s[open:], ')')
		if end < 0 {
			return m, false
		}
		args, ok := numbers(s[open+1 : open+end])
		if !ok || len(args) == 0 {
			return m, false
		}
		t, ok := function(strings.TrimRight(s[:open], " \t\r\n\f"), args)
		if !ok {
			return m, false
		}
		m = m.mul(t)
		s = separators(s[open+end+1:])
	}
	for _, v := range []float64{m.a, m.b, m.c, m.d, m.e, m.f} {
		if math.IsNaN(v) || math.Abs(v) > largest {
			return m, false
		}
	}
	return m, true
}

func function(name string, v []float64) (matrix, bool) {
	n := len(v)
	v = append(v, 0)
	switch {
	case name == "matrix" && n == 6:
		return matrix{v[0], v[1], v[2], v[3], v[4], v[5]}, true
	case name == "translate" && (n == 1 || n == 2):
		return matrix{1, 0, 0, 1, v[0], v[1]}, true
	case name == "scale" && n == 1:
		return matrix{v[0], 0, 0, v[0], 0, 0}, true
	case name == "scale" && n == 2:
		return matrix{v[0], 0, 0, v[1], 0, 0}, true
	case name == "rotate" && n == 1:
		return rotation(v[0]), true
	case name == "rotate" && n == 3:
		return matrix{1, 0, 0, 1, v[1], v[2]}.mul(rotation(v[0])).mul(matrix{1, 0, 0, 1, -v[1], -v[2]}), true
	case name == "skewX" && n == 1:
		return matrix{1, 0, math.Tan(v[0] * math.Pi / 180), 1, 0, 0}, true
	case name == "skewY" && n == 1:
		return matrix{1, math.Tan(v[0] * math.Pi / 180), 0, 1, 0, 0}, true
	}
	return identity, false
}

// rotation is exact at right angles, where most drawings turn.
func rotation(deg float64) matrix {
	switch math.Mod(math.Mod(deg, 360)+360, 360) {
	case 0:
		return identity
	case 90:
		return matrix{0, 1, -1, 0, 0, 0}
	case 180:
		return matrix{-1, 0, 0, -1, 0, 0}
	case 270:
		return matrix{0, -1, 1, 0, 0, 0}
	}
	s, c := math.Sincos(deg * math.Pi / 180)
	return matrix{c, s, -s, c, 0, 0}
}

const (
	// linearShare is how far an entry of a matrix may be off: a coordinate
	// ten times the drawing's size away moves by a tenth of errorShare.
	linearShare = 5e-7
	significant = 7 // digits that give it
)

// formatMatrix returns the shortest transform list for m, with n decimals of
// translation; "" is the identity.
func formatMatrix(m matrix, n int) string {
	shift := 0.5 * math.Pow10(-n)
	lin := significant - 1 - int(math.Floor(math.Log10(max(math.Abs(m.a), math.Abs(m.b), math.Abs(m.c), math.Abs(m.d), 1e-9))))
	lin = min(max(lin, 2), 12)
	if m.near(identity, linearShare, shift) {
		return ""
	}
	e, f := format(m.e, n), format(m.f, n)
	move := ""
	if e != "0" || f != "0" {
		move = "translate(" + e + pair(f) + ")"
	}
	best := "matrix(" + strings.Join([]string{format(m.a, lin), format(m.b, lin), format(m.c, lin), format(m.d, lin), e, f}, " ") + ")"
	sx, sy := format(m.a, lin), format(m.d, lin)
	tries := []string{move, move + "scale(" + sx + ")", move + "scale(" + sx + " " + sy + ")"}
	for k := range 3 {
		tries = append(tries, move+"rotate("+format(math.Atan2(m.b, m.a)*180/math.Pi, 3+2*k)+")")
	}
	for _, t := range tries {
		if got, ok := parseTransform(t); ok && len(t) < len(best) && t != "" && got.near(m, linearShare, shift*1.000001) {
			best = t
		}
	}
	return best
}

// pair is a second argument that is left out if it is zero.
func pair(s string) string {
	if s == "0" {
		return ""
	}
	return " " + s
}
