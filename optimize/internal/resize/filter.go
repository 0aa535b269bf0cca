package resize

import "math"

// filter holds the weights of one direction in fixed point: for each output
// sample the first input sample and taps weights, which sum to 1<<shift.
type filter struct {
	start   []int32
	weights []int16 // taps for each output sample
	taps    int     // the same for all; padded with weights of 0
	shift   uint
}

// maxShift keeps sums within 32 bits: 255 × the sum of the weights' sizes,
// which is under 2 for this kernel, × 1<<22 < 1<<31. Samples with more bits
// take them from the weights.
const maxShift = 22

// lanczos is the windowed sinc of three lobes.
func lanczos(x float64) float64 {
	x = math.Abs(x)
	switch {
	case x < 1e-9:
		return 1
	case x >= 3:
		return 0
	}
	px := math.Pi * x
	return 3 * math.Sin(px) * math.Sin(px/3) / (px * px)
}

// newFilter returns the weights that take src samples to dst. Their number is
// a multiple of pad unless src is smaller; then it is src. Samples have extra
// bits behind the point.
func newFilter(dst, src, pad int, extra uint) *filter {
	scale := float64(src) / float64(dst)
	radius := math.Ceil(3 * scale)
	spans := make([][2]int, dst)
	f := &filter{start: make([]int32, dst)}
	for i := range spans {
		c := centre(i, scale)
		lo, hi := max(0, int(math.Ceil(c-radius))), min(src-1, int(math.Floor(c+radius)))
		// The ends may lie outside of the lobes.
		for lo < hi && lanczos((float64(lo)-c)/scale) == 0 {
			lo++
		}
		for hi > lo && lanczos((float64(hi)-c)/scale) == 0 {
			hi--
		}
		spans[i] = [2]int{lo, hi}
		f.taps = max(f.taps, hi-lo+1)
	}
	f.taps = min((f.taps+pad-1)/pad*pad, src)
	w := make([]float64, f.taps)
	f.shift = shiftFor(spans, scale, w, maxShift-extra)
	f.weights = make([]int16, dst*f.taps)
	for i, s := range spans {
		start := min(s[0], src-f.taps)
		f.start[i] = int32(start)
		weigh(w, s, centre(i, scale), scale)
		quantise(f.weights[i*f.taps+s[0]-start:], w[:s[1]-s[0]+1], f.shift)
	}
	return f
}

// centre returns where the middle of output sample i lies among the inputs.
func centre(i int, scale float64) float64 { return (float64(i)+0.5)*scale - 0.5 }

// weigh writes the weights of the inputs of a span, which sum to 1.
func weigh(w []float64, span [2]int, c, scale float64) {
	var sum float64
	for u := span[0]; u <= span[1]; u++ {
		v := lanczos((float64(u) - c) / scale)
		w[u-span[0]] = v
		sum += v
	}
	for i := range w[:span[1]-span[0]+1] {
		w[i] /= sum
	}
}

// shiftFor returns the most bits behind the point that the largest weight
// leaves in 16 bits, limit at most, so that long filters are as exact as short
// ones.
func shiftFor(spans [][2]int, scale float64, w []float64, limit uint) uint {
	var top float64
	for i, s := range spans {
		weigh(w, s, centre(i, scale), scale)
		for _, v := range w[:s[1]-s[0]+1] {
			top = max(top, math.Abs(v))
		}
	}
	s := limit
	// One is left for the carry of quantise.
	for top*float64(int(1)<<s) > math.MaxInt16-1 {
		s--
	}
	return s
}

// quantise rounds weights so that their sum is 1<<shift exactly: an even
// surface keeps its value. Each takes over what the one before rounded away.
func quantise(dst []int16, w []float64, shift uint) {
	one := float64(int(1) << shift)
	var sum float64
	done := 0
	for i, v := range w {
		sum += v
		upTo := int(math.Floor(sum*one + 0.5))
		dst[i] = int16(upTo - done)
		done = upTo
	}
}
