package icc

import (
	"errors"
	"fmt"
	"math"
	"sync"
)

// toLinear takes XYZ relative to D50 to linear sRGB: the inverse of the sRGB
// primaries (IEC 61966-2-1) adapted from D65 to D50 by the Bradford matrix.
var toLinear = [3][3]float64{
	{3.1338561, -1.6168667, -0.4906146},
	{-0.9787684, 1.9161415, 0.0334540},
	{0.0719453, -0.2289914, 1.4052427},
}

// encodeSteps is fine enough for the steep start of the curve: a step there is
// a fifth of a code value.
const encodeSteps = 1 << 14

// encoded is the transfer function of sRGB, from linear light to 8 bits.
var encoded = sync.OnceValue(func() *[encodeSteps + 1]uint8 {
	var t [encodeSteps + 1]uint8
	for i := range t {
		v := float64(i) / encodeSteps
		if v <= 0.0031308 {
			v *= 12.92
		} else {
			v = 1.055*math.Pow(v, 1/2.4) - 0.055
		}
		t[i] = uint8(v*255 + 0.5)
	}
	return &t
})

// encode clips linear light and looks up its code value.
func encode(t *[encodeSteps + 1]uint8, v float32) uint8 {
	return t[int(min(max(v, 0), 1)*encodeSteps+0.5)]
}

// shaper is a curve for each channel and a matrix (annex F.3).
type shaper struct {
	curves [3][256]float32
	matrix [3][3]float32
	gray   bool
	levels [256]uint8 // of grey
}

func (p *profile) parseMatrix() (*shaper, error) {
	if p.lab {
		return nil, errors.New("icc: a matrix to CIELAB")
	}
	s := &shaper{}
	var m [3][3]float64 // by primary: X, Y and Z
	for i, c := range "rgb" {
		xyz := p.tag(string(c) + "XYZ")
		if len(xyz) < 20 || string(xyz[:4]) != "XYZ " {
			return nil, fmt.Errorf("icc: %cXYZ is missing", c)
		}
		for j := range 3 {
			m[i][j] = fixed(xyz[8+4*j:])
		}
		f, _, err := parseCurve(p.tag(string(c) + "TRC"))
		if err != nil {
			return nil, fmt.Errorf("icc: %cTRC: %w", c, err)
		}
		s.curves[i] = f.levels()
	}
	for i := range 3 {
		for j := range 3 {
			s.matrix[i][j] = float32(toLinear[i][0]*m[j][0] + toLinear[i][1]*m[j][1] + toLinear[i][2]*m[j][2])
		}
	}
	return s, nil
}

// parseGray reads a profile of grey (annex F.2).
func (p *profile) parseGray() (*shaper, error) {
	f, _, err := parseCurve(p.tag("kTRC"))
	if err != nil {
		return nil, fmt.Errorf("icc: kTRC: %w", err)
	}
	s := &shaper{gray: true}
	t := encoded()
	for i, v := range f.levels() {
		if p.lab {
			v = float32(labToY(float64(v) * 100))
		}
		s.levels[i] = encode(t, v)
	}
	return s, nil
}

// labToY returns the luminance of a lightness from 0 to 100.
func labToY(l float64) float64 { return labInverse((l + 16) / 116) }

// row converts pixels in place.
func (s *shaper) row(pix []byte) {
	if s.gray {
		for i := 0; i+4 <= len(pix); i += 4 {
			v := s.levels[pix[i]]
			pix[i], pix[i+1], pix[i+2] = v, v, v
		}
		return
	}
	t := encoded()
	for i := 0; i+4 <= len(pix); i += 4 {
		p := pix[i : i+4 : i+4]
		v := s.linear(p[0], p[1], p[2])
		p[0], p[1], p[2] = encode(t, v[0]), encode(t, v[1]), encode(t, v[2])
	}
}

// linear returns a colour in linear sRGB, not clipped.
func (s *shaper) linear(r, g, b uint8) [3]float32 {
	x, y, z := s.curves[0][r], s.curves[1][g], s.curves[2][b]
	m := &s.matrix
	return [3]float32{
		m[0][0]*x + m[0][1]*y + m[0][2]*z,
		m[1][0]*x + m[1][1]*y + m[1][2]*z,
		m[2][0]*x + m[2][1]*y + m[2][2]*z,
	}
}
