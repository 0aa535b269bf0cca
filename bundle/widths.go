package bundle

import (
	"math"
	"slices"

	"github.com/hone-web/hone/bundle/internal/layout"
)

// class is a kind of screen that gets a file of its own. The first class whose
// media query holds counts.
type class struct {
	media   string  // of its <source>
	lo, hi  float64 // windows, in CSS pixels
	density float64 // device pixels a CSS pixel, at most
}

// classes are phones of ordinary and of high density, screens of single
// density, and the rest. A <source> names one file and is chosen by the class,
// not by candidates with widths and a sizes attribute: those change the size
// that the picture itself reports to scripts and to layout.
var classes = [...]class{
	{"(max-width:440px) and (max-resolution:2dppx)", 320, 440, 2},
	{"(max-width:440px)", 320, 440, 3},
	{"(max-resolution:1.3dppx)", 441, 2560, 1.25},
	{"", 441, 2560, 2},
}

// Bounds on copies: files narrower than minWidth save nothing, and neighbours
// must differ by enough to be worth a file.
const (
	minWidth  = 64
	widthStep = 0.8
)

// copies returns, for each class, how many pixels wide its file is to be; 0
// stands for the whole picture of w×h pixels. Widths that are close are one.
func copies(s *layout.Slot, w, h int) (need [len(classes)]int) {
	order := make([]int, len(classes))
	for i := range classes {
		c := &classes[i]
		order[i] = i
		need[i] = max(int(math.Ceil(s.Most(c.lo, c.hi)*c.density)), minWidth)
	}
	slices.SortFunc(order, func(a, b int) int { return need[b] - need[a] })
	last := w
	for _, i := range order { // widest first
		if float64(need[i]) > float64(last)*widthStep {
			need[i] = last
			if last == w {
				need[i] = 0
			}
			continue
		}
		need[i] = evenWidth(need[i], w, h)
		last = need[i]
	}
	return need
}

// evenWidth returns a width from x on, at which the height comes out nearest
// to a whole number of pixels, so that the shape stays: a page must not move
// by a fraction of a pixel.
func evenWidth(x, w, h int) int {
	best, off := x, 1.0
	for y := x; y <= x+max(x/20, 4) && y <= w; y++ {
		f := float64(y) * float64(h) / float64(w)
		if d := math.Abs(f-math.Round(f)) / f; d < off-1e-9 {
			best, off = y, d
		}
	}
	return best
}
