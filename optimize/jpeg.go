package optimize

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"

	"github.com/hone-web/hone/optimize/internal/jpegtran"
	"github.com/hone-web/hone/site"
)

// JPEG encodes photographs anew with jpegli, or, where that is forbidden or
// gains little, codes the same coefficients in fewer bytes.
var JPEG = &Optimizer{
	Name:    "jpeg",
	Doc:     "JPEG: encoded by jpegli, or losslessly recoded; metadata dropped, orientation and colour profile kept",
	Version: 8,
	Kinds:   []site.Kind{site.Image},
	Match:   matchImage("jpeg"),
	Run:     runImage("jpeg", optimizeJPEG),
}

func optimizeJPEG(ctx context.Context, in *Input, h header) (Output, error) {
	m, err := readJPEGMeta(in.Bytes)
	if err != nil {
		return Output{}, err
	}
	// Also proves that the coded data is whole, which no decoder checks.
	coef, err := jpegtran.Read(in.Bytes)
	if errors.Is(err, jpegtran.ErrUnsupported) {
		return Output{Kept: "a kind of JPEG that hone does not read"}, nil
	}
	if err != nil {
		return Output{}, err
	}
	pixels, err := decodeJPEG(in.Bytes)
	if err != nil { // the data is whole: the decoder knows fewer kinds
		return Output{Kept: "a kind of JPEG that hone does not read"}, nil
	}
	var shown *image.NRGBA // made once, for whoever asks first
	picture := func() *image.NRGBA {
		if shown == nil {
			shown = orient(pixels, max(h.orientation, 1))
		}
		return shown
	}
	var anew reencoded
	if lossless(in, m) == "" {
		if anew, err = lossyJPEG(in.Options, pixels, picture, m, h); err != nil {
			anew.bytes = nil // the lossless answer stands
		}
		if err := ctx.Err(); err != nil {
			return Output{}, err
		}
	}
	out := Output{Kept: "already small"}
	size := len(in.Bytes)
	// To code the same coefficients anew saves a tenth, rarely a fifth: no need
	// to try where encoding saved more.
	if coded := m.coded(in.Bytes); anew.bytes == nil || len(anew.bytes) > coded-coded*2/5 {
		best, err := losslessJPEG(coef, pixels, m, h)
		if err != nil {
			return Output{}, err
		}
		if len(best) < size {
			out, size = Output{Bytes: best, Facts: site.Facts{Note: "same pixels, better coded"}}, len(best)
		}
	}
	// A loss, however small, must buy something.
	if anew.bytes != nil && len(anew.bytes) <= size-size/20 {
		out = Output{Bytes: anew.bytes, Facts: site.Facts{Lossy: true, Score: anew.score, Note: fmt.Sprintf("jpegli, quality %d", anew.quality)}}
		size = len(anew.bytes)
	}
	if err := ctx.Err(); err != nil {
		return Output{}, err
	}
	if s := seenJPEG(in, pixels, picture, m, h); s != nil {
		s.full, s.quality, s.score = fullChroma(pixels), anew.quality, anew.score
		if out.Variants, err = s.variants(ctx, in, size); err != nil {
			return Output{}, err
		}
	}
	return out, nil
}

// lossless says why the pixels of a JPEG must not change, "" when they may.
func lossless(in *Input, m *jpegMeta) string {
	switch {
	case in.Lossless:
		return "asked for"
	case m.components == 4:
		return "CMYK"
	case jpegQuality(m) <= max(in.Options.jpegQuality(), leastJPEG):
		return "already at that quality"
	case in.Options.jpegQuality() == 0 && jpegliQuality(tableSum(&m.quant[m.quantOf[0]]), m) > 0 && jpegQuality(m) <= mostJPEG:
		// Somebody, perhaps a former run, chose that quality with the same
		// encoder; to search again from there would lose a little each time.
		return "already encoded by jpegli"
	}
	return ""
}

