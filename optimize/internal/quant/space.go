package quant

import (
	"image/color"
	"math"
	"sort"
)

// vector is a colour where it is compared: premultiplied, on a scale between
// that of sRGB and that of light, and each channel as strong as it is seen.
// The scale and the weights are those of libimagequant, about.
type vector struct{ r, g, b, a int32 }

// one is full strength of green and alpha; red and blue have 8/16 and 7/16.
const one = 4096

// space turns colours into vectors and back.
type space struct{ scale [256]int32 }

func newSpace() *space {
	s := &space{}
	for i := range s.scale {
		s.scale[i] = int32(math.Round(one * math.Pow(float64(i)/255, 1.25)))
	}
	return s
}

func (s *space) vector(c color.NRGBA) vector {
	a := int32(c.A)
	if a == 255 {
		return vector{s.scale[c.R] >> 1, s.scale[c.G], s.scale[c.B] * 7 >> 4, one}
	}
	return vector{s.scale[c.R] * a / 510, s.scale[c.G] * a / 255, s.scale[c.B] * 7 / 16 * a / 255, a * one / 255}
}

func (s *space) color(v vector) color.NRGBA {
	a := min(max((v.a*255+one/2)/one, 0), 255)
	if a == 0 {
		return color.NRGBA{}
	}
	plain := func(x, num, den int32) uint8 {
		want := int64(x) * int64(num) * one / (int64(v.a) * int64(den))
		i := sort.Search(255, func(i int) bool { return int64(s.scale[i]+s.scale[i+1]) >= 2*want })
		return uint8(i)
	}
	return color.NRGBA{R: plain(v.r, 2, 1), G: plain(v.g, 1, 1), B: plain(v.b, 16, 7), A: uint8(a)}
}

// distance is the square of how different x and y look, each channel on black
// or on white, whichever shows it more.
func distance(x, y vector) int64 {
	r, g, b := x.r-y.r, x.g-y.g, x.b-y.b
	d := sq(r) + sq(g) + sq(b)
	if a := x.a - y.a; a != 0 {
		d = max(sq(r), sq(r-a>>1)) + max(sq(g), sq(g-a)) + max(sq(b), sq(b-a*7>>4))
	}
	return d
}

func sq(x int32) int64 { return int64(x) * int64(x) }
