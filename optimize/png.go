package optimize

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"

	"golang.org/x/image/webp"

	"github.com/hone-web/hone/optimize/internal/libwebp"
	"github.com/hone-web/hone/site"
)

// PNG rewrites PNG pictures in the fewest bytes that decode to the same
// pixels, and offers them as lossless WebP.
var PNG = &Optimizer{
	Name:    "png",
	Doc:     "PNG: same pixels in fewer bytes, or 256 colours where nobody sees it; WebP beside it, without loss or at the quality asked for, animated where it is",
	Version: 10,
	Kinds:   []site.Kind{site.Image},
	Match:   matchImage("png"),
	Run:     runImage("png", optimizePNG),
}

func optimizePNG(ctx context.Context, in *Input, h header) (Output, error) {
	f, err := parsePNG(in.Bytes, false)
	if err != nil {
		return Output{}, err
	}
	if h.frames > 1 {
		return animatedPNG(ctx, in, f)
	}
	decoded, err := png.Decode(bytes.NewReader(in.Bytes))
	if err != nil {
		return Output{}, err
	}
	extra := f.managed()
	p := &pngPicture{file: f, extra: extra}
	p.load(decoded)
	out, size := Output{Kept: "already small"}, len(in.Bytes)
	lossy, few, err := p.lossyPNG(ctx, in, size)
	if err != nil {
		return Output{}, err
	}
	sure := false // that all colours take more bytes
	if few != nil {
		if sure, err = p.clearly(ctx, in, len(lossy.Bytes)); err != nil {
			return Output{}, err
		}
	}
	if !sure {
		smaller, err := p.smallest(ctx, pngEfforts[in.Options.preset()])
		if err != nil {
			return Output{}, err
		}
		if len(smaller) < size {
			if err := p.check(smaller); err != nil {
				return Output{}, err
			}
			out, size = Output{Bytes: smaller}, len(smaller)
		}
	}
	if few != nil && len(lossy.Bytes) <= size-size/10 {
		out, size = lossy, len(lossy.Bytes)
	} else {
		few, lossy = nil, Output{}
	}
	if s := p.seenPNG(in); s != nil {
		s.few, s.fewScore = few, lossy.Facts.Score
		if out.Variants, err = s.variants(ctx, in, size); err != nil {
			return Output{}, err
		}
	}
	return out, nil
}

// pngPicture is a decoded PNG: 8 bits a sample where they tell all, else wide.
type pngPicture struct {
	file   *pngFile
	extra  []byte
	pixels *image.NRGBA
	wide   *image.NRGBA64
}

func (p *pngPicture) load(m image.Image) {
	if wide := toNRGBA64(m); wide != nil {
		if p.pixels = narrow(wide); p.pixels == nil {
			p.wide = wide
			return
		}
	} else {
		p.pixels = toNRGBA(m)
	}
	clearHidden(p.pixels)
}

// smallest returns the smallest PNG of the picture.
func (p *pngPicture) smallest(ctx context.Context, e pngEffort) ([]byte, error) {
	d, err := newDeflater(e)
	if err != nil {
		return nil, err
	}
	return d.encode(ctx, p.rasters(), p.extra)
}

// rasters returns the ways to store the picture.
func (p *pngPicture) rasters() []*raster {
	if p.wide != nil {
		return []*raster{pack16(p.wide, p.extra != nil, p.file.gray())}
	}
	facts := analyse(p.pixels)
	return layouts(p.pixels, facts, sourceOrder(p.file, facts.colors), p.extra != nil, p.file.gray())
}

// check decodes b and compares it with the picture.
func (p *pngPicture) check(b []byte) error {
	if _, err := parsePNG(b, false); err != nil {
		return fmt.Errorf("%w (%w)", errUnverified, err)
	}
	m, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		return fmt.Errorf("%w (%w)", errUnverified, err)
	}
	if p.wide != nil {
		if w := toNRGBA64(m); w == nil || !bytes.Equal(w.Pix, p.wide.Pix) {
			return errUnverified
		}
		return nil
	}
	if !sameNRGBA(toNRGBA(m), p.pixels) {
		return errUnverified
	}
	return nil
}

// toNRGBA64 returns the pixels of a 16-bit picture, nil for others.
func toNRGBA64(m image.Image) *image.NRGBA64 {
	switch m := m.(type) {
	case *image.NRGBA64:
		return m
	case *image.RGBA64: // image/png uses it for opaque pictures only
		return &image.NRGBA64{Pix: m.Pix, Stride: m.Stride, Rect: m.Rect}
	case *image.Gray16:
		out := image.NewNRGBA64(m.Rect)
		for i, o := 0, 0; i+1 < len(m.Pix); i, o = i+2, o+8 {
			hi, lo := m.Pix[i], m.Pix[i+1]
			copy(out.Pix[o:], []byte{hi, lo, hi, lo, hi, lo, 255, 255})
		}
		return out
	}
	return nil
}

// narrow returns m with 8 bits a sample, nil if any sample needs more.
func narrow(m *image.NRGBA64) *image.NRGBA {
	for i := 0; i+1 < len(m.Pix); i += 2 {
		if m.Pix[i] != m.Pix[i+1] {
			return nil
		}
	}
	out := image.NewNRGBA(m.Rect)
	for i := range out.Pix {
		out.Pix[i] = m.Pix[2*i]
	}
	return out
}

// webpPixels bounds the pictures that libwebp, in 2 GB of memory of its own,
// is asked to encode without loss.
const webpPixels = 16 << 20

// losslessWebP offers m as WebP if that is clearly smaller than size bytes.
func losslessWebP(in *Input, m *image.NRGBA, size int) ([]Variant, error) {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	if w > libwebp.MaxSide || h > libwebp.MaxSide || w*h > webpPixels || size < 200 {
		return nil, nil
	}
	// Methods 5 and 6 take up to a hundred times as long as 4 and mostly give
	// larger files.
	const method = 4
	effort := map[string]int{"fast": 50, "max": 100}[in.Options.preset()]
	if effort == 0 {
		effort = 75
	}
	b, err := libwebp.EncodeLossless(m, method, effort)
	if errors.Is(err, libwebp.ErrEncode) {
		return nil, nil // the PNG serves
	}
	if err != nil {
		return nil, err
	}
	// Another address, request and cache entry must be worth it.
	if len(b) > size-max(100, size/20) {
		return nil, nil
	}
	back, err := webp.Decode(bytes.NewReader(b))
	if err != nil {
		return nil, fmt.Errorf("%w (%w)", errUnverified, err)
	}
	if !sameNRGBA(toNRGBA(back), m) {
		return nil, errUnverified
	}
	return []Variant{{Ext: ".webp", Type: "image/webp", Bytes: b, Note: "lossless WebP"}}, nil
}
