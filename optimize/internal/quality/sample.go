package quality

import (
	"image"
	"math"
)

// Samples are tiles of tile × tile pixels, at most tiles of them, spread
// evenly over the picture. See the package's tests for what this was chosen
// over.
const (
	tile   = 160
	tiles  = 12
	blocks = 16 // tiles begin where blocks of encoders do
)

// sample returns ref itself where it is small, else a picture of tiles of it.
// Pixels keep their size: a picture scaled down needs another quality.
func sample(ref *image.NRGBA) *image.NRGBA {
	w, h := ref.Rect.Dx(), ref.Rect.Dy()
	if w*h <= tile*tile*tiles*3/2 {
		return ref
	}
	tw, th := min(tile, w), min(tile, h)
	across := int(math.Round(math.Sqrt(tiles * float64(w) / float64(h))))
	across = min(max(across, 1), tiles, w/tw)
	down := min(tiles/across, h/th)
	across = min(tiles/down, w/tw)
	out := image.NewNRGBA(image.Rect(0, 0, across*tw, down*th))
	for j := range down {
		y := place(j, down, h, th)
		for i := range across {
			x := place(i, across, w, tw)
			for r := range th {
				from := ref.PixOffset(ref.Rect.Min.X+x, ref.Rect.Min.Y+y+r)
				copy(out.Pix[out.PixOffset(i*tw, j*th+r):][:4*tw], ref.Pix[from:])
			}
		}
	}
	return out
}

// place returns where tile i of n begins along a side, in the middle of its
// share of it.
func place(i, n, side, size int) int {
	at := (2*i+1)*side/(2*n) - size/2
	return min(max(at, 0), side-size) / blocks * blocks
}
