package libwebp

import "image"

// FromYCbCr returns the picture that lossy WebP stores (RFC 9649, section
// 2.5: BT.601 with the narrow range of television, and one chroma sample for
// four pixels) as libwebp and so browsers show it: chroma is interpolated,
// nine, three, three and one sixteenths of the four samples around.
// image.YCbCr's own conversion takes the full range of JPEG and is wrong here.
// Alpha is 255 throughout. It returns nil unless m is sampled 4:2:0.
func FromYCbCr(m *image.YCbCr) *image.NRGBA {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	if m.SubsampleRatio != image.YCbCrSubsampleRatio420 || m.Rect.Min != (image.Point{}) || w == 0 || h == 0 {
		return nil
	}
	out := image.NewNRGBA(image.Rect(0, 0, w, h))
	cw, ch := (w+1)/2, (h+1)/2
	// The chroma of a row: three quarters of the nearer line of samples and
	// one of the other, each pixel as libwebp rounds it.
	for y := range h {
		near := y / 2
		far := min(max(near+2*(y&1)-1, 0), ch-1)
		if y == h-1 && y&1 != 0 { // no line below
			far = near
		}
		line := chromaLine{m.Cb[near*m.CStride:][:cw], m.Cr[near*m.CStride:][:cw], m.Cb[far*m.CStride:][:cw], m.Cr[far*m.CStride:][:cw]}
		luma, dst := m.Y[y*m.YStride:][:w], out.Pix[y*out.Stride:][:4*w]
		for x, l := range luma {
			u, v := line.at(x, w)
			rgb(dst[4*x:4*x+4], int(l), u, v)
		}
	}
	return out
}

// chromaLine holds the two lines of chroma samples a row of pixels lies
// between.
type chromaLine struct{ nearU, nearV, farU, farV []byte }

// at returns the chroma of pixel x of w.
func (c *chromaLine) at(x, w int) (u, v int) {
	i := x / 2
	j := i + 2*(x&1) - 1
	if x == 0 || x == w-1 && x&1 != 0 { // nothing beside
		return (3*int(c.nearU[i]) + int(c.farU[i]) + 2) >> 2, (3*int(c.nearV[i]) + int(c.farV[i]) + 2) >> 2
	}
	return between(c.nearU[i], c.nearU[j], c.farU[i], c.farU[j]), between(c.nearV[i], c.nearV[j], c.farV[i], c.farV[j])
}

// between returns (9a + 3b + 3c + d) / 16, rounded in the two steps of
// libwebp.
func between(a, b, c, d byte) int {
	n, beside, other, across := int(a), int(b), int(c), int(d)
	diagonal := (n + beside + other + across + 8 + 2*(beside+other)) >> 3
	return (diagonal + n) >> 1
}

// rgb converts one pixel, in the fixed point of libwebp.
func rgb(dst []byte, y, u, v int) {
	y = y * 19077 >> 8
	dst[0] = clip(y + v*26149>>8 - 14234)
	dst[1] = clip(y - u*6419>>8 - v*13320>>8 + 8708)
	dst[2] = clip(y + u*33050>>8 - 17685)
	dst[3] = 255
}

func clip(v int) byte { return byte(min(max(v>>6, 0), 255)) }
