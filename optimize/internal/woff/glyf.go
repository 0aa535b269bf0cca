package woff

import (
	"encoding/binary"
	"math"
)

// glyphs is a glyf table with what belongs to it.
type glyphs struct {
	glyf   []byte
	ends   []int // of each glyph in glyf
	left   []int16
	format uint16 // of loca: 0 holds halves in 16 bits, 1 the offsets in 32
}

func (g *glyphs) loca() []byte {
	var out []byte
	put := func(at int) {
		if g.format == 0 {
			out = binary.BigEndian.AppendUint16(out, uint16(at/2))
		} else {
			out = binary.BigEndian.AppendUint32(out, uint32(at))
		}
	}
	put(0)
	for _, e := range g.ends {
		put(e)
	}
	return out
}

// glyphStreams are the parts of a transformed glyf table (section 5.1).
type glyphStreams struct {
	contours, points, flags, coords, composites, boxes, code reader
	boxed, overlaps                                          []byte // bitmaps
}

// restoreGlyphs undoes the transformation of glyf and loca (sections 5.1 to
// 5.3).
func restoreGlyphs(b []byte) (*glyphs, error) {
	r := reader{b: b}
	r.u16()
	options, n := r.u16(), r.u16()
	g := &glyphs{format: uint16(r.u16())}
	var sizes [7]int
	for i := range sizes {
		sizes[i] = r.u32()
	}
	var s glyphStreams
	for i, to := range []*reader{&s.contours, &s.points, &s.flags, &s.coords, &s.composites, &s.boxes, &s.code} {
		to.b = r.bytes(sizes[i])
	}
	s.boxed = s.boxes.bytes((n + 31) / 32 * 4)
	if options&1 != 0 {
		s.overlaps = r.bytes((n + 7) / 8)
	}
	if r.bad || s.boxes.bad || g.format > 1 {
		return nil, malformed("glyf")
	}
	for i := range n {
		start := len(g.glyf)
		if !g.glyph(&s, i) || len(g.glyf) > MaxSize {
			return nil, malformed("a glyph")
		}
		if len(g.glyf) > start {
			g.left = append(g.left, int16(binary.BigEndian.Uint16(g.glyf[start+2:])))
		} else {
			g.left = append(g.left, 0)
		}
		for len(g.glyf)%4 != 0 {
			g.glyf = append(g.glyf, 0)
		}
		g.ends = append(g.ends, len(g.glyf))
	}
	if g.format == 0 && len(g.glyf) > 2*math.MaxUint16 {
		g.format = 1
	}
	return g, nil
}

func bit(bitmap []byte, i int) bool { return i/8 < len(bitmap) && bitmap[i/8]>>(7-i%8)&1 != 0 }

// glyph appends glyph i.
func (g *glyphs) glyph(s *glyphStreams, i int) bool {
	n := s.contours.u16()
	boxed := bit(s.boxed, i)
	switch {
	case n == 0:
		return !boxed && !s.contours.bad
	case n == 0xffff:
		return boxed && g.composite(s)
	case n > math.MaxInt16:
		return false
	}
	return g.simple(s, n, boxed, bit(s.overlaps, i))
}

func (g *glyphs) put16(v ...int) {
	for _, x := range v {
		g.glyf = binary.BigEndian.AppendUint16(g.glyf, uint16(x))
	}
}

// composite appends a glyph made of others.
func (g *glyphs) composite(s *glyphStreams) bool {
	const words, scale, more, xy, square, instructed = 1, 8, 0x20, 0x40, 0x80, 0x100
	g.put16(0xffff)
	g.glyf = append(g.glyf, s.boxes.bytes(8)...)
	code := false
	for {
		flags := s.composites.u16()
		g.put16(flags)
		size := 4
		if flags&words != 0 {
			size += 2
		}
		switch {
		case flags&scale != 0:
			size += 2
		case flags&xy != 0:
			size += 4
		case flags&square != 0:
			size += 8
		}
		g.glyf = append(g.glyf, s.composites.bytes(size)...)
		code = code || flags&instructed != 0
		if s.composites.bad || s.boxes.bad {
			return false
		}
		if flags&more == 0 {
			break
		}
	}
	if code {
		n := s.coords.short()
		g.put16(n)
		g.glyf = append(g.glyf, s.code.bytes(n)...)
	}
	return !s.coords.bad && !s.code.bad
}

