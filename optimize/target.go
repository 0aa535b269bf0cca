package optimize

import (
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

// searchJPEG returns the quality of jpegli at which m comes nearest to the
// target, its score, and what plainJPEG wrote there of src, which is m in the
// form to be encoded; nil where the whole was not encoded. full asks for full
// chroma.
func searchJPEG(o *Options, m *image.NRGBA, src image.Image, full bool) (q int, score float64, plain []byte) {
	start := defaultJPEGQuality
	switch target := o.target(); {
	case target >= scoreHigh:
		start = 82
	case target <= scoreSmall:
		start = 58
	}
	whole := map[int][]byte{}
	r, err := quality.Search(m, quality.Options{
		Target: o.target(), Short: scoreSlack, Lo: leastJPEG, Hi: mostJPEG, Start: start, MaxProbes: probes(o), MaxChecks: 2,
		Probe: func(q int, part *image.NRGBA) (*image.NRGBA, error) {
			var p image.Image = part
			if part == m {
				p = src
			}
			b, err := plainJPEG(p, q, full)
			if err != nil {
				return nil, err
			}
			back, err := decodeJPEG(b)
			if err != nil {
				return nil, err
			}
			if part == m {
				whole[q] = b
			}
			return toNRGBA(back), nil
		},
	})
	if err != nil { // too small to be judged
		return start, 0, nil
	}
	return r.Quality, r.Score, whole[r.Quality]
}

// probes bounds the tries of one search.
func probes(o *Options) int {
	if o.preset() == "fast" {
		return 3
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
