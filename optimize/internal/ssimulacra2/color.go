package ssimulacra2

import (
	"image"
	"math"
	"sync"
)

// linearTable holds linear light for the 256 values of an sRGB sample.
var linearTable = sync.OnceValue(func() *[256]float32 {
	var t [256]float32
	for i := range t {
		t[i] = linear(float32(i) * (1. / 255))
	}
	return &t
})

// linear returns the light of an sRGB value from 0 to 1, by the rational
// approximation of libjxl, whose error is about 5e-7.
func linear(v float32) float32 {
	if v <= 0.04045 {
		return v * (1 / 12.92)
	}
	p := float32(8.210152774e-01)
	p = float32(p*v) + 7.961564959e-01
	p = float32(p*v) + 1.624820318e-01
	p = float32(p*v) + 1.043637593e-02
	p = float32(p*v) + 2.200248328e-04
	q := float32(6.521209011e-03)
	q = float32(q*v) - 5.512498495e-02
	q = float32(q*v) + 4.987528350e-01
	q = float32(q*v) + 1.076976492e+00
	q = float32(q*v) + 2.631846970e-01
	return p / q
}

// linearRow writes the light of row y of m, without regard to alpha.
func linearRow(t *[256]float32, out *[3][]float32, m *image.NRGBA, y int) {
	w := m.Rect.Dx()
	i := m.PixOffset(m.Rect.Min.X, m.Rect.Min.Y+y)
	pix := m.Pix[i : i+4*w]
	r, g, b := out[0][:w], out[1][:w], out[2][:w]
	for x := 0; x < w && len(pix) >= 4; x++ {
		r[x] = t[pix[0]]
		g[x] = t[pix[1]]
		b[x] = t[pix[2]]
		pix = pix[4:]
	}
}

// blendRow writes the light of row y of m seen on a grey ground. As in the
// reference, blending is done on sRGB values, as browsers do.
func blendRow(out *[3][]float32, m *image.NRGBA, y int, ground float32) {
	w := m.Rect.Dx()
	i := m.PixOffset(m.Rect.Min.X, m.Rect.Min.Y+y)
	pix := m.Pix[i : i+4*w]
	const unit = float32(1. / 255)
	for x := range w {
		a := float32(float32(pix[4*x+3]) * unit)
		back := float32((1 - a) * ground)
		for c := range 3 {
			v := float32(pix[4*x+c]) * unit
			out[c][x] = linear(float32(a*v) + back)
		}
	}
}

// The opsin absorbance matrix and bias of libjxl (opsin_params.h), and the
// negated cube root of the bias.
const (
	m02, m00       = float32(0.078), float32(0.30)
	m01            = 1 - m02 - m00
	m12, m10       = float32(0.078), float32(0.23)
	m11            = 1 - m12 - m10
	m20, m21       = float32(0.24342268924547819), float32(0.20476744424496821)
	m22            = 1 - m20 - m21
	opsinBias      = float32(0.0037930732552754493)
	negRootOfOpsin = float32(-0.15595420054924863)
)

// xybRow turns linear light into XYB, shifted and scaled so that each sample
// lies between 0 and 1 and B is without Y.
func xybRow(out, lin *[3][]float32) { xybScalar(out, lin, xybFast(out, lin)) }

// xybScalar works on samples from number from on.
func xybScalar(out, lin *[3][]float32, from int) {
	n := len(lin[0])
	r, g, b := lin[0][:n], lin[1][:n], lin[2][:n]
	ox, oy, ob := out[0][:n], out[1][:n], out[2][:n]
	for i := from; i < n; i++ {
		r, g, b := r[i], g[i], b[i]
		l := cubeRoot(float32(m00*r) + (float32(m01*g) + (float32(m02*b) + opsinBias)))
		m := cubeRoot(float32(m10*r) + (float32(m11*g) + (float32(m12*b) + opsinBias)))
		s := cubeRoot(float32(m20*r) + (float32(m21*g) + (float32(m22*b) + opsinBias)))
		y := float32(0.5 * (l + m))
		ox[i] = float32(7*(l-m)) + 0.42
		ob[i] = (s - y) + 0.55
		oy[i] = y + 0.01
	}
}

// cubeRoot returns the cube root of a positive x less that of the bias. It is
// InvCbrt21 of Moroz et al., Fast Calculation of Cube and Inverse Cube Roots
// Using a Magic Constant (2021), with one term more in its second step, as
// close as CubeRootAndAdd of libjxl.
func cubeRoot(x float32) float32 {
	r := math.Float32frombits(0x548c2b4b - math.Float32bits(x)/3)
	c := x * r * r * r
	r = float32(r * (1.752319676 - float32(c*(1.2509524245-float32(0.5093818292*c)))))
	c = 1 - float32(x*r*r*r)
	r += float32(r * float32(c*((1./3)+float32((2./9)*c))))
	return float32(x*r*r) + negRootOfOpsin
}

// halve writes a row half as wide and high, the mean of light of four
// samples each. A last odd column or row counts twice.
func halve(out, a, b []float32) {
	n := len(a) / 2
	for i := range n {
		j := 2*i + 1
		if j >= len(a) || j >= len(b) || i >= len(out) {
			break
		}
		out[i] = 0.25 * (a[j-1] + a[j] + b[j-1] + b[j])
	}
	if w := len(a); w%2 != 0 {
		out[n] = 0.25 * (a[w-1] + a[w-1] + b[w-1] + b[w-1])
	}
}
