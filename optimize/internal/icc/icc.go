// Package icc converts pictures from the colours of an ICC profile
// (ICC.1:2022) to sRGB: profiles of RGB and grey by matrix and curves, and by
// tables those of RGB, grey and CMYK. Colours that sRGB lacks are clipped.
//
// As in browsers, the tables used are the perceptual ones where there are any,
// white goes to white, and black is not stretched.
package icc

import (
	"errors"
	"fmt"
	"image"
)

// Transform takes colours to sRGB. It may be used by many goroutines at once.
type Transform struct {
	channels int
	shaper   *shaper // by matrix and curves, or
	table    *table
}

// ToSRGB returns the transform from the colours of a profile.
func ToSRGB(profile []byte) (*Transform, error) {
	p, err := parse(profile)
	if err != nil {
		return nil, err
	}
	t := &Transform{channels: p.channels}
	// Tables win over the matrix (section 8.10.2).
	for _, name := range []string{"A2B0", "A2B1"} {
		if data := p.tag(name); data != nil {
			if t.table, err = p.parseTable(data); err != nil {
				return nil, fmt.Errorf("icc: %s: %w", name, err)
			}
			return t, nil
		}
	}
	switch p.channels {
	case 3:
		t.shaper, err = p.parseMatrix()
	case 1:
		t.shaper, err = p.parseGray()
	default:
		err = errors.New("icc: a profile of CMYK without tables")
	}
	if err != nil {
		return nil, err
	}
	return t, nil
}

// Channels returns how many channels the pictures of the profile have: 1, 3
// or 4.
func (t *Transform) Channels() int { return t.channels }

// NRGBA converts m in place. For a profile of grey the value is that of red.
// It panics if the profile is one of CMYK.
func (t *Transform) NRGBA(m *image.NRGBA) {
	if t.channels == 4 {
		panic("icc: a picture of RGB with a profile of CMYK")
	}
	w, h := m.Rect.Dx(), m.Rect.Dy()
	for y := range h {
		row := m.Pix[y*m.Stride:][:4*w]
		if t.shaper != nil {
			t.shaper.row(row)
		} else {
			t.table.rowNRGBA(row)
		}
	}
}

// CMYK returns m in sRGB. 255 is full ink, as in image.CMYK. It panics unless
// the profile is one of CMYK.
func (t *Transform) CMYK(m *image.CMYK) *image.NRGBA {
	if t.channels != 4 {
		panic("icc: a picture of CMYK with another profile")
	}
	w, h := m.Rect.Dx(), m.Rect.Dy()
	dst := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		t.table.rowCMYK(dst.Pix[y*dst.Stride:][:4*w], m.Pix[y*m.Stride:][:4*w])
	}
	return dst
}

// wideBy is how far, in linear light, a primary colour lies outside of sRGB in
// a profile that is worth keeping: 0.22 in Display P3, 0.40 in Adobe RGB,
// under 0.07 in the profiles of old monitors.
const wideBy = 0.1

// Wide reports whether a profile of RGB reaches clearly beyond sRGB.
func Wide(profile []byte) bool {
	t, err := ToSRGB(profile)
	if err != nil || t.channels != 3 {
		return false
	}
	for c := range 3 {
		var in [4]uint8
		in[c] = 255
		var rgb [3]float32
		if t.shaper != nil {
			rgb = t.shaper.linear(in[0], in[1], in[2])
		} else {
			rgb = t.table.linear(in)
		}
		if min(rgb[0], rgb[1], rgb[2]) < -wideBy {
			return true
		}
	}
	return false
}
