package quant

import "image"

// remapper gives each pixel its palette entry.
type remapper struct {
	space    *space
	palette  *palette
	features *features
	hist     *histogram
	limit    int64 // of a diffused error, squared
}

// guess returns an entry that is likely near c.
func (r *remapper) guess(c uint32) uint8 {
	if i, ok := r.hist.table.index(r.hist.key(c)); ok {
		return r.hist.entries[i].guess
	}
	return 0
}

func (r *remapper) plain(m *image.NRGBA, out *image.Paletted) {
	for y := range m.Rect.Dy() {
		row := m.Pix[y*m.Stride:]
		for x := range m.Rect.Dx() {
			c := pixel(row[4*x : 4*x+4])
			k, _ := r.palette.nearest(r.space.vector(rgba(c)), r.guess(c))
			out.Pix[y*out.Stride+x] = k
		}
	}
}

// diffuse passes the error of each pixel on to its neighbours (Floyd and
// Steinberg, 1976), row by row to and fro, but not over edges, nor more of it
// than the palette as a whole gives cause for.
func (r *remapper) diffuse(m *image.NRGBA, out *image.Paletted) {
	w := m.Rect.Dx()
	this, next := make([]vector, w+2), make([]vector, w+2) // in 16ths, one off
	for y := range m.Rect.Dy() {
		row := m.Pix[y*m.Stride:]
		x, end, step := 0, w, 1
		if y&1 == 1 {
			x, end, step = w-1, -1, -1
		}
		clear(next)
		for ; x != end; x += step {
			c := pixel(row[4*x : 4*x+4])
			want := r.space.vector(rgba(c))
			if c != 0 {
				want = r.with(want, this[x+1], r.features.diffusion(y*w+x))
			}
			k, _ := r.palette.nearest(want, r.guess(c))
			out.Pix[y*out.Stride+x] = k
			if c == 0 {
				continue
			}
			e := want.minus(r.palette.vectors[k])
			this[x+1+step].add(e, 7)
			next[x+1-step].add(e, 3)
			next[x+1].add(e, 5)
			next[x+1+step].add(e, 1)
		}
		this, next = next, this
	}
}

// with adds the part of an error that may reach a pixel.
func (r *remapper) with(v, e vector, part int32) vector {
	e = vector{e.r * part >> 12, e.g * part >> 12, e.b * part >> 12, e.a * part >> 12}
	for range 4 {
		if distance(e, vector{}) <= r.limit {
			break
		}
		e = vector{e.r * 3 / 4, e.g * 3 / 4, e.b * 3 / 4, e.a * 3 / 4}
	}
	a := min(max(v.a+e.a, 0), one)
	return vector{min(max(v.r+e.r, 0), a>>1), min(max(v.g+e.g, 0), a), min(max(v.b+e.b, 0), a*7>>4), a}
}

func (v vector) minus(w vector) vector { return vector{v.r - w.r, v.g - w.g, v.b - w.b, v.a - w.a} }

func (v *vector) add(e vector, times int32) {
	v.r, v.g, v.b, v.a = v.r+e.r*times, v.g+e.g*times, v.b+e.b*times, v.a+e.a*times
}