// point is a step from the point before.
type point struct {
	dx, dy int
	on     bool
}

// simple appends a glyph of n contours.
func (g *glyphs) simple(s *glyphStreams, n int, boxed, overlaps bool) bool {
	var ends []int
	total := 0
	for range n {
		total += s.points.short()
		if total > math.MaxUint16 || total == 0 {
			return false
		}
		ends = append(ends, total-1)
	}
	points := make([]point, total)
	var x, y int
	box := [4]int{math.MaxInt, math.MaxInt, math.MinInt, math.MinInt}
	for i := range points {
		p := s.triplet()
		points[i] = p
		x, y = x+p.dx, y+p.dy
		box = [4]int{min(box[0], x), min(box[1], y), max(box[2], x), max(box[3], y)}
	}
	size := s.coords.short()
	code := s.code.bytes(size)
	if boxed {
		for i := range box {
			box[i] = s.boxes.i16()
		}
	}
	if s.points.bad || s.flags.bad || s.coords.bad || s.code.bad || s.boxes.bad {
		return false
	}
	g.put16(n)
	g.put16(box[:]...)
	g.put16(ends...)
	g.put16(size)
	g.glyf = append(g.glyf, code...)
	g.outline(points, overlaps)
	return true
}

// triplet reads a point (section 5.2).
func (s *glyphStreams) triplet() point {
	flag := s.flags.u8()
	p := point{on: flag&0x80 == 0}
	flag &= 0x7f
	sign := func(f, v int) int {
		if f&1 != 0 {
			return v
		}
		return -v
	}
	c := func() int { return s.coords.u8() }
	switch {
	case flag < 10:
		p.dy = sign(flag, (flag&14)<<7+c())
	case flag < 20:
		p.dx = sign(flag, ((flag-10)&14)<<7+c())
	case flag < 84:
		b0, b1 := flag-20, c()
		p.dx, p.dy = sign(flag, 1+b0&0x30+b1>>4), sign(flag>>1, 1+(b0&0x0c)<<2+b1&0x0f)
	case flag < 120:
		b0 := flag - 84
		p.dx = sign(flag, 1+(b0/12)<<8+c())
		p.dy = sign(flag>>1, 1+(b0%12)>>2<<8+c())
	case flag < 124:
		b0, b1, b2 := c(), c(), c()
		p.dx, p.dy = sign(flag, b0<<4+b1>>4), sign(flag>>1, (b1&0x0f)<<8+b2)
	default:
		p.dx = sign(flag, c()<<8+c())
		p.dy = sign(flag>>1, c()<<8+c())
	}
	return p
}

// outline appends the points in the form of the glyf table (OpenType, "glyf",
// simple glyph description).
func (g *glyphs) outline(points []point, overlaps bool) {
	const onCurve, shortX, shortY, repeat, sameX, sameY, overlap = 1, 2, 4, 8, 0x10, 0x20, 0x40
	var flags, xs, ys []byte
	axis := func(v int, short, same byte, out *[]byte) byte {
		switch {
		case v == 0:
			return same
		case v > 0 && v < 256:
			*out = append(*out, byte(v))
			return short | same
		case v < 0 && v > -256:
			*out = append(*out, byte(-v))
			return short
		}
		*out = binary.BigEndian.AppendUint16(*out, uint16(v))
		return 0
	}
	for i, p := range points {
		f := axis(p.dx, shortX, sameX, &xs) | axis(p.dy, shortY, sameY, &ys)
		if p.on {
			f |= onCurve
		}
		if i == 0 && overlaps {
			f |= overlap
		}
		flags = append(flags, f)
	}
	for i := 0; i < len(flags); {
		n := 1
		for i+n < len(flags) && flags[i+n] == flags[i] && n < 256 {
			n++
		}
		if n > 2 {
			g.glyf = append(g.glyf, flags[i]|repeat, byte(n-1))
		} else {
			for range n {
				g.glyf = append(g.glyf, flags[i])
			}
		}
		i += n
	}
	g.glyf = append(append(g.glyf, xs...), ys...)
}
