package quant

import (
	"cmp"
	"image/color"
	"slices"
)

// box is a set of colours that get one palette entry.
type box struct {
	entries []entry
	axis    int   // on which they vary most
	spread  int64 // their weighted variance there, before division
}

func (v vector) on(axis int) int32 { return [4]int32{v.r, v.g, v.b, v.a}[axis] }

func newBox(entries []entry) box {
	b := box{entries: entries}
	for axis := range 4 {
		var n, sum int64
		for _, e := range entries {
			n += e.weight
			sum += e.weight * int64(e.vector.on(axis))
		}
		mean, spread := sum/n, int64(0)
		for _, e := range entries {
			d := int64(e.vector.on(axis)) - mean
			spread += e.weight * d * d >> 6
		}
		if spread > b.spread {
			b.axis, b.spread = axis, spread
		}
	}
	return b
}

func (b box) mean() vector {
	var n, r, g, bl, a int64
	for _, e := range b.entries {
		n += e.weight
		r, g = r+e.weight*int64(e.vector.r), g+e.weight*int64(e.vector.g)
		bl, a = bl+e.weight*int64(e.vector.b), a+e.weight*int64(e.vector.a)
	}
	return vector{int32(r / n), int32(g / n), int32(bl / n), int32(a / n)}
}

// medianCut returns at most n vectors: the box of the greatest spread is cut
// in two where the sum of what is left is least. It reorders entries.
func medianCut(entries []entry, n int) []vector {
	boxes := []box{newBox(slices.Clone(entries))}
	for len(boxes) < n {
		widest := 0
		for i, b := range boxes {
			if b.spread > boxes[widest].spread {
				widest = i
			}
		}
		b := boxes[widest]
		if b.spread == 0 || len(b.entries) < 2 {
			break
		}
		k := b.cut()
		boxes[widest] = newBox(b.entries[:k])
		boxes = append(boxes, newBox(b.entries[k:]))
	}
	out := make([]vector, len(boxes))
	for i, b := range boxes {
		out[i] = b.mean()
	}
	return out
}

// cut sorts the entries along the axis and returns where to part them: where
// the means of the two sides, weighed, lie furthest from the common one, which
// leaves the least variance within.
func (b box) cut() int {
	slices.SortStableFunc(b.entries, func(x, y entry) int { return cmp.Compare(x.vector.on(b.axis), y.vector.on(b.axis)) })
	var n, sum int64
	for _, e := range b.entries {
		n += e.weight
		sum += e.weight * int64(e.vector.on(b.axis))
	}
	best, at := int64(-1), 1
	var left, leftSum int64
	for i, e := range b.entries[:len(b.entries)-1] {
		left += e.weight
		leftSum += e.weight * int64(e.vector.on(b.axis))
		x, y := leftSum/left, (sum-leftSum)/(n-left)
		if gain := left * (x - sum/n) * (x - sum/n) >> 6; gain+(n-left)*(y-sum/n)*(y-sum/n)>>6 > best {
			best, at = gain+(n-left)*(y-sum/n)*(y-sum/n)>>6, i+1
		}
	}
	return at
}

// palette finds the nearest of its vectors.
type palette struct {
	vectors []vector
	near    [][]neighbour // of each vector: the others, the nearest first
}

// neighbour packs the index of a vector, in the low byte, and its reach: a
// quarter of the distance, so that a colour closer than that to the one
// vector cannot be closer still to the other (distances are squares).
type neighbour uint64

func (n neighbour) index() uint8 { return uint8(n) }
func (n neighbour) reach() int64 { return int64(n >> 8) }

func newPalette(v []vector) *palette {
	p := &palette{vectors: v, near: make([][]neighbour, len(v))}
	all := make([]neighbour, len(v)*len(v))
	for i := range p.near {
		p.near[i] = all[i*len(v) : i*len(v) : (i+1)*len(v)]
	}
	p.measure()
	return p
}

func (p *palette) measure() {
	for i, v := range p.vectors {
		list := p.near[i][:0]
		for j, w := range p.vectors {
			if i != j {
				list = append(list, neighbour(distance(v, w)/4<<8|int64(j)))
			}
		}
		slices.Sort(list)
		p.near[i] = list
	}
}

// nearest returns the vector nearest to v and how far it is. The better the
// guess, the shorter the search: by the triangle inequality it ends at the
// first neighbour of the guess that is twice as far from it as v.
func (p *palette) nearest(v vector, guess uint8) (uint8, int64) {
	first := distance(v, p.vectors[guess])
	best, least := guess, first
	for _, n := range p.near[guess] {
		if n.reach() > first {
			break
		}
		if d := distance(v, p.vectors[n.index()]); d < least {
			best, least = n.index(), d
		}
	}
	return best, least
}

// refine moves each vector to the mean of the colours that are nearest to it
// and returns the mean error before.
func (p *palette) refine(entries []entry) int64 {
	sums := make([]struct{ r, g, b, a, n, solid int64 }, len(p.vectors))
	var total, weight int64
	for i := range entries {
		e := &entries[i]
		k, d := p.nearest(e.vector, e.guess)
		e.guess = k
		s := &sums[k]
		s.r, s.g = s.r+e.weight*int64(e.vector.r), s.g+e.weight*int64(e.vector.g)
		s.b, s.a = s.b+e.weight*int64(e.vector.b), s.a+e.weight*int64(e.vector.a)
		s.n += e.weight
		if e.vector.a == one {
			s.solid += e.weight
		}
		total += d * e.weight >> 4
		weight += e.weight
	}
	for i, s := range sums {
		if s.n > 0 {
			h := s.n / 2
			p.vectors[i] = vector{int32((s.r + h) / s.n), int32((s.g + h) / s.n), int32((s.b + h) / s.n), int32((s.a + h) / s.n)}
			if s.solid > h { // most of it must not let anything shine through
				p.vectors[i].a = one
			}
		}
	}
	p.measure()
	return total / max(1, weight>>4)
}

// pinClear makes the entry nearest to nothing exactly that, if the picture
// has fully transparent pixels: a veil over them would be seen.
func (p *palette) pinClear(h *histogram) {
	if h.clear {
		k, _ := p.nearest(vector{}, 0)
		p.vectors[k] = vector{}
	}
}

func (p *palette) colors(s *space) []color.NRGBA {
	out := make([]color.NRGBA, len(p.vectors))
	for i, v := range p.vectors {
		out[i] = s.color(v)
	}
	return out
}
