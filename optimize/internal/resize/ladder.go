package resize

import "image"

// Ladder returns src at each of widths, in their order, the heights in its
// ratio, as NRGBA does.
//
// Each is made from the source. Making it from a step that is two to four
// times as wide saves a third of the time, which is little beside encoding,
// and is not the same picture: on photographs 54 to 57 dB and SSIMULACRA2 96 to
// 97 from the one made at once, which is within 85 dB and 99 of imaging's; and
// the ratio of the sides is rounded twice.
func Ladder(src *image.NRGBA, widths []int) []*image.NRGBA {
	opaque := src.Opaque()
	out := make([]*image.NRGBA, len(widths))
	for i, w := range widths {
		out[i] = resizeNRGBA(src, w, 0, opaque, best)
	}
	return out
}
