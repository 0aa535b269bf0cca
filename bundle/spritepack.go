package bundle

import (
	"bytes"
	"cmp"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"image/png"
	"slices"

	"golang.org/x/image/webp"
)

// iconPixels decodes a picture that can be shown from within another one: its
// pixels and nothing besides say what it looks like.
func (p *Planner) iconPixels(n *Node) (*image.NRGBA, string) {
	src, err := p.Source(n.File.Path)
	if err != nil {
		return nil, "it cannot be read"
	}
	if w, h := p.Size(n.File.Path); w <= 0 || h <= 0 || w > maxIconSide || h > maxIconSide {
		return nil, "it is large"
	}
	var img image.Image
	switch {
	case bytes.HasPrefix(src, []byte("\x89PNG")):
		for _, chunk := range []string{"iCCP", "gAMA", "cHRM", "cICP", "acTL", "eXIf"} {
			if bytes.Contains(src, []byte(chunk)) {
				return nil, "it says more than pixels (" + chunk + ")"
			}
		}
		img, err = png.Decode(bytes.NewReader(src))
	case bytes.HasPrefix(src, []byte("GIF8")):
		var g *gif.GIF
		if g, err = gif.DecodeAll(bytes.NewReader(src)); err == nil {
			img = g.Image[0]
			if len(g.Image) != 1 || img.Bounds() != image.Rect(0, 0, g.Config.Width, g.Config.Height) {
				return nil, "it moves"
			}
		}
	case len(src) > 16 && string(src[8:16]) == "WEBPVP8L":
		img, err = webp.Decode(bytes.NewReader(src))
	default:
		return nil, "its format is not one of pixels without loss"
	}
	if err != nil {
		return nil, "it cannot be decoded"
	}
	switch img.(type) {
	case *image.NRGBA64, *image.RGBA64, *image.Gray16:
		return nil, "it has 16 bits a colour"
	}
	b := img.Bounds()
	out := image.NewNRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	for y := range b.Dy() {
		for x := range b.Dx() {
			out.Set(x, y, color.NRGBAModel.Convert(img.At(b.Min.X+x, b.Min.Y+y)))
		}
	}
	return out, ""
}

// edges says why the part of a bigger picture would not look as the icon does
// when it is scaled: an edge inside the box is drawn with what stands beside
// it, so there must be nothing on both sides.
func edges(c *icon) string {
	size := c.img.Bounds().Size()
	if c.off.X < 0 || c.off.Y < 0 || c.off.X+size.X > c.box.X || c.off.Y+size.Y > c.box.Y {
		return "its box shows a part of it"
	}
	clear := func(r image.Rectangle) bool {
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for x := r.Min.X; x < r.Max.X; x++ {
				if c.img.NRGBAAt(x, y).A != 0 {
					return false
				}
			}
		}
		return true
	}
	switch {
	case c.off.X > 0 && !clear(image.Rect(0, 0, 1, size.Y)),
		c.off.Y > 0 && !clear(image.Rect(0, 0, size.X, 1)),
		c.off.X+size.X < c.box.X && !clear(image.Rect(size.X-1, 0, size.X, size.Y)),
		c.off.Y+size.Y < c.box.Y && !clear(image.Rect(0, size.Y-1, size.X, size.Y)):
		return "it has an edge inside its box, which would be drawn softer where it is scaled"
	}
	return ""
}

// cell is the grid on which boxes begin: at the usual scales of screens (1.25,
// 1.5, 2.625) a multiple of eight CSS pixels is a whole number of theirs.
const cell = 8

// room is what a box takes: its pixels, one that repeats its last for its own
// sake and one for that of the box beside it.
func room(n int) int { return (n + 2 + cell - 1) / cell * cell }

var errTooBig = errors.New("too big")

// pack gives each box a place, row by row, in the width that makes the smallest
// picture.
func pack(icons []*icon) (image.Point, error) {
	order := slices.Clone(icons)
	slices.SortStableFunc(order, func(a, b *icon) int {
		return cmp.Or(cmp.Compare(b.box.Y, a.box.Y), cmp.Compare(b.box.X, a.box.X))
	})
	widest, sum := 0, 0
	for _, c := range order {
		widest, sum = max(widest, room(c.box.X)), sum+room(c.box.X)
	}
	const maxWidth = 1024
	place := func(width int, set bool) (size image.Point) {
		x, y, row := 0, 0, 0
		for _, c := range order {
			if x+room(c.box.X) > width {
				x, y, row = 0, y+row, 0
			}
			if set {
				c.at = image.Pt(x, y)
			}
			size.X, size.Y = max(size.X, x+c.box.X), max(size.Y, y+c.box.Y)
			x, row = x+room(c.box.X), max(row, room(c.box.Y))
		}
		return size
	}
	best, area := 0, 0
	for w := widest; w <= min(sum, maxWidth); w += cell {
		s := place(w, false)
		if a := s.X * s.Y; best == 0 || a < area {
			best, area = w, a
		}
	}
	if best == 0 {
		return image.Point{}, errTooBig
	}
	return place(best, true), nil
}

// draw makes the picture. The pixels at the edge of a box are repeated around
// it, as browsers do at the edge of a picture when they scale it.
func draw(icons []*icon) ([]byte, error) {
	size, err := pack(icons)
	if err != nil {
		return nil, err
	}
	out := image.NewNRGBA(image.Rectangle{Max: size})
	for _, c := range icons {
		pixel := func(x, y int) color.NRGBA {
			p := image.Pt(min(max(x, 0), c.box.X-1), min(max(y, 0), c.box.Y-1)).Sub(c.off)
			if !p.In(c.img.Rect) {
				return color.NRGBA{}
			}
			return c.img.NRGBAAt(p.X, p.Y)
		}
		for y := -1; y <= c.box.Y; y++ {
			for x := -1; x <= c.box.X; x++ {
				out.SetNRGBA(c.at.X+x, c.at.Y+y, pixel(x, y)) // outside of the picture nothing is set
			}
		}
	}
	var b bytes.Buffer
	err = png.Encode(&b, out)
	return b.Bytes(), err
}
