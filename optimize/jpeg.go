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
	Version: 3,
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
	best, err := losslessJPEG(coef, pixels, m, h)
	if err != nil {
		return Output{}, err
	}
	out := Output{Kept: "already small"}
	size := len(in.Bytes)
	if len(best) < size {
		out, size = Output{Bytes: best, Facts: site.Facts{Note: "same pixels, better coded"}}, len(best)
	}
	if why := lossless(in, m); why != "" {
		return out, nil
	}
	if err := ctx.Err(); err != nil {
		return Output{}, err
	}
	lossy, err := lossyJPEG(in, pixels, m, h)
	if err != nil {
		return out, nil // the lossless answer stands
	}
	// A loss, however small, must buy something.
	if len(lossy) <= size-size/20 {
		out = Output{Bytes: lossy, Facts: site.Facts{Lossy: true, Note: fmt.Sprintf("jpegli, quality %d", in.Options.jpegQuality())}}
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
	case jpegQuality(m) <= in.Options.jpegQuality():
		return "already at that quality"
	}
	return ""
}

// defaultJPEGQuality is what jpegli needs for the bytes that mozjpeg and WebP
// take at the settings common for photographs (75 to 77): about a tenth less
// than its own 75, at the same quality in a page.
const defaultJPEGQuality = 70

func (o *Options) jpegQuality() int {
	if o == nil || o.JPEGQuality <= 0 {
		return defaultJPEGQuality
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
