// Package resize makes pictures smaller with a Lanczos filter of three lobes,
// as github.com/disintegration/imaging does and within one code value of it,
// in fixed-point arithmetic of 16 bits that AVX2 and NEON run eight times as
// fast. Every processor gives the same bytes: the sums are exact, so their
// order does not matter.
//
// It runs on the caller's goroutine alone: who has many pictures runs many.
package resize

import (
	"image"
	"image/draw"
)

// NRGBA returns src scaled down to w × h pixels. A w or h of 0 keeps the
// ratio of the sides. Sides never grow: a larger w or h is that of src, and
// the result of equal sides is a copy. Colours are weighted by their alpha.
func NRGBA(src *image.NRGBA, w, h int) *image.NRGBA {
	return resizeNRGBA(src, w, h, src.Opaque(), best)
}

// Gray is NRGBA for pictures of one channel.
func Gray(src *image.Gray, w, h int) *image.Gray {
	return resizeGray(src, w, h, best)
}

// fit returns the size of the result for a source of sw × sh.
func fit(sw, sh, w, h int) (int, int) {
	if sw <= 0 || sh <= 0 || w < 0 || h < 0 || w == 0 && h == 0 {
		return 0, 0
	}
	if w == 0 {
		w = max(1, int(float64(h)*float64(sw)/float64(sh)+0.5))
	}
	if h == 0 {
		h = max(1, int(float64(w)*float64(sh)/float64(sw)+0.5))
	}
	return min(w, sw), min(h, sh)
}

func resizeNRGBA(src *image.NRGBA, w, h int, opaque bool, k kernels) *image.NRGBA {
	sw, sh := src.Rect.Dx(), src.Rect.Dy()
	w, h = fit(sw, sh, w, h)
	dst := image.NewNRGBA(image.Rect(0, 0, w, h))
	if w == 0 || h == 0 {
		return dst
	}
	if w == sw && h == sh {
		draw.Draw(dst, dst.Rect, src, src.Rect.Min, draw.Src)
		return dst
	}
	r := nrgbaRows{src: src, opaque: opaque}
	extra := uint(0)
	if !r.opaque {
		extra = alphaBits
		r.line[0], r.line[1] = make([]byte, 4*sw), make([]byte, 4*sw)
	}
	s := newScaler(sw, sh, w, h, 4*w, extra, k)
	r.s = s
	s.run(2, r.fill, func(y int, row []int16) {
		out := dst.Pix[y*dst.Stride : y*dst.Stride+4*w]
		if r.opaque {
			s.k.pack(out, row)
		} else {
			unpremultiply(out, row)
		}
	})
	return dst
}

// nrgbaRows makes the narrowed rows of a picture of four channels.
type nrgbaRows struct {
	s      *scaler
	src    *image.NRGBA
	opaque bool
	line   [2][]byte // premultiplied rows
}

// fill narrows the source rows y and y+1 into a and b. Past the last row it
// repeats it, to an effect nobody reads.
func (r *nrgbaRows) fill(y int, rows [][]int16) {
	var in [2][]byte
	for i := range in {
		yy := min(y+i, r.src.Rect.Dy()-1)
		p := r.src.Pix[yy*r.src.Stride:]
		in[i] = p[:4*r.src.Rect.Dx()]
		if !r.opaque {
			premultiply(r.line[i], in[i])
			in[i] = r.line[i]
		}
	}
	r.s.horizontal(rows[0], rows[1], in[0], in[1])
	if !r.opaque {
		bound(rows[0][:4*r.s.w])
		bound(rows[1][:4*r.s.w])
	}
}

func resizeGray(src *image.Gray, w, h int, k kernels) *image.Gray {
	sw, sh := src.Rect.Dx(), src.Rect.Dy()
	w, h = fit(sw, sh, w, h)
	dst := image.NewGray(image.Rect(0, 0, w, h))
	if w == 0 || h == 0 {
		return dst
	}
	if w == sw && h == sh {
		draw.Draw(dst, dst.Rect, src, src.Rect.Min, draw.Src)
		return dst
	}
	s := newScaler(sw, sh, w, h, w, 0, k)
	r := grayRows{s: s, src: src}
	for i := range r.line {
		r.line[i], r.wide[i] = make([]byte, 4*sw), make([]int16, 4*w)
	}
	s.run(8, r.fill, func(y int, row []int16) {
		s.k.pack(dst.Pix[y*dst.Stride:y*dst.Stride+w], row)
	})
	return dst
}

// grayRows makes the narrowed rows of a picture of one channel, eight at a
// time: four rows side by side are a row of four channels, so that one kernel
// serves both.
type grayRows struct {
	s    *scaler
	src  *image.Gray
	line [2][]byte
	wide [2][]int16
}

func (r *grayRows) fill(y int, rows [][]int16) {
	w, last := r.src.Rect.Dx(), r.src.Rect.Dy()-1
	for i, line := range r.line {
		var in [4][]byte
		for j := range in {
			in[j] = r.src.Pix[min(y+4*i+j, last)*r.src.Stride:][:w]
		}
		a, b, c, d := in[0][:w], in[1][:w], in[2][:w], in[3][:w]
		for x := range a {
			p := line[4*x : 4*x+4 : 4*x+4]
			p[0], p[1], p[2], p[3] = a[x], b[x], c[x], d[x]
		}
	}
	r.s.horizontal(r.wide[0], r.wide[1], r.line[0], r.line[1])
	for i, wide := range r.wide {
		a, b, c, d := rows[4*i], rows[4*i+1], rows[4*i+2], rows[4*i+3]
		for x := range r.s.w {
			p := wide[4*x : 4*x+4 : 4*x+4]
			a[x], b[x], c[x], d[x] = p[0], p[1], p[2], p[3]
		}
	}
}
