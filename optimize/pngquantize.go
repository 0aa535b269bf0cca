package optimize

import (
	"context"
	"image"

	"github.com/hone-web/hone/optimize/internal/quant"
)

// quantizedPNG returns m in at most 256 colours as the smallest PNG that the
// preset finds. It does not judge what the picture loses, and writes neither
// profile nor gamma: m is in sRGB.
func quantizedPNG(in *Input, m *image.NRGBA) ([]byte, error) {
	few := toNRGBA(quant.Quantize(m, 256, true))
	d, err := newDeflater(pngEfforts[in.Options.preset()])
	if err != nil {
		return nil, err
	}
	return d.encode(context.Background(), layouts(few, analyse(few), nil, false, false), nil)
}
