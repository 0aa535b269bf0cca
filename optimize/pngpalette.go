package optimize

import (
	"cmp"
	"encoding/binary"
	"image"
	"slices"
)

// paletteOrders returns colors in the orders worth trying: by brightness, and
// so that colours that lie side by side in the picture have near numbers,
// which the filters of PNG and DEFLATE both like.
func paletteOrders(m *image.NRGBA, colors []uint32) [][]uint32 {
	byLight := slices.Clone(colors)
	slices.SortFunc(byLight, func(a, b uint32) int { return cmp.Or(cmp.Compare(light(a), light(b)), cmp.Compare(a, b)) })
	out := [][]uint32{opaqueAfter(byLight)}
	if len(byLight) > 16 {
		if o := opaqueAfter(neighbourOrder(m, byLight)); !slices.Equal(o, out[0]) {
			out = append(out, o)
		}
	}
	return out
}

// opaqueAfter returns colors with those that are not opaque first: tRNS ends
// with the last of them.
func opaqueAfter(colors []uint32) []uint32 {
	out := slices.Clone(colors)
	slices.SortStableFunc(out, func(a, b uint32) int { return cmp.Compare(opaqueLast(a), opaqueLast(b)) })
	return out
}

func opaqueLast(c uint32) int {
	if uint8(c) == 255 {
		return 1
	}
	return 0
}

// light is the weighted brightness of a colour (ITU-R BT.601).
func light(c uint32) uint32 { return 299*(c>>24) + 587*(c>>16&255) + 114*(c>>8&255) }

// neighbourOrder chains the colours so that those that meet often in the
// picture stand together (after Zeng, Li and Lei, "An efficient color
// re-indexing scheme for palette-based compression", 2000): from the pair
// that meets most, the colour most tied to the chain joins it at the end it
// is tied to more.
func neighbourOrder(m *image.NRGBA, colors []uint32) []uint32 {
	n := len(colors)
	meet := countNeighbours(m, colors)
	a, b := 0, 1
	for i := range n {
		for j := range i {
			if meet[i*n+j] > meet[a*n+b] {
				a, b = i, j
			}
		}
	}
	chain := make([]int, 0, n)
	chain = append(chain, min(a, b), max(a, b))
	inChain := make([]bool, n)
	inChain[a], inChain[b] = true, true
	tie := make([]uint64, n)
	for i := range n {
		tie[i] = uint64(meet[i*n+a]) + uint64(meet[i*n+b])
	}
	for len(chain) < n {
		best := -1
		for i := range n {
			if !inChain[i] && (best < 0 || tie[i] > tie[best]) {
				best = i
			}
		}
		// Ties to nearer members of the chain weigh more.
		var left, right uint64
		for k, c := range chain {
			left += uint64(meet[best*n+c]) * uint64(len(chain)-k)
			right += uint64(meet[best*n+c]) * uint64(k+1)
		}
		if left > right {
			chain = slices.Insert(chain, 0, best)
		} else {
			chain = append(chain, best)
		}
		inChain[best] = true
		for i := range n {
			tie[i] += uint64(meet[i*n+best])
		}
	}
	out := make([]uint32, n)
	for i, c := range chain {
		out[i] = colors[c]
	}
	return out
}

// countNeighbours counts, for each pair of colours, how often one stands
// beside or below the other.
func countNeighbours(m *image.NRGBA, colors []uint32) []uint32 {
	n, w, h := len(colors), m.Rect.Dx(), m.Rect.Dy()
	set := newColorSet()
	for _, c := range colors {
		set.index(c)
	}
	meet := make([]uint32, n*n)
	above, row := make([]int, w), make([]int, w)
	for y := range h {
		for x := range w {
			row[x], _ = set.index(binary.BigEndian.Uint32(m.Pix[y*m.Stride+4*x:]))
			if x > 0 && row[x] != row[x-1] {
				meet[row[x]*n+row[x-1]]++
				meet[row[x-1]*n+row[x]]++
			}
			if y > 0 && row[x] != above[x] {
				meet[row[x]*n+above[x]]++
				meet[above[x]*n+row[x]]++
			}
		}
		above, row = row, above
	}
	return meet
}

func packPalette(m *image.NRGBA, order []uint32) *raster {
	depth := uint8(8)
	switch n := len(order); {
	case n <= 2:
		depth = 1
	case n <= 4:
		depth = 2
	case n <= 16:
		depth = 4
	}
	r := newRaster(m.Rect.Dx(), m.Rect.Dy(), depth, pngPaletted)
	r.order = order
	set := newColorSet()
	for _, c := range order {
		set.index(c)
		r.palette = append(r.palette, uint8(c>>24), uint8(c>>16), uint8(c>>8))
		if uint8(c) != 255 { // these come first
			r.trns = append(r.trns, uint8(c))
		}
	}
	r.pack(m, func(p []byte) uint8 {
		i, _ := set.index(binary.BigEndian.Uint32(p))
		return uint8(i)
	})
	return r
}

// sourceOrder returns the colours of a palette PNG in its own order, those in
// use only.
func sourceOrder(f *pngFile, used []uint32) []uint32 {
	if f.colorType != pngPaletted || used == nil {
		return nil
	}
	var out []uint32
	for i := 0; 3*i+2 < len(f.palette) && i < 256; i++ {
		c := uint32(f.palette[3*i])<<24 | uint32(f.palette[3*i+1])<<16 | uint32(f.palette[3*i+2])<<8 | 255
		if i < len(f.trns) {
			c = c&^255 | uint32(f.trns[i])
		}
		if uint8(c) == 0 {
			c = 0 // as clearHidden
		}
		if slices.Contains(used, c) && !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	if len(out) != len(used) {
		return nil
	}
	return out
}
