package optimize

import (
	"context"
	"image"

	"github.com/hone-web/hone/optimize/internal/quality"
	"github.com/hone-web/hone/optimize/internal/ssimulacra2"
)

// Scores of SSIMULACRA2 (2.1) that lossy pictures have to reach against their
// source, seen at the same size: 90 cannot be told apart even side by side, 70
// not without comparing, 50 is what the web is used to.
const (
	scoreHigh     = 80
	scoreBalanced = 70
	scoreSmall    = 60
	// scoreDrawn is the least for drawings and screenshots: what blurs in them
	// is text.
	scoreDrawn = 85
)

// target returns the score that lossy pictures have to reach.
func (o *Options) target() float64 {
	if o == nil {
		return scoreBalanced
	}
	switch o.Quality {
	case "high":
		return scoreHigh
	case "small":
		return scoreSmall
	}
	return scoreBalanced
}

// searchJPEG returns the lowest quality of jpegli at which m reaches the
// target, and its score. full asks for full chroma.
func searchJPEG(o *Options, m *image.NRGBA, full bool) (q int, score float64) {
	start := defaultJPEGQuality
	switch target := o.target(); {
	case target >= scoreHigh:
		start = 82
	case target <= scoreSmall:
		start = 58
	}
	r, err := quality.Search(m, quality.Options{
		Target: o.target(), Lo: leastJPEG, Hi: mostJPEG, Start: start, MaxProbes: probes(o), MaxChecks: 2,
		Probe: func(q int, src *image.NRGBA) (*image.NRGBA, error) {
			b, err := encodeJPEG(src, q, full, nil)
			if err != nil {
				return nil, err
			}
			back, err := decodeJPEG(b)
			if err != nil {
				return nil, err
			}
			return toNRGBA(back), nil
		},
	})
	if err != nil { // too small to be judged
		return start, 0
	}
	return r.Quality, r.Score
}

// coded is a picture as it came out of an encoder.
type coded struct {
	bytes []byte
	back  *image.NRGBA
}

// searchAVIF returns the lowest quality of AVIF at which m reaches the target,
// and what it encoded of the whole of m on the way, by quality.
func searchAVIF(ctx context.Context, in *Input, m *image.NRGBA, a AVIFOptions, target float64) (q int, tried map[int]coded) {
	start := a.Quality
	tried = map[int]coded{}
	r, err := quality.Search(m, quality.Options{
		Target: target, Lo: 30, Hi: 90, Start: start, Slope: avifSlope, MaxProbes: min(probes(in.Options), 3), MaxChecks: 1,
		Probe: func(q int, src *image.NRGBA) (*image.NRGBA, error) {
			a := a
			a.Quality = q
			if src != m {
				// A sample tells the quality, not the bytes: the quicker search of
				// the encoder does for that.
				a.Speed = max(a.Speed, 9)
			}
			b, err := in.AVIF.Encode(ctx, src, a)
			if err != nil {
				return nil, err
			}
			back, err := in.AVIF.Decode(ctx, b)
			if err == nil && src == m {
				tried[q] = coded{b, back}
			}
			return back, err
		},
	})
	if err != nil {
		return start, tried
	}
	return r.Quality, tried
}

// probes bounds the tries of one search.
func probes(o *Options) int {
	if o.preset() == "fast" {
		return 2
	}
	return 4
}

// scoreOf returns the score of a copy, 0 where it cannot be judged.
func scoreOf(ref, copy *image.NRGBA) float64 {
	s, err := ssimulacra2.Compare(ref, copy)
	if err != nil {
		return 0
	}
	return s
}
