package optimize

import (
	"bytes"
	"errors"
	"image"

	"github.com/gen2brain/jpegli"

	"github.com/hone-web/hone/optimize/internal/jpegtran"
)

// reencoded is a JPEG encoded anew.
type reencoded struct {
	bytes   []byte
	quality int
	score   float64 // 0 if it is not known
}

// lossyJPEG encodes a decoded picture with jpegli, turned the way it is seen,
// at the quality that the owner set or that reaches the score. shown gives the
// picture as it is seen. No bytes mean that the source has no higher quality
// itself.
func lossyJPEG(o *Options, pixels image.Image, shown func() *image.NRGBA, m *jpegMeta, h header) (reencoded, error) {
	full := fullChroma(pixels)
	src, err := encodable(pixels, full, h.orientation)
	if err != nil {
		return reencoded{}, err
	}
	var plain []byte
	l := reencoded{quality: o.jpegQuality()}
	if l.quality == 0 {
		l.quality, l.score, plain = searchJPEG(o, shown(), src, full)
	}
	if jpegQuality(m) <= l.quality {
		return l, nil
	}
	if plain == nil {
		if plain, err = plainJPEG(src, l.quality, full); err != nil {
			return l, err
		}
	}
	b, err := recodeJPEG(plain, m.icc)
	if err != nil {
		return l, err
	}
	back, err := decodeJPEG(b)
	if err != nil {
		return l, err
	}
	if f := h.facts(); back.Bounds().Dx() != f.Width || back.Bounds().Dy() != f.Height || !near(src, back) {
		return l, errUnverified
	}
	l.bytes = b
	return l, nil
}

// encodeJPEG encodes a picture with jpegli in the fewest bytes, with a colour
// profile if icc is not nil.
func encodeJPEG(m image.Image, quality int, full bool, icc []byte) ([]byte, error) {
	b, err := plainJPEG(m, quality, full)
	if err != nil {
		return nil, err
	}
	return recodeJPEG(b, icc)
}

// plainJPEG encodes a picture with jpegli and codes it in the simplest way:
// its pixels are those of encodeJPEG, for half the time.
func plainJPEG(m image.Image, quality int, full bool) ([]byte, error) {
	ratio := image.YCbCrSubsampleRatio420
	if full {
		ratio = image.YCbCrSubsampleRatio444
	}
	var buf bytes.Buffer
	err := jpegli.Encode(&buf, m, &jpegli.EncodingOptions{
		Quality: quality, ChromaSubsampling: ratio, AdaptiveQuantization: true, DCTMethod: jpegli.DCTISlow,
	})
	return buf.Bytes(), err
}

// recodeJPEG codes what plainJPEG wrote in the fewest bytes: fewer than jpegli
// itself finds, and what a second run would find.
func recodeJPEG(b, icc []byte) ([]byte, error) {
	coef, err := jpegtran.Read(b)
	if err != nil {
		return nil, err
	}
	own, err := readJPEGMeta(b)
	if err != nil {
		return nil, err
	}
	own.icc = icc
	out := coef.Write(segmentsOf(own, 1))
	if again, err := jpegtran.Read(out); err != nil || !again.Equal(coef) {
		return nil, errors.Join(errUnverified, err)
	}
	return out, nil
}

// encodable returns the picture in the form jpegli takes it.
func encodable(pixels image.Image, full bool, orientation int) (image.Image, error) {
	if orientation > 1 {
		if gray, ok := pixels.(*image.Gray); ok {
			return grayOf(orient(gray, orientation)), nil
		}
		// Chroma samples are repeated here and averaged again by the encoder,
		// which leaves them as they were.
		return orient(toNRGBA(pixels), orientation), nil
	}
	switch p := pixels.(type) {
	case *image.Gray:
		return grayOf(p), nil
	case *image.YCbCr:
		if full || p.SubsampleRatio == image.YCbCrSubsampleRatio420 {
			return p, nil
		}
		if q := halveChroma(p); q != nil {
			return q, nil
		}
		return toNRGBA(p), nil
	case *image.RGBA:
		return toNRGBA(p), nil
	}
	return nil, errors.New("no way to encode this picture")
}

// grayOf returns m as grey samples without padding between rows.
func grayOf(m image.Image) *image.Gray {
	r := m.Bounds()
	if g, ok := m.(*image.Gray); ok && g.Stride == r.Dx() && len(g.Pix) == r.Dx()*r.Dy() {
		return g
	}
	out := image.NewGray(image.Rect(0, 0, r.Dx(), r.Dy()))
	for y := range r.Dy() {
		for x := range r.Dx() {
			switch m := m.(type) {
			case *image.Gray:
				out.Pix[y*out.Stride+x] = m.Pix[y*m.Stride+x]
			case *image.NRGBA:
				out.Pix[y*out.Stride+x] = m.Pix[y*m.Stride+4*x]
			}
		}
	}
	return out
}

