package avif

// premultiply multiplies colours by alpha, as the module wants them.
func premultiply(dst, src []byte) {
	for i := 0; i+4 <= len(src); i += 4 {
		s, d := src[i:i+4:i+4], dst[i:i+4:i+4]
		a := uint32(s[3])
		if a == 255 {
			copy(d, s)
			continue
		}
		for j := range 3 {
			d[j] = uint8((uint32(s[j])*a + 127) / 255)
		}
		d[3] = s[3]
	}
}

// unpremultiply divides colours by alpha.
func unpremultiply(dst, src []byte) {
	for i := 0; i+4 <= len(src); i += 4 {
		s, d := src[i:i+4:i+4], dst[i:i+4:i+4]
		switch a := uint32(s[3]); a {
		case 0:
			clear(d)
		case 255:
			copy(d, s)
		default:
			for j := range 3 {
				d[j] = uint8(min((uint32(s[j])*255+a/2)/a, 255))
			}
			d[3] = s[3]
		}
	}
}

// narrow rounds samples of 16 bits, little-endian, to 8.
func narrow(pix []byte) []byte {
	out := make([]byte, len(pix)/2)
	for i := range out {
		v := uint32(pix[2*i]) | uint32(pix[2*i+1])<<8
		out[i] = uint8((v*255 + 32767) / 65535)
	}
	return out
}
