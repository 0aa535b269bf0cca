package optimize

import (
	"bytes"
	"context"
	"image"
	"slices"

	"golang.org/x/image/webp"

	"github.com/hone-web/hone/optimize/internal/libwebp"
	"github.com/hone-web/hone/site"
)

// decodeWebP returns the pixels of a still WebP as browsers show them, but for
// its colour profile.
func decodeWebP(b []byte) (*image.NRGBA, error) {
	m, err := webp.Decode(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	var out *image.NRGBA
	switch m := m.(type) {
	case *image.YCbCr:
		out = libwebp.FromYCbCr(m)
	case *image.NYCbCrA:
		if out = libwebp.FromYCbCr(&m.YCbCr); out == nil {
			break
		}
		for y := range out.Rect.Dy() {
			for x, a := range m.A[y*m.AStride:][:out.Rect.Dx()] {
				out.Pix[y*out.Stride+4*x+3] = a
			}
		}
	default:
		out = toNRGBA(m)
	}
	if out == nil {
		return nil, errWebP
	}
	clearHidden(out)
	return out, nil
}

// webpVariants makes the AVIF that is asked for of a still WebP, or what stands
// in for it. best is the size of the WebP.
func webpVariants(ctx context.Context, in *Input, h header, chunks []webpChunk, best int) ([]Variant, error) {
	own := *in
	own.Want = slices.DeleteFunc(slices.Clone(in.Want), func(key string) bool {
		ext, _ := site.ParseVariantKey(key)
		return ext != ".avif"
	})
	if in.Lossless || len(own.Want) == 0 || h.frames != 1 {
		return nil, nil
	}
	s := &seen{source: len(in.Bytes)}
	var profile []byte
	for _, c := range chunks {
		switch {
		case c.kind == "ANIM" || c.kind == "ANMF":
			return nil, nil
		case c.kind == "ICCP" && chunks[0].kind == "VP8X" && chunks[0].data[0]&vp8xICC != 0 && !isSRGB(c.data):
			profile = c.data
		}
	}
	var err error
	if s.m, err = decodeWebP(in.Bytes); err != nil || s.m.Rect.Dx() != h.width || s.m.Rect.Dy() != h.height {
		return nil, nil // this decoder is stricter than browsers
	}
	if profile != nil {
		t := in.Options.toSRGB(profile, 3)
		if t == nil {
			return nil, nil
		}
		s.m, s.converted = convertedTo(t, s.m), true
	}
	s.alpha, s.graphic = !s.m.Opaque(), isGraphic(s.m)
	return s.variants(ctx, &own, best)
}