// chromaSteps returns by how many luma samples a chroma sample is wide and
// high; zeros for ratios out of use.
func chromaSteps(r image.YCbCrSubsampleRatio) (x, y int) {
	switch r {
	case image.YCbCrSubsampleRatio444:
		return 1, 1
	case image.YCbCrSubsampleRatio422:
		return 2, 1
	case image.YCbCrSubsampleRatio440:
		return 1, 2
	case image.YCbCrSubsampleRatio420:
		return 2, 2
	}
	return 0, 0
}

// halveChroma returns p with one chroma sample for four luma samples, nil for
// ratios out of use. Chroma lies in the middle of its samples (JFIF), so it is
// their mean.
func halveChroma(p *image.YCbCr) *image.YCbCr {
	sx, sy := chromaSteps(p.SubsampleRatio)
	if sx == 0 {
		return nil
	}
	w, h := p.Rect.Dx(), p.Rect.Dy()
	out := image.NewYCbCr(image.Rect(0, 0, w, h), image.YCbCrSubsampleRatio420)
	for y := range h {
		copy(out.Y[y*out.YStride:][:w], p.Y[y*p.YStride:][:w])
	}
	cw, ch := (w+sx-1)/sx, (h+sy-1)/sy
	nx, ny := 2/sx, 2/sy // source samples for one
	for _, plane := range [][2][]byte{{out.Cb, p.Cb}, {out.Cr, p.Cr}} {
		dst, src := plane[0], plane[1]
		for y := range (h + 1) / 2 {
			for x := range (w + 1) / 2 {
				sum := 0
				for j := range ny {
					for i := range nx {
						sum += int(src[min(y*ny+j, ch-1)*p.CStride+min(x*nx+i, cw-1)])
					}
				}
				dst[y*out.CStride+x] = byte((sum + nx*ny/2) / (nx * ny))
			}
		}
	}
	return out
}

// fullChroma reports whether a picture of full chroma would be hurt by halving
// it: drawings, screenshots and red text have sharp edges in colour, where
// photographs have few. One percent of samples far from the mean of their
// four decides; far is a difference that shows as a fringe.
func fullChroma(m image.Image) bool {
	p, ok := m.(*image.YCbCr)
	if !ok || p.SubsampleRatio != image.YCbCrSubsampleRatio444 {
		return false
	}
	const far, share = 20, 100
	w, h, n := p.Rect.Dx(), p.Rect.Dy(), 0
	for y := 0; y+1 < h; y += 2 {
		for x := 0; x+1 < w; x += 2 {
			for _, c := range [][]byte{p.Cb, p.Cr} {
				i := y*p.CStride + x
				a, b, d, e := int(c[i]), int(c[i+1]), int(c[i+p.CStride]), int(c[i+p.CStride+1])
				if max(a, b, d, e)-min(a, b, d, e) > 2*far {
					n++
					break
				}
			}
		}
	}
	return n*share > (w/2)*(h/2)
}

// near reports whether an encoder's picture resembles what it was given: a
// guard against broken output, not a judge of quality. It compares brightness
// on a coarse grid.
func near(a, b image.Image) bool {
	r := a.Bounds()
	if r.Dx() != b.Bounds().Dx() || r.Dy() != b.Bounds().Dy() {
		return false
	}
	const grid = 64
	var sum, n int
	for j := range min(grid, r.Dy()) {
		for i := range min(grid, r.Dx()) {
			x, y := i*r.Dx()/min(grid, r.Dx()), j*r.Dy()/min(grid, r.Dy())
			sum += abs(brightness(a, x, y) - brightness(b, x, y))
			n++
		}
	}
	return sum <= 24*n
}

func brightness(m image.Image, x, y int) int {
	switch m := m.(type) {
	case *image.YCbCr:
		return int(m.Y[m.YOffset(m.Rect.Min.X+x, m.Rect.Min.Y+y)])
	case *image.Gray:
		return int(m.Pix[y*m.Stride+x])
	}
	r, g, b, _ := m.At(m.Bounds().Min.X+x, m.Bounds().Min.Y+y).RGBA()
	return int((299*r + 587*g + 114*b) / 1000 >> 8)
}