// The qualities of jpegli that a search begins with, and the least and most it
// chooses.
const (
	defaultJPEGQuality = 70
	leastJPEG          = 40
	mostJPEG           = 92
)

// jpegQuality returns the fixed quality that the owner set, 0 if there is none.
func (o *Options) jpegQuality() int {
	if o == nil || o.JPEGQuality <= 0 {
		return 0
	}
	return min(o.JPEGQuality, 100)
}

// losslessJPEG codes the coefficients anew and proves that nothing changed.
func losslessJPEG(coef *jpegtran.Image, pixels image.Image, m *jpegMeta, h header) ([]byte, error) {
	b := coef.Write(segmentsOf(m, h.orientation))
	again, err := jpegtran.Read(b)
	if err != nil || !again.Equal(coef) {
		return nil, errUnverified
	}
	back, err := decodeJPEG(b)
	if err != nil || !samePlanes(pixels, back) {
		return nil, errUnverified
	}
	return b, nil
}

// segmentsOf returns the application segments that change how a picture is
// shown: the colour transform, the orientation, the colour profile.
func segmentsOf(m *jpegMeta, orientation int) []byte {
	var b []byte
	if m.jfif && m.adobe == nil {
		b = append(b, "\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"...)
	}
	if m.adobe != nil {
		b = append(b, 0xff, mAPP0+14, 0, byte(2+12))
		b = append(b, m.adobe[:12]...)
	}
	if orientation > 1 {
		b = append(b, orientationSegment(orientation)...)
	}
	if m.icc != nil && !isSRGB(m.icc) {
		b = append(b, profileSegments(m.icc)...)
	}
	return b
}

// decodeJPEG decodes b to its stored planes: YCbCr or Gray; RGBA for pictures
// stored in RGB, CMYK for four channels. The standard library does it and not
// gen2brain/jpegn, which is twice as fast but loses coefficients of the last
// block of some progressive passes (v0.4.2).
func decodeJPEG(b []byte) (image.Image, error) { return jpeg.Decode(bytes.NewReader(b)) }

// samePlanes reports whether two decoded pictures are equal sample by sample.
// Decoders return padding to whole blocks as well, which is not looked at.
func samePlanes(a, b image.Image) bool {
	r := a.Bounds()
	if r != b.Bounds() {
		return false
	}
	w, h := r.Dx(), r.Dy()
	switch x := a.(type) {
	case *image.YCbCr:
		y, ok := b.(*image.YCbCr)
		if !ok || x.SubsampleRatio != y.SubsampleRatio {
			return false
		}
		// Of chroma, the samples up to that of the last pixel.
		cw, ch := x.COffset(r.Max.X-1, r.Min.Y)+1, (x.COffset(r.Min.X, r.Max.Y-1)-x.COffset(r.Min.X, r.Min.Y))/x.CStride+1
		return samePlane(x.Y, y.Y, x.YStride, y.YStride, w, h) &&
			samePlane(x.Cb, y.Cb, x.CStride, y.CStride, cw, ch) && samePlane(x.Cr, y.Cr, x.CStride, y.CStride, cw, ch)
	case *image.Gray:
		y, ok := b.(*image.Gray)
		return ok && samePlane(x.Pix, y.Pix, x.Stride, y.Stride, w, h)
	case *image.RGBA:
		y, ok := b.(*image.RGBA)
		return ok && samePlane(x.Pix, y.Pix, x.Stride, y.Stride, 4*w, h)
	case *image.CMYK:
		y, ok := b.(*image.CMYK)
		return ok && samePlane(x.Pix, y.Pix, x.Stride, y.Stride, 4*w, h)
	}
	return false
}

// samePlane compares the first w bytes of h rows.
func samePlane(a, b []byte, strideA, strideB, w, h int) bool {
	for y := range h {
		if !bytes.Equal(a[y*strideA:][:w], b[y*strideB:][:w]) {
			return false
		}
	}
	return true
}
