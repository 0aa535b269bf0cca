package optimize

import (
	"errors"
	"fmt"
	"image"
	"slices"
	"strings"

	"github.com/hone-web/hone/optimize/internal/libwebp"
	"github.com/hone-web/hone/optimize/internal/quality"
)

// webp encodes m as WebP, nil where that is of no use: without loss, or with
// as much as the target allows where that is a fifth smaller. limit is the
// size from which on it is of none.
func (s *seen) webp(in *Input, m *image.NRGBA, limit int) (*Variant, error) {
	v, err := s.exactWebP(in, m)
	if err != nil {
		return nil, err
	}
	if v != nil {
		limit = min(limit, len(v.Bytes))
	}
	lossy, err := s.lossyWebP(in, m, limit)
	if err != nil || lossy == nil || v != nil && len(lossy.Bytes) > len(v.Bytes)-len(v.Bytes)/5 {
		return v, err
	}
	return lossy, nil
}

// A picture under leastLossyWebP bytes has too little to gain for the time that
// the search takes, and a drawing that takes less than a bit for each pixel
// without loss takes more with it. Not so a device in its soft shadow, most of
// whose pixels show nothing.
const leastLossyWebP = 16 << 10

// The qualities of WebP that a search chooses from.
const leastWebP, mostWebP = 40, 95

// lossyWebP encodes m at the lowest quality that reaches the target, nil where
// that is of no use. It is for what a page shows of a picture that was stored
// without loss: photographs, and devices and people cut out of their ground,
// where no <picture> can offer AVIF.
func (s *seen) lossyWebP(in *Input, m *image.NRGBA, limit int) (*Variant, error) {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	avif := !s.soft && slices.ContainsFunc(in.Want, func(key string) bool { return strings.HasPrefix(key, ".avif") })
	if avif || in.Lossless || limit < leastLossyWebP || s.graphic && !s.soft && limit*8 < w*h || w > libwebp.MaxSide || h > libwebp.MaxSide || w*h > webpPixels {
		return nil, nil
	}
	start := 74
	if s.graphic {
		start = 88
	}
	if s.webpQ > 0 {
		start = s.webpQ
	}
	whole := map[int][]byte{}
	r, err := quality.Search(m, quality.Options{
		Target: s.target(in), Short: scoreSlack, Lo: leastWebP, Hi: mostWebP, Start: start, MaxProbes: probes(in.Options), MaxChecks: 2,
		Probe: func(q int, part *image.NRGBA) (*image.NRGBA, error) {
			b, err := libwebp.EncodeLossy(packed(part), 4, q)
			if err != nil {
				return nil, err
			}
			if part == m {
				whole[q] = b
			}
			return decodeWebP(b)
		},
	})
	b := whole[r.Quality]
	if errors.Is(err, libwebp.ErrEncode) || err == nil && (b == nil || r.Score < s.target(in)-scoreSlack) {
		return nil, nil // the other formats serve
	}
	if err != nil {
		return nil, fmt.Errorf("%w (%w)", errUnverified, err)
	}
	back, err := decodeWebP(b)
	if err != nil || back.Rect != m.Rect || !near(m, back) {
		return nil, errUnverified
	}
	s.webpQ = r.Quality
	return &Variant{Ext: ".webp", Type: "image/webp", Bytes: b, Lossy: true, Score: r.Score, Note: fmt.Sprintf("WebP, quality %d", r.Quality)}, nil
}

// packed returns m with rows that follow each other.
func packed(m *image.NRGBA) *image.NRGBA {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	if m.Stride == 4*w && len(m.Pix) == 4*w*h {
		return m
	}
	out := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		copy(out.Pix[y*out.Stride:][:4*w], m.Pix[y*m.Stride:])
	}
	return out
}

// exactWebP encodes m as WebP without loss, nil where that is of no use; in 256
// colours where those serve for the file itself and for m.
func (s *seen) exactWebP(in *Input, m *image.NRGBA) (*Variant, error) {
	if s.few != nil {
		few, score := s.few, s.fewScore
		if m != s.m {
			few = quantized(m)
			score = scoreOf(m, few)
		}
		if score >= s.target(in) {
			vs, err := losslessWebP(in, few, s.source)
			if err != nil || len(vs) == 0 {
				return nil, err
			}
			vs[0].Lossy, vs[0].Score, vs[0].Note = true, score, "WebP, 256 colours"
			return &vs[0], nil
		}
	}
	vs, err := losslessWebP(in, m, s.source)
	if err != nil || len(vs) == 0 {
		return nil, err
	}
	if s.converted {
		vs[0].Lossy, vs[0].Note = true, "lossless WebP, in sRGB"
	}
	return &vs[0], nil
}

// target returns the score that lossy copies of the picture have to reach.
func (s *seen) target(in *Input) float64 {
	if s.graphic {
		return max(in.Options.target(), scoreDrawn)
	}
	return in.Options.target()
}
