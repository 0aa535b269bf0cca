package icc

import (
	"errors"
	"fmt"
)

// table is a transform by a table of colours: curves, the table, curves, a
// matrix and curves, each of which may be missing, to the connection space.
type table struct {
	channels int
	input    [4][256]float32 // the first curves, for each level of a channel
	grid     *grid           // nil for three channels that go straight on
	mid      [3]curve
	matrix   *[3][4]float64
	output   [3]curve
	space    space
}

// space says how the three numbers at the end are meant.
type space uint8

const (
	xyz       space = iota
	lab             // lut8Type and all of version 4
	labLegacy       // lut16Type (section 10.10, table 42)
)

func (p *profile) parseTable(b []byte) (*table, error) {
	if len(b) < 32 {
		return nil, errShort
	}
	in, out := int(b[8]), int(b[9])
	if in != p.channels || out != 3 {
		return nil, fmt.Errorf("it takes %d channels to %d", in, out)
	}
	t := &table{channels: in}
	if p.lab {
		t.space = lab
	}
	switch kind := string(b[:4]); kind {
	case "mft1":
		return t, t.parseLut8(b)
	case "mft2":
		if p.lab {
			t.space = labLegacy
		}
		return t, t.parseLut16(b)
	case "mAB ":
		return t, t.parseLutAB(b)
	default:
		return nil, fmt.Errorf("a table of the type %q", kind)
	}
}

// parseLut8 reads a lut8Type (section 10.11). The matrix in it is for inputs
// of XYZ alone.
func (t *table) parseLut8(b []byte) error { return t.parseLut(b, 48, 256, 256, octets, 1) }

// parseLut16 reads a lut16Type (section 10.10).
func (t *table) parseLut16(b []byte) error {
	if len(b) < 52 {
		return errShort
	}
	return t.parseLut(b, 52, int(b[48])<<8|int(b[49]), int(b[50])<<8|int(b[51]), words, 2)
}

// parseLut reads what both types share: the curves of nIn points each, the
// table and the curves of nOut points, from head on, in numbers of size bytes.
func (t *table) parseLut(b []byte, head, nIn, nOut int, read func([]byte) []float32, size int) error {
	if nIn < 2 || nOut < 2 {
		return errors.New("a curve of one point")
	}
	points := int(b[10])
	if points < 2 {
		return errTable
	}
	var dims []int
	cells := 3
	for range t.channels {
		dims = append(dims, points)
		if cells *= points; cells > len(b) {
			return errShort
		}
	}
	at, next := head, head
	take := func(n int) ([]float32, bool) {
		at, next = next, next+n*size
		if next > len(b) || next < at {
			return nil, false
		}
		return read(b[at:next]), true
	}
	for c := range t.channels {
		v, ok := take(nIn)
		if !ok {
			return errShort
		}
		t.input[c] = sampled(v).levels()
	}
	v, ok := take(cells)
	if !ok {
		return errShort
	}
	t.grid = newGrid(dims, v)
	for c := range t.output {
		if v, ok = take(nOut); !ok {
			return errShort
		}
		t.output[c] = sampled(v)
	}
	return nil
}

// pcs returns a colour in the connection space, in its encoding, 0 to 1.
func (t *table) pcs(in [4]uint8) (v [3]float64) {
	var x [4]float32
	for c := range t.channels {
		x[c] = t.input[c][in[c]]
	}
	if t.grid != nil {
		g := t.grid.at(x)
		v = [3]float64{float64(g[0]), float64(g[1]), float64(g[2])}
	} else {
		v = [3]float64{float64(x[0]), float64(x[1]), float64(x[2])}
	}
	for c := range v {
		v[c] = t.mid[c].at(v[c])
	}
	if m := t.matrix; m != nil {
		a := v
		for c := range v {
			v[c] = m[c][0]*a[0] + m[c][1]*a[1] + m[c][2]*a[2] + m[c][3]
		}
	}
	for c := range v {
		v[c] = t.output[c].at(v[c])
	}
	return v
}

// linear returns a colour in linear sRGB, not clipped.
func (t *table) linear(in [4]uint8) (rgb [3]float32) {
	v := t.pcs(in)
	switch t.space {
	case xyz:
		for c := range v {
			v[c] *= 1 + 32767.0/32768 // section 6.3.4.2, table 11
		}
	case lab:
		v = labToXYZ(v[0]*100, v[1]*255-128, v[2]*255-128)
	case labLegacy:
		v = labToXYZ(v[0]*65535/652.80, v[1]*65535/256-128, v[2]*65535/256-128)
	}
	for i, m := range toLinear {
		rgb[i] = float32(m[0]*v[0] + m[1]*v[1] + m[2]*v[2])
	}
	return rgb
}

// labToXYZ returns CIELAB as XYZ relative to D50 (section 6.3.2.2).
func labToXYZ(l, a, b float64) [3]float64 {
	y := (l + 16) / 116
	return [3]float64{0.9642 * labInverse(y+a/500), labInverse(y), 0.8249 * labInverse(y-b/200)}
}

func labInverse(t float64) float64 {
	if t > 6.0/29 {
		return t * t * t
	}
	return (t - 4.0/29) * 3 * 36 / 841
}

// rowNRGBA converts pixels of one or three channels in place. Neighbours are
// often equal, so the last colour is kept.
func (t *table) rowNRGBA(pix []byte) {
	enc := encoded()
	var last [4]uint8
	rgb := t.linear(last)
	for i := 0; i+4 <= len(pix); i += 4 {
		p := pix[i : i+4 : i+4]
		if in := [4]uint8{p[0], p[1], p[2]}; in != last {
			last, rgb = in, t.linear(in)
		}
		p[0], p[1], p[2] = encode(enc, rgb[0]), encode(enc, rgb[1]), encode(enc, rgb[2])
	}
}

// rowCMYK converts pixels of four channels.
func (t *table) rowCMYK(dst, src []byte) {
	enc := encoded()
	var last [4]uint8
	rgb := t.linear(last)
	for i := 0; i+4 <= len(src); i += 4 {
		p := dst[i : i+4 : i+4]
		if in := [4]uint8(src[i : i+4]); in != last {
			last, rgb = in, t.linear(in)
		}
		p[0], p[1], p[2], p[3] = encode(enc, rgb[0]), encode(enc, rgb[1]), encode(enc, rgb[2]), 255
	}
}

var errTable = errors.New("a table of a wrong size")
