package optimize

import (
	"encoding/binary"
	"image"
	"slices"
)

// raster is a picture in one of the sample layouts of PNG, before filtering.
type raster struct {
	width, height    int
	depth, colorType uint8
	palette, trns    []byte
	stride           int // bytes a row
	rows             []byte
	order            []uint32 // of the palette
	sourceOrder      bool     // the palette has the order of the source
}

// bpp is the distance, in bytes, to the byte that the filters compare with.
func (r *raster) bpp() int { return max(1, int(r.depth)*samples[r.colorType]/8) }

var samples = [...]int{pngGray: 1, pngRGB: 3, pngPaletted: 1, pngGrayAlpha: 2, pngRGBA: 4}

func newRaster(w, h int, depth, colorType uint8) *raster {
	stride := (w*int(depth)*samples[colorType] + 7) / 8
	return &raster{width: w, height: h, depth: depth, colorType: colorType, stride: stride, rows: make([]byte, stride*h)}
}

// pixelFacts is what decides how few bits a picture can be told in.
type pixelFacts struct {
	opaque bool // no pixel is transparent
	binary bool // every pixel is opaque or fully transparent
	gray   bool
	// colors in order of appearance, red in the top byte; nil when more than 256.
	colors []uint32
}

// clearHidden sets the colour of fully transparent pixels to black, in place:
// it is never seen, and noise in it costs bytes.
func clearHidden(m *image.NRGBA) {
	for i := 0; i+3 < len(m.Pix); i += 4 {
		if m.Pix[i+3] == 0 {
			m.Pix[i], m.Pix[i+1], m.Pix[i+2] = 0, 0, 0
		}
	}
}

func analyse(m *image.NRGBA) pixelFacts {
	f := pixelFacts{opaque: true, binary: true, gray: true}
	set, last, many := newColorSet(), uint32(0), false
	for i := 0; i+3 < len(m.Pix); i += 4 {
		c := binary.BigEndian.Uint32(m.Pix[i:])
		if c == last && i > 0 {
			continue
		}
		last = c
		if a := uint8(c); a != 255 {
			f.opaque = false
			f.binary = f.binary && a == 0
		}
		if f.gray && (uint8(c>>24) != uint8(c>>16) || uint8(c>>16) != uint8(c>>8)) {
			f.gray = false
		}
		if !many {
			if _, isNew := set.index(c); isNew {
				many = len(set.list) > 256
			}
		}
	}
	if !many {
		f.colors = set.list
	}
	return f
}

// colorSet numbers colours in order of appearance: a small open hash table,
// because a Go map here takes most of the time of a screenshot.
type colorSet struct {
	slot [1024]uint16 // number + 1
	list []uint32
}

func newColorSet() *colorSet { return &colorSet{list: make([]uint32, 0, 257)} }

func (s *colorSet) index(c uint32) (n int, isNew bool) {
	for h := c * 0x9e3779b1 >> 22; ; h = (h + 1) & 1023 {
		switch k := s.slot[h]; {
		case k == 0:
			s.list = append(s.list, c)
			s.slot[h] = uint16(len(s.list))
			return len(s.list) - 1, true
		case s.list[k-1] == c:
			return int(k - 1), false
		}
	}
}

// layouts returns the layouts worth trying for m, fewest bits first. They
// follow from the pixels alone, but for the palette order of the source, so
// that optimizing twice tries nothing new. With keepClass a picture in colour
// is not turned to grey, nor grey to colour, because its profile would no
// longer fit.
func layouts(m *image.NRGBA, f pixelFacts, source []uint32, keepClass, srcGray bool) []*raster {
	var out []*raster
	mayGray := f.gray && (!keepClass || srcGray)
	if mayGray {
		if f.opaque {
			out = append(out, packGray(m, grayDepth(f.colors)))
		} else if key, ok := freeGray(m); ok && f.binary {
			out = append(out, packKeyed(m, pngGray, key))
		} else {
			out = append(out, packGrayAlpha(m))
		}
	}
	if f.colors != nil && !(keepClass && srcGray) {
		for _, order := range paletteOrders(m, f.colors) {
			out = append(out, packPalette(m, order))
		}
		if source = opaqueAfter(source); source != nil && !slices.ContainsFunc(out, func(r *raster) bool { return slices.Equal(r.order, source) }) {
			r := packPalette(m, source)
			r.sourceOrder = true
			out = append(out, r)
		}
	}
	// Three or four bytes a pixel lose to one, except where a palette's own
	// bytes or its jumps count.
	small := len(m.Pix) <= 4<<16
	if !(keepClass && srcGray) && (len(out) == 0 || f.colors != nil && !f.gray && small) {
		key, ok := freeGray(m)
		switch {
		case f.opaque:
			out = append(out, packRGB(m))
		case ok && f.binary:
			out = append(out, packKeyed(m, pngRGB, key))
		default:
			out = append(out, packRGBA(m))
		}
	}
	return out
}

