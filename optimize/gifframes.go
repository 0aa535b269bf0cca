package optimize

import (
	"bytes"
	"image"
	"image/color"
	"image/gif"
	"io"
)

// gifFilm decodes a GIF into what browsers show: its background is
// transparent, whatever its header says. It returns nil for what browsers and
// this decoder read in different ways.
func gifFilm(b []byte, w gifWalk) *film {
	if w.area > animationPixels || w.ambiguous {
		return nil
	}
	g, err := gif.DecodeAll(bytes.NewReader(b))
	if err != nil || len(g.Image) != w.frames {
		return nil
	}
	for _, d := range g.Disposal {
		if d > gif.DisposalPrevious { // not defined
			return nil
		}
	}
	f := &film{width: w.width, height: w.height, frames: len(g.Image)}
	switch { // the count in the file is one of repetitions
	case g.LoopCount < 0:
		f.plays = 1
	case g.LoopCount >= 65535: // more than WebP can say
		return nil
	case g.LoopCount > 0:
		f.plays = g.LoopCount + 1
	}
	f.open = func() func() (*image.NRGBA, int, error) {
		p := &gifPlayer{g: g, canvas: image.NewNRGBA(image.Rect(0, 0, w.width, w.height))}
		return p.next
	}
	return f
}

// gifPlayer composes the frames of a GIF (GIF89a, section 23).
type gifPlayer struct {
	g      *gif.GIF
	i      int
	canvas *image.NRGBA
	before []byte // the canvas before a frame that is to be taken off again
}

func (p *gifPlayer) next() (*image.NRGBA, int, error) {
	if p.i == len(p.g.Image) {
		return nil, 0, io.EOF
	}
	if p.i > 0 {
		switch p.g.Disposal[p.i-1] {
		case gif.DisposalBackground:
			clearRect(p.canvas, p.g.Image[p.i-1].Rect)
		case gif.DisposalPrevious:
			copy(p.canvas.Pix, p.before)
		}
	}
	if p.g.Disposal[p.i] == gif.DisposalPrevious {
		p.before = append(p.before[:0], p.canvas.Pix...)
	}
	m := p.g.Image[p.i]
	var colors [256]color.NRGBA
	for i, c := range m.Palette {
		colors[i] = color.NRGBAModel.Convert(c).(color.NRGBA)
	}
	for y := m.Rect.Min.Y; y < m.Rect.Max.Y; y++ {
		dst := p.canvas.Pix[p.canvas.PixOffset(m.Rect.Min.X, y):]
		for x, v := range m.Pix[(y-m.Rect.Min.Y)*m.Stride:][:m.Rect.Dx()] {
			if c := colors[v]; c.A != 0 {
				dst[4*x], dst[4*x+1], dst[4*x+2], dst[4*x+3] = c.R, c.G, c.B, c.A
			}
		}
	}
	p.i++
	return p.canvas, 10 * p.g.Delay[p.i-1], nil
}

// clearRect makes a part of m transparent.
func clearRect(m *image.NRGBA, r image.Rectangle) {
	r = r.Intersect(m.Rect)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		clear(m.Pix[m.PixOffset(r.Min.X, y):][:4*r.Dx()])
	}
}
