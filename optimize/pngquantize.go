package optimize

import (
	"context"
	"image"
	"math"

	"github.com/hone-web/hone/optimize/internal/quant"
	"github.com/hone-web/hone/site"
)

// lossyPNG offers the picture in at most 256 colours, if nobody sees the
// difference and it is a tenth smaller than size bytes; few is nil if it does
// not serve. A picture of so few colours is never touched, so that a second
// run changes nothing.
func (p *pngPicture) lossyPNG(ctx context.Context, in *Input, size int) (out Output, few *image.NRGBA, err error) {
	if in.Lossless || p.wide != nil || p.extra != nil || analyse(p.pixels).colors != nil {
		return Output{}, nil, nil
	}
	s := &seen{graphic: isGraphic(p.pixels)}
	few = quantized(p.pixels)
	score := scoreOf(p.pixels, few)
	if score < s.target(in) || ctx.Err() != nil {
		return Output{}, nil, ctx.Err()
	}
	b, err := fewestPNG(ctx, in, few)
	if err != nil || len(b) > size-size/10 {
		return Output{}, nil, err
	}
	if err := (&pngPicture{pixels: few}).check(b); err != nil {
		return Output{}, nil, err
	}
	return Output{Bytes: b, Facts: site.Facts{Lossy: true, Score: score, Note: "256 colours"}}, few, nil
}

// clearly reports whether the picture in all its colours takes far more than
// size bytes: by seven tenths of what a quick compressor makes of a sample of
// its rows, which the search for the smallest betters by a fifth at most.
func (p *pngPicture) clearly(ctx context.Context, in *Input, size int) (bool, error) {
	d, err := newDeflater(pngEfforts[in.Options.preset()])
	if err != nil {
		return false, err
	}
	least := math.MaxInt
	for _, r := range p.rasters() {
		all, err := d.candidates(ctx, r, true)
		if err != nil {
			return false, err
		}
		for _, c := range all {
			least = min(least, c.size)
		}
	}
	return size <= least/10*7, nil
}

// quantized returns m in at most 256 colours.
func quantized(m *image.NRGBA) *image.NRGBA {
	few := toNRGBA(quant.Quantize(m, 256, true))
	clearHidden(few)
	return few
}

// fewestPNG writes m as the smallest PNG that the preset finds. It writes
// neither profile nor gamma: m is in sRGB.
func fewestPNG(ctx context.Context, in *Input, m *image.NRGBA) ([]byte, error) {
	d, err := newDeflater(pngEfforts[in.Options.preset()])
	if err != nil {
		return nil, err
	}
	return d.encode(ctx, layouts(m, analyse(m), nil, false, false), nil)
}
