package ssimulacra2

import (
	"image"
	"image/color"
)

// The pictures and their distortions use integers only, so that they are the
// same on every processor.

type rng uint32

func (r *rng) next() int {
	*r ^= *r << 13
	*r ^= *r >> 17
	*r ^= *r << 5
	return int(*r >> 8)
}

func clamp(v int) uint8 { return uint8(min(max(v, 0), 255)) }

func paint(w, h int, at func(x, y int) color.NRGBA) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.SetNRGBA(x, y, at(x, y))
		}
	}
	return m
}

func gradient(w, h int) *image.NRGBA {
	return paint(w, h, func(x, y int) color.NRGBA {
		return color.NRGBA{clamp(255 * x / w), clamp(255 * y / h), clamp(255 - 255*(x+y)/(w+h)), 255}
	})
}

// landscape is value noise at five octaves, a bright sky over dark ground.
func landscape(w, h int) *image.NRGBA {
	lattice := func(x, y, seed int) int {
		r := rng(uint32(x*73856093^y*19349663^seed*83492791) | 1)
		r.next()
		return r.next() & 255
	}
	noise := func(x, y, step, seed int) int {
		x0, y0, fx, fy := x/step, y/step, x%step, y%step
		top := lattice(x0, y0, seed)*(step-fx) + lattice(x0+1, y0, seed)*fx
		low := lattice(x0, y0+1, seed)*(step-fx) + lattice(x0+1, y0+1, seed)*fx
		return (top*(step-fy) + low*fy) / (step * step)
	}
	return paint(w, h, func(x, y int) color.NRGBA {
		v := (8*noise(x, y, 64, 1) + 6*noise(x, y, 23, 2) + 4*noise(x, y, 9, 3) + 3*noise(x, y, 4, 4) + noise(x, y, 2, 5)) / 22
		if y < h/3 {
			return color.NRGBA{clamp(150 + v/4), clamp(170 + v/4), clamp(200 + v/5), 255}
		}
		return color.NRGBA{clamp(v), clamp(v*3/4 + 20), clamp(v/2 + noise(x, y, 31, 6)/5), 255}
	})
}

// writing is dark strokes on a light ground, and a coloured box.
func writing(w, h int) *image.NRGBA {
	return paint(w, h, func(x, y int) color.NRGBA {
		if x > w/2 && y > h/2 {
			return color.NRGBA{200, 30, 60, 255}
		}
		r := rng(uint32(x/3*2654435761 ^ y/12*40503 | 1))
		r.next()
		if y%12 > 3 && r.next()&3 == 0 && (x+y)%5 != 0 {
			return color.NRGBA{20, 20, 30, 255}
		}
		return color.NRGBA{250, 250, 245, 255}
	})
}

// disc fades out from its middle: alpha of all values.
func disc(w, h int) *image.NRGBA {
	m := landscape(w, h)
	for y := range h {
		for x := range w {
			dx, dy := 2*x-w, 2*y-h
			m.Pix[m.PixOffset(x, y)+3] = clamp(300 - 300*(dx*dx+dy*dy)/(w*w/2+h*h/2))
		}
	}
	return m
}

func each(m *image.NRGBA, f func(x, y, c int, v uint8) int) *image.NRGBA {
	out := image.NewNRGBA(m.Rect)
	for y := range m.Rect.Dy() {
		for x := range m.Rect.Dx() {
			i := m.PixOffset(x, y)
			for c := range 3 {
				out.Pix[i+c] = clamp(f(x, y, c, m.Pix[i+c]))
			}
			out.Pix[i+3] = m.Pix[i+3]
		}
	}
	return out
}

func noisy(amount int) func(*image.NRGBA) *image.NRGBA {
	return func(m *image.NRGBA) *image.NRGBA {
		r := rng(12345)
		return each(m, func(_, _, _ int, v uint8) int { return int(v) + r.next()%(2*amount+1) - amount })
	}
}

func posterized(step int) func(*image.NRGBA) *image.NRGBA {
	return func(m *image.NRGBA) *image.NRGBA {
		return each(m, func(_, _, _ int, v uint8) int { return (int(v) + step/2) / step * step })
	}
}

func blurred(n int) func(*image.NRGBA) *image.NRGBA {
	return func(m *image.NRGBA) *image.NRGBA {
		return each(m, func(x, y, c int, _ uint8) int {
			sum, count := 0, 0
			for j := max(y-n, 0); j <= min(y+n, m.Rect.Dy()-1); j++ {
				for i := max(x-n, 0); i <= min(x+n, m.Rect.Dx()-1); i++ {
					sum += int(m.Pix[m.PixOffset(i, j)+c])
					count++
				}
			}
			return sum / count
		})
	}
}

// blocky keeps one share in n of what differs from the mean of 8 × 8 blocks.
func blocky(n int) func(*image.NRGBA) *image.NRGBA {
	return func(m *image.NRGBA) *image.NRGBA {
		return each(m, func(x, y, c int, v uint8) int {
			sum, count := 0, 0
			for j := y &^ 7; j <= min(y|7, m.Rect.Dy()-1); j++ {
				for i := x &^ 7; i <= min(x|7, m.Rect.Dx()-1); i++ {
					sum += int(m.Pix[m.PixOffset(i, j)+c])
					count++
				}
			}
			mean := sum / count
			return mean + (int(v)-mean)/n*(n-1)
		})
	}
}

func tinted(m *image.NRGBA) *image.NRGBA {
	return each(m, func(_, _, c int, v uint8) int { return int(v) + 6 - 5*c })
}

func same(m *image.NRGBA) *image.NRGBA {
	return each(m, func(_, _, _ int, v uint8) int { return int(v) })
}

// thinned coarsens alpha.
func thinned(m *image.NRGBA) *image.NRGBA {
	out := same(m)
	for i := 3; i < len(out.Pix); i += 4 {
		out.Pix[i] = clamp((int(out.Pix[i]) + 12) / 25 * 25)
	}
	return out
}
