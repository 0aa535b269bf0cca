// Package quality finds the lowest quality of an encoder at which a picture
// still looks as good as asked, as SSIMULACRA2 judges.
//
// It knows neither formats nor encoders: a caller gives a function that
// encodes a picture at a quality and decodes it again. The answer depends on
// the picture, the options and that function alone.
package quality

import (
	"errors"
	"fmt"
	"image"

	"github.com/hone-web/hone/optimize/internal/ssimulacra2"
)

// Options say what to look for.
type Options struct {
	Target float64 // SSIMULACRA2 score to reach
	Lo, Hi int     // qualities to choose from; 0 means 1 and 100
	// Start is where to look first; 0 means the middle. A good guess saves
	// probes.
	Start int
	// Slope is by how much a step of quality raises the score, about; 0 means
	// 0.7. It is used until the picture shows its own.
	Slope float64
	// Short is by how much the score of the picture found may fall short of
	// Target, for fewer tries: the answer then comes out around the target and
	// not above it.
	Short float64
	// MaxProbes bounds how often the samples of a large picture, or the whole
	// of a small one, are encoded; 0 means 6.
	MaxProbes int
	// MaxChecks bounds how often a large picture is encoded whole; 0 means 3.
	MaxChecks int
	// Probe encodes src at quality q and decodes what came out. It must not
	// change src and must return a picture of the same size.
	Probe func(q int, src *image.NRGBA) (*image.NRGBA, error)
}

// Result is what was found.
type Result struct {
	Quality int
	// Score is of the whole picture at that quality. It is below the target
	// where no quality tried reached it.
	Score  float64
	Probes int // of samples, or of a small picture
	Checks int // of a large picture
}

// defaultSlope is what a step of quality is worth with jpegli, between scores
// of 60 and 80, over 34 photographs.
const defaultSlope = 0.7

// largeReference is up to how many pixels the whole picture is kept prepared
// for its checks: 64 MB.
const largeReference = 2 << 20

// Search finds the lowest quality whose score reaches the target. A picture
// of little more than 640 × 480 pixels is encoded as it is; of a larger one
// samples are, and then the whole once or a few times, because samples are
// some steps off. For these the answer may be a step or two above the lowest.
//
// Pictures under 8 pixels a side have no score (ssimulacra2.ErrSmall).
func Search(ref *image.NRGBA, o Options) (Result, error) {
	if err := o.complete(); err != nil {
		return Result{}, err
	}
	w, h := ref.Rect.Dx(), ref.Rect.Dy()
	if w < ssimulacra2.MinSide || h < ssimulacra2.MinSide {
		return Result{}, ssimulacra2.ErrSmall
	}
	part := Sample(ref)
	s := search{Options: o, slope: o.Slope}
	if part == ref {
		s.score, s.Target = scorer(ref, &o), o.Target-o.Short
		best, err := s.run(o.Start, o.MaxProbes, 2*o.Short/o.Slope)
		return Result{Quality: best.q, Score: best.score, Probes: s.tries}, err
	}
	raw := scorer(part, &o)
	s.score = func(q int) (float64, error) {
		v, err := raw(q)
		return 100 - (100-v)*seams, err
	}
	guess, err := s.near(o.Start, o.MaxProbes, 1.5)
	if err != nil {
		return Result{}, err
	}
	whole := search{Options: o, slope: s.slope, score: scorer(ref, &o)}
	whole.Target -= o.Short
	best, err := whole.run(guess, o.MaxChecks, 1.5+2*o.Short/s.slope)
	return Result{Quality: best.q, Score: best.score, Probes: s.tries, Checks: whole.tries}, err
}

func (o *Options) complete() error {
	if o.Lo == 0 {
		o.Lo = 1
	}
	if o.Hi == 0 {
		o.Hi = 100
	}
	if o.Start == 0 {
		o.Start = o.Lo + (o.Hi-o.Lo)/2
	}
	if o.Slope == 0 {
		o.Slope = defaultSlope
	}
	if o.MaxProbes == 0 {
		o.MaxProbes = 6
	}
	if o.MaxChecks == 0 {
		o.MaxChecks = 3
	}
	switch {
	case o.Probe == nil:
		return errors.New("no probe given")
	case o.Lo > o.Hi:
		return fmt.Errorf("no quality from %d to %d", o.Lo, o.Hi)
	case o.Slope < 0 || o.Short < 0 || o.MaxProbes < 0 || o.MaxChecks < 0:
		return errors.New("negative slope or bound")
	}
	return nil
}

var errNothing = errors.New("probe gave no picture")

// scorer returns how well m comes through the encoder at a quality.
func scorer(m *image.NRGBA, o *Options) func(q int) (float64, error) {
	compare := func(d *image.NRGBA) (float64, error) { return ssimulacra2.Compare(m, d) }
	if m.Rect.Dx()*m.Rect.Dy() <= largeReference {
		compare = ssimulacra2.NewReference(m).Score
	}
	return func(q int) (float64, error) {
		d, err := o.Probe(q, m)
		if err != nil {
			return 0, fmt.Errorf("probe quality %d: %w", q, err)
		}
		if d == nil {
			return 0, errNothing
		}
		v, err := compare(d)
		if err != nil {
			return 0, fmt.Errorf("probe quality %d: %w", q, err)
		}
		return v, nil
	}
}
