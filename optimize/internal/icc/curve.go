package icc

import (
	"encoding/binary"
	"fmt"
	"math"
)

// curve maps 0 to 1 to 0 to 1. nil is the identity.
type curve func(x float64) float64

func (c curve) at(x float64) float64 {
	x = clip(x)
	if c == nil {
		return x
	}
	return clip(c(x))
}

// clip brings x within 0 to 1; what is not a number is 0.
func clip(x float64) float64 {
	if !(x > 0) {
		return 0
	}
	return min(x, 1)
}

// parseCurve reads a curveType or parametricCurveType (sections 10.6 and
// 10.18) and returns how many bytes it takes.
func parseCurve(b []byte) (curve, int, error) {
	if len(b) < 12 {
		return nil, 0, errShort
	}
	switch kind := string(b[:4]); kind {
	case "curv":
		n := uint64(binary.BigEndian.Uint32(b[8:]))
		if 12+2*n > uint64(len(b)) {
			return nil, 0, errShort
		}
		size := int(12 + 2*n)
		switch n {
		case 0:
			return nil, size, nil
		case 1:
			g := float64(binary.BigEndian.Uint16(b[12:])) / 256
			return func(x float64) float64 { return math.Pow(x, g) }, size, nil
		}
		return sampled(words(b[12:size])), size, nil
	case "para":
		return parseParametric(b)
	default:
		return nil, 0, fmt.Errorf("a curve of the type %q", kind)
	}
}

// parametricSizes holds how many parameters each function type has.
var parametricSizes = [...]int{1, 3, 4, 5, 7}

func parseParametric(b []byte) (curve, int, error) {
	kind := int(binary.BigEndian.Uint16(b[8:]))
	if kind >= len(parametricSizes) {
		return nil, 0, fmt.Errorf("a parametric curve of the type %d", kind)
	}
	n := parametricSizes[kind]
	if len(b) < 12+4*n {
		return nil, 0, errShort
	}
	// Table 68: Y = (aX+b)^g + e above d, cX + f below.
	var v [7]float64
	for i := range n {
		v[i] = fixed(b[12+4*i:])
	}
	g, a, bb, c, d, e, f := v[0], v[1], v[2], v[3], v[4], v[5], v[6]
	switch kind {
	case 0:
		a, d = 1, 0
	case 1, 2:
		// Above -b/a the power, below it the constant of type 2.
		e, f, c = v[3], v[3], 0
		d = 0
		if a != 0 {
			d = -bb / a
		}
	}
	return func(x float64) float64 {
		if x >= d {
			return math.Pow(max(a*x+bb, 0), g) + e
		}
		return c*x + f
	}, 12 + 4*n, nil
}

// words reads numbers of 16 bits as 0 to 1.
func words(b []byte) []float32 {
	v := make([]float32, len(b)/2)
	for i := range v {
		v[i] = float32(binary.BigEndian.Uint16(b[2*i:])) / 65535
	}
	return v
}

// octets reads numbers of 8 bits as 0 to 1.
func octets(b []byte) []float32 {
	v := make([]float32, len(b))
	for i := range v {
		v[i] = float32(b[i]) / 255
	}
	return v
}

// sampled returns the curve through two or more points, evenly apart.
func sampled(v []float32) curve {
	if straight(v) {
		return nil
	}
	return func(x float64) float64 {
		pos := x * float64(len(v)-1)
		i := min(int(pos), len(v)-2)
		a, b := float64(v[i]), float64(v[i+1])
		return a + (b-a)*(pos-float64(i))
	}
}

// straight reports whether points lie on the identity, within what 16 bits
// can say. The curves behind tables mostly do.
func straight(v []float32) bool {
	for i, y := range v {
		if math.Abs(float64(y)-float64(i)/float64(len(v)-1)) > 1.0/65535 {
			return false
		}
	}
	return true
}

// levels returns the values of a curve at the 256 levels of a channel.
func (c curve) levels() (v [256]float32) {
	for i := range v {
		v[i] = float32(c.at(float64(i) / 255))
	}
	return v
}
