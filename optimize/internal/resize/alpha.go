package resize

// premultiply multiplies colours by their alpha.
func premultiply(dst, src []byte) {
	dst = dst[:len(src)]
	for i := 0; i+4 <= len(src); i += 4 {
		s, d := src[i:i+4:i+4], dst[i:i+4:i+4]
		switch a := uint32(s[3]); a {
		case 0:
			d[0], d[1], d[2], d[3] = 0, 0, 0, 0
		case 255:
			d[0], d[1], d[2], d[3] = s[0], s[1], s[2], 255
		default:
			d[0], d[1], d[2], d[3] = mul(s[0], a), mul(s[1], a), mul(s[2], a), s[3]
		}
	}
}

// mul returns v×a/255, rounded.
func mul(v uint8, a uint32) uint8 {
	t := uint32(v)*a + 127
	return uint8(t / 255)
}

// alphaBits are kept behind the point of premultiplied samples between the
// two directions: dividing by a small alpha would show their rounding.
const (
	alphaBits = 4
	opaque    = 255 << alphaBits
)

// bound brings narrowed premultiplied pixels back to what pixels can be:
// alpha within 0 to opaque and colours within 0 to alpha. Where the filter
// overshot in alpha, colours shrink with it, else edges would glow.
func bound(row []int16) {
	for i := 0; i+4 <= len(row); i += 4 {
		p := row[i : i+4 : i+4]
		a := int32(p[3])
		switch {
		case a <= 0:
			p[0], p[1], p[2], p[3] = 0, 0, 0, 0
		case a <= opaque:
			p[0], p[1], p[2] = min(max(p[0], 0), p[3]), min(max(p[1], 0), p[3]), min(max(p[2], 0), p[3])
		default:
			for j := range 3 {
				c := min(max(int32(p[j]), 0), a)
				p[j] = int16((c*opaque + a/2) / a)
			}
			p[3] = opaque
		}
	}
}

// unpremultiply divides colours by their alpha.
func unpremultiply(dst []byte, row []int16) {
	row = row[:len(dst)]
	for i := 0; i+4 <= len(dst); i += 4 {
		d, p := dst[i:i+4:i+4], row[i:i+4:i+4]
		a := int32(p[3])
		alpha := min((a+1<<(alphaBits-1))>>alphaBits, 255)
		if alpha <= 0 {
			continue // all 0, as the new picture is
		}
		for j := range 3 {
			c := min(max(int32(p[j]), 0), a)
			d[j] = uint8((c*255 + a/2) / a)
		}
		d[3] = uint8(alpha)
	}
}
