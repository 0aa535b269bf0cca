package quant

import (
	"image"
	"image/color"
)

// entry is a colour of the picture, or the mean of a few like ones.
type entry struct {
	vector vector
	weight int64
	guess  uint8 // the palette entry that was nearest last
}

type histogram struct {
	entries []entry
	table   *colorTable
	drop    uint // low bits of each channel that are not told apart
	clear   bool // some pixels are fully transparent
}

// maxEntries bounds the time of the search for a palette.
const maxEntries = 1 << 16

func (h *histogram) key(c uint32) uint32 { return c >> h.drop & (0x01010101 * (255 >> h.drop)) }

// newHistogram weighs the colours of m. Too many of them are merged bit by
// bit; at 4 bits a channel they always fit.
func newHistogram(s *space, m *image.NRGBA, f *features) *histogram {
	h := &histogram{}
	for !h.fill(s, m, f) {
		h.drop++
	}
	// No colour may outweigh all others, however large its area: a tenth is
	// plenty to be served first.
	total := int64(0)
	for _, e := range h.entries {
		total += e.weight
	}
	for i := range h.entries {
		h.entries[i].weight = min(h.entries[i].weight, total/10+1)
	}
	return h
}

func (h *histogram) fill(s *space, m *image.NRGBA, f *features) bool {
	type sum struct{ r, g, b, a, n, weight int64 }
	h.table = newColorTable(maxEntries)
	var sums []sum
	width := m.Rect.Dx()
	for y := range m.Rect.Dy() {
		row := m.Pix[y*m.Stride:]
		for x := range width {
			c := pixel(row[4*x : 4*x+4])
			i, ok := h.table.index(h.key(c))
			if !ok {
				return false
			}
			if i == len(sums) {
				sums = append(sums, sum{})
			}
			t := &sums[i]
			v := rgba(c)
			t.r, t.g, t.b, t.a = t.r+int64(v.R), t.g+int64(v.G), t.b+int64(v.B), t.a+int64(v.A)
			t.n++
			t.weight += int64(f.weight(y*width + x))
			h.clear = h.clear || c == 0
		}
	}
	h.entries = make([]entry, len(sums))
	for i, t := range sums {
		mean := func(x int64) uint8 { return uint8((x + t.n/2) / t.n) }
		c := color.NRGBA{R: mean(t.r), G: mean(t.g), B: mean(t.b), A: mean(t.a)}
		h.entries[i] = entry{vector: s.vector(c), weight: t.weight}
	}
	return true
}

// features says of each pixel how much it matters and how much of its error
// may be passed on.
type features struct{ noise, edge []uint8 }

// newFeatures measures, for each pixel, how far it lies off the line between
// its neighbours (noise hides errors) and how steep the picture is there (on
// the edge of a shape diffused errors are seen as fringes).
func newFeatures(m *image.NRGBA) *features {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	f := &features{noise: make([]uint8, w*h), edge: make([]uint8, w*h)}
	var rows [3][]int32
	for i := range rows {
		rows[i] = make([]int32, w)
	}
	light := func(row []int32, y int) {
		p := m.Pix[min(max(y, 0), h-1)*m.Stride:]
		for x := range row {
			q := p[4*x : 4*x+4 : 4*x+4]
			row[x] = (2*int32(q[0])+5*int32(q[1])+int32(q[2]))*int32(q[3])/2040 + int32(q[3])/2
		}
	}
	light(rows[0], 0)
	light(rows[1], 0)
	for y := range h {
		light(rows[2], y+1)
		up, row, down := rows[0], rows[1], rows[2]
		for x, c := range row {
			l, r := row[max(x-1, 0)], row[min(x+1, w-1)]
			u, d := up[x], down[x]
			across, along := abs(l+r-2*c), abs(u+d-2*c)
			f.noise[y*w+x] = uint8(min(255, min(across, along)))
			f.edge[y*w+x] = uint8(min(255, max(max(abs(l-c), abs(r-c)), max(abs(u-c), abs(d-c)))))
		}
		rows[0], rows[1], rows[2] = rows[1], rows[2], rows[0]
	}
	return f
}

func abs(x int32) int32 { return max(x, -x) }

// weight of pixel i in the histogram, 4 to 16.
func (f *features) weight(i int) int { return 16 - min(12, int(f.noise[i])/4) }

// diffusion is how much of the error reaches pixel i, in 256ths.
func (f *features) diffusion(i int) int32 { return max(0, 240-4*int32(f.edge[i])) }
