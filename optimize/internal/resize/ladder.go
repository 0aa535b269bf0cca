package resize

import "image"

// Ladder returns src at each of widths, in their order, the heights in its
// ratio. Each step is made from the source itself, or from a step made before
// that is at least twice as wide where that costs no quality.
func Ladder(src *image.NRGBA, widths []int) []*image.NRGBA {
	out := make([]*image.NRGBA, len(widths))
	for i, w := range widths {
		out[i] = NRGBA(src, w, 0)
	}
	return out
}
