package measure

import (
	"image"
	"math"
)

// pixels compares the pictures of two visits, without the squares in skip and
// what films and frames cover. Pictures of other heights differ in all that
// one of them lacks.
func pixels(before, after *visit, skip map[image.Point]bool) (share, mean float64) {
	a, b := before.shot, after.shot
	if a == nil || b == nil || a.Bounds().Dx() != b.Bounds().Dx() {
		return 1, 255
	}
	size := a.Bounds().Union(b.Bounds())
	both := a.Bounds().Intersect(b.Bounds())
	masked := mask(size, before.Masked, after.Masked)
	many, sum, n := 0, 0, 0
	for y := 0; y < size.Dy(); y++ {
		for x0 := 0; x0 < size.Dx(); x0 += tile {
			at := image.Pt(x0/tile, y/tile)
			if skip[at] || masked[at] {
				continue
			}
			x1 := min(x0+tile, size.Dx())
			n += x1 - x0
			if y >= both.Dy() {
				many += x1 - x0
				continue
			}
			m, s := rowDifference(a.Pix[a.PixOffset(x0, y):], b.Pix[b.PixOffset(x0, y):], x1-x0)
			many, sum = many+m, sum+s
		}
	}
	if n == 0 {
		return 0, 0
	}
	return float64(many) / float64(n), float64(sum) / float64(3*n)
}

// rowDifference counts the pixels that differ visibly, and sums what differs.
func rowDifference(p, q []byte, n int) (many, sum int) {
	for i := 0; i < 4*n; i += 4 {
		r, g, b := apart(p[i], q[i]), apart(p[i+1], q[i+1]), apart(p[i+2], q[i+2])
		if max(r, g, b) > channelSlack {
			many++
		}
		sum += r + g + b
	}
	return many, sum
}

func apart(a, b byte) int { return max(int(a)-int(b), int(b)-int(a)) }

// mask is the squares that boxes touch.
func mask(size image.Rectangle, lists ...[]box) map[image.Point]bool {
	m := map[image.Point]bool{}
	for _, list := range lists {
		for _, b := range list {
			if math.IsNaN(b.X+b.Y+b.W+b.H) || b.W <= 0 || b.H <= 0 {
				continue
			}
			clamp := func(v float64, most int) int { return int(math.Min(math.Max(v, 0), float64(most))) }
			x0, x1 := clamp(b.X, size.Dx())/tile, clamp(b.X+b.W, size.Dx())/tile
			y0, y1 := clamp(b.Y, size.Dy())/tile, clamp(b.Y+b.H, size.Dy())/tile
			for y := y0; y <= y1; y++ {
				for x := x0; x <= x1; x++ {
					m[image.Pt(x, y)] = true
				}
			}
		}
	}
	return m
}

// noisyTiles are the squares in which two pictures of one page differ at all,
// and their neighbours: what moves in one load may be further in the next.
func noisyTiles(a, b *image.RGBA) map[image.Point]bool {
	tiles := map[image.Point]bool{}
	if a == nil || b == nil {
		return tiles
	}
	both := a.Bounds().Intersect(b.Bounds())
	for y := 0; y < both.Dy(); y++ {
		for x0 := 0; x0 < both.Dx(); x0 += tile {
			at := image.Pt(x0/tile, y/tile)
			if tiles[at] {
				continue
			}
			if _, sum := rowDifference(a.Pix[a.PixOffset(x0, y):], b.Pix[b.PixOffset(x0, y):], min(tile, both.Dx()-x0)); sum > 0 {
				for _, d := range []image.Point{{0, 0}, {1, 0}, {-1, 0}, {0, 1}, {0, -1}} {
					tiles[at.Add(d)] = true
				}
			}
		}
	}
	return tiles
}