// grayDepth returns the fewest bits that hold the grey values of colors.
func grayDepth(colors []uint32) uint8 {
	for _, d := range []uint8{1, 2, 4} {
		ok, step := true, uint32(255)/(1<<d-1)
		for _, c := range colors {
			ok = ok && (c>>24)%step == 0
		}
		if ok {
			return d
		}
	}
	return 8
}

// freeGray returns a grey that no visible pixel has: as a transparent colour
// (tRNS, section 11.3.1.1) it replaces a whole alpha channel.
func freeGray(m *image.NRGBA) (uint8, bool) {
	var used [256]bool
	for i := 0; i+3 < len(m.Pix); i += 4 {
		if p := m.Pix[i : i+4 : i+4]; p[3] != 0 && p[0] == p[1] && p[1] == p[2] {
			used[p[0]] = true
		}
	}
	for v, u := range used {
		if !u {
			return uint8(v), true
		}
	}
	return 0, false
}

func packGray(m *image.NRGBA, depth uint8) *raster {
	r := newRaster(m.Rect.Dx(), m.Rect.Dy(), depth, pngGray)
	r.pack(m, func(p []byte) uint8 { return p[0] >> (8 - depth) })
	return r
}

// pack fills rows with one sample of r.depth bits a pixel.
func (r *raster) pack(m *image.NRGBA, sample func(p []byte) uint8) {
	for y := range r.height {
		row := r.rows[y*r.stride : (y+1)*r.stride]
		bit := 0
		for i := y * m.Stride; i < y*m.Stride+4*r.width; i += 4 {
			row[bit>>3] |= sample(m.Pix[i:i+4]) << (8 - int(r.depth) - bit&7)
			bit += int(r.depth)
		}
	}
}

func packGrayAlpha(m *image.NRGBA) *raster {
	r := newRaster(m.Rect.Dx(), m.Rect.Dy(), 8, pngGrayAlpha)
	for i, o := 0, 0; i+3 < len(m.Pix); i, o = i+4, o+2 {
		r.rows[o], r.rows[o+1] = m.Pix[i], m.Pix[i+3]
	}
	return r
}

func packRGB(m *image.NRGBA) *raster {
	r := newRaster(m.Rect.Dx(), m.Rect.Dy(), 8, pngRGB)
	for i, o := 0, 0; i+3 < len(m.Pix); i, o = i+4, o+3 {
		r.rows[o], r.rows[o+1], r.rows[o+2] = m.Pix[i], m.Pix[i+1], m.Pix[i+2]
	}
	return r
}

func packRGBA(m *image.NRGBA) *raster {
	r := newRaster(m.Rect.Dx(), m.Rect.Dy(), 8, pngRGBA)
	copy(r.rows, m.Pix)
	return r
}

// packKeyed packs a picture whose pixels are opaque or clear, the clear ones
// as the grey key.
func packKeyed(m *image.NRGBA, colorType, key uint8) *raster {
	r := newRaster(m.Rect.Dx(), m.Rect.Dy(), 8, colorType)
	n := samples[colorType]
	for i, o := 0, 0; i+3 < len(m.Pix); i, o = i+4, o+n {
		px := [3]byte{key, key, key}
		if m.Pix[i+3] != 0 {
			px = [3]byte(m.Pix[i : i+3])
		}
		copy(r.rows[o:o+n], px[:n])
	}
	for range n {
		r.trns = append(r.trns, 0, key)
	}
	return r
}

// pack16 packs 16-bit pixels (RGBA, big-endian) without those samples that
// say nothing.
func pack16(m *image.NRGBA64, keepClass, srcGray bool) *raster {
	opaque, gray := true, true
	for i := 0; i+7 < len(m.Pix); i += 8 {
		p := m.Pix[i : i+8 : i+8]
		opaque = opaque && p[6] == 255 && p[7] == 255
		gray = gray && p[0] == p[2] && p[1] == p[3] && p[2] == p[4] && p[3] == p[5]
	}
	gray = gray && (!keepClass || srcGray)
	kind := uint8(pngRGBA)
	switch {
	case gray && opaque:
		kind = pngGray
	case gray:
		kind = pngGrayAlpha
	case opaque:
		kind = pngRGB
	}
	r := newRaster(m.Rect.Dx(), m.Rect.Dy(), 16, kind)
	o := 0
	for i := 0; i+7 < len(m.Pix); i += 8 {
		p := m.Pix[i : i+8 : i+8]
		if gray {
			o += copy(r.rows[o:], p[:2])
		} else {
			o += copy(r.rows[o:], p[:6])
		}
		if !opaque {
			o += copy(r.rows[o:], p[6:])
		}
	}
	return r
}
