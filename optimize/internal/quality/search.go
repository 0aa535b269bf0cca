package quality

import "math"

type point struct {
	q     int
	score float64
}

// search closes in on the target from both sides.
type search struct {
	Options
	slope float64 // of the score at the target, as far as known
	score func(q int) (float64, error)

	below, above     point // the nearest that miss and reach the target
	isBelow, isAbove bool
	tries            int
	reached          bool // by the last point
	row              int  // how often in a row the same side moved since both are known
}

// The slope is kept within what encoders show, so that two scores next to
// each other or a score that falls cannot send the search far away.
const minSlope, maxSlope = 0.15, 5

// run tries qualities, at most a number of times, until lowering the best
// would gain at most slack steps, and returns the lowest that reaches the
// target, or the best of those that do not.
func (s *search) run(start, most int, slack float64) (point, error) {
	q := min(max(start, s.Lo), s.Hi)
	for {
		if err := s.try(q); err != nil {
			return point{}, err
		}
		if s.tries >= most || s.done() || s.isAbove && slack > 0 && s.steps(s.above) <= slack {
			break
		}
		q = s.next()
		if s.tries == most-1 && !s.isAbove {
			// The last chance to reach the target at all leans to the safe side.
			q = min(q+(q-s.below.q+1)/2, s.Hi)
		}
	}
	if s.isAbove {
		return s.above, nil
	}
	return s.below, nil
}

// near tries qualities, at most a number of times, until the one that the
// target asks for is at most slack steps from one tried, and returns it.
func (s *search) near(start, most int, slack float64) (int, error) {
	q := min(max(start, s.Lo), s.Hi)
	for {
		if err := s.try(q); err != nil {
			return 0, err
		}
		p := s.nearest()
		if s.tries >= most || s.done() || s.steps(p) <= slack {
			return s.estimate(p), nil
		}
		q = s.next()
	}
}

func (s *search) try(q int) error {
	v, err := s.score(q)
	if err != nil {
		return err
	}
	s.tries++
	s.learn(point{q, v})
	return nil
}

// learn takes a point in.
func (s *search) learn(p point) {
	reached := p.score >= s.Target
	if s.isBelow || s.isAbove {
		other := s.above
		if s.isBelow && (!s.isAbove || reached) {
			other = s.below
		}
		slope := (p.score - other.score) / float64(p.q-other.q)
		s.slope = min(max(slope, minSlope), maxSlope)
	}
	switch {
	case !s.isBelow || !s.isAbove:
		s.row = 0
	case reached == s.reached:
		s.row++
	default:
		s.row = 1
	}
	if s.reached = reached; reached {
		s.above, s.isAbove = p, true
	} else {
		s.below, s.isBelow = p, true
	}
}

// done reports whether no quality left could be the lowest that reaches the
// target.
func (s *search) done() bool {
	if !s.isAbove {
		return s.below.q == s.Hi
	}
	return s.above.q == s.Lo || s.isBelow && s.above.q-s.below.q <= 1
}

// nearest is the point whose score is nearest to the target.
func (s *search) nearest() point {
	if !s.isAbove || s.isBelow && s.Target-s.below.score < s.above.score-s.Target {
		return s.below
	}
	return s.above
}

// steps is how many steps of quality a point is from the target.
func (s *search) steps(p point) float64 { return math.Abs(p.score-s.Target) / s.slope }

// next is the quality to try next, one between those known on either side.
func (s *search) next() int {
	lo, hi := s.Lo, s.Hi
	if s.isAbove {
		hi = s.above.q - 1
	}
	if s.isBelow {
		lo = s.below.q + 1
	}
	if s.row > 1 {
		// The curve bends so much that the other side would never move.
		return lo + (hi-lo)/2
	}
	return min(max(s.estimate(s.nearest()), lo), hi)
}

// estimate is the quality that the target asks for by what was seen at p and
// the slope.
func (s *search) estimate(p point) int {
	q := float64(p.q) + (s.Target-p.score)/s.slope
	return int(math.Ceil(min(max(q, float64(s.Lo)), float64(s.Hi))))
}
