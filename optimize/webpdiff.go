package optimize

import (
	"encoding/binary"
	"image"
)

// frameDiff is where two pictures of one size differ.
type frameDiff struct {
	from   *image.NRGBA
	rect   image.Rectangle // from an even point on, as frames of WebP start; never empty
	n      int             // pixels
	opaque bool            // all of them are so in the second picture
}

// differ compares from with m. In both, what is transparent is black.
func differ(from, m *image.NRGBA) frameDiff {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	d := frameDiff{from: from, opaque: true}
	left, right, top, bottom := w, 0, h, 0
	for y := range h {
		a, b := from.Pix[y*from.Stride:][:4*w], m.Pix[y*m.Stride:][:4*w]
		for x := 0; x < w; x++ {
			if binary.LittleEndian.Uint32(a[4*x:]) == binary.LittleEndian.Uint32(b[4*x:]) {
				continue
			}
			d.n++
			d.opaque = d.opaque && b[4*x+3] == 255
			left, right, top, bottom = min(left, x), max(right, x+1), min(top, y), y+1
		}
	}
	if d.n == 0 {
		left, right, top, bottom = 0, 1, 0, 1
	}
	d.rect = image.Rect(left&^1, top&^1, right, bottom)
	return d
}

// cropped returns a copy of a part of m, its origin at 0, 0.
func cropped(m *image.NRGBA, r image.Rectangle) *image.NRGBA {
	out := image.NewNRGBA(image.Rect(0, 0, r.Dx(), r.Dy()))
	for y := range r.Dy() {
		copy(out.Pix[y*out.Stride:][:out.Stride], m.Pix[m.PixOffset(r.Min.X, r.Min.Y+y):])
	}
	return out
}

// changedOnly returns m, which is the part d.rect of the second picture, with
// everything transparent that the first one shows already.
func changedOnly(m *image.NRGBA, d frameDiff) *image.NRGBA {
	out := image.NewNRGBA(m.Rect)
	w := m.Rect.Dx()
	for y := range m.Rect.Dy() {
		a, b := d.from.Pix[d.from.PixOffset(d.rect.Min.X, d.rect.Min.Y+y):][:4*w], m.Pix[y*m.Stride:][:4*w]
		for x := 0; x < w; x++ {
			if binary.LittleEndian.Uint32(a[4*x:]) != binary.LittleEndian.Uint32(b[4*x:]) {
				copy(out.Pix[y*out.Stride+4*x:][:4], b[4*x:])
			}
		}
	}
	return out
}
