package optimize

import "image"

// webp encodes m as WebP without loss, nil where that is of no use; in 256
// colours where those serve for the file itself and for m.
func (s *seen) webp(in *Input, m *image.NRGBA) (*Variant, error) {
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
