package resize

import "math"

// kernels are the inner loops. All of a set read and write whole groups of
// four pixels or 32 samples; scaler lays out its memory for that.
type kernels struct {
	// horizontal narrows two rows of four channels.
	horizontal func(dst0, dst1 []int16, src0, src1 []byte, f *filter, shift uint, lo, hi int16)
	// vertical weighs taps rows of stride samples into one.
	vertical func(dst, src []int16, stride int, weights []int16, shift uint)
	// pack writes samples as bytes, clamped.
	pack func(dst []byte, src []int16)
}

var scalar = kernels{horizontalScalar, verticalScalar, packScalar}

// block is how many samples the vertical kernels take at once.
const block = 32

// scaler runs both directions over a sliding window of narrowed rows.
type scaler struct {
	k      kernels
	w      int
	hf, vf *filter
	extra  uint  // bits behind the point that narrowed samples keep
	lo, hi int16 // bounds of narrowed samples
	stride int
	rows   []int16 // the window
	first  int     // the source row that the window starts with
	have   int     // rows in it
	out    []int16
}

// newScaler returns a scaler for a picture whose narrowed rows have n samples
// with extra bits.
func newScaler(sw, sh, w, h, n int, extra uint, k kernels) *scaler {
	s := &scaler{k: k, w: w, hf: newFilter(w, sw, 4, 0), vf: newFilter(h, sh, 2, extra), extra: extra, lo: 0, hi: 255}
	if extra > 0 {
		s.lo, s.hi = math.MinInt16, math.MaxInt16
	}
	if s.hf.taps%4 != 0 {
		// A row shorter than the groups that a kernel reads.
		s.k.horizontal = horizontalScalar
	}
	if s.vf.taps%2 != 0 {
		s.k.vertical = verticalScalar
	}
	s.stride = (n + block - 1) / block * block
	s.out = make([]int16, s.stride)
	return s
}

// run makes each output row: fill narrows step source rows from y on, emit
// takes a weighed row.
func (s *scaler) run(step int, fill func(y int, rows [][]int16), emit func(y int, row []int16)) {
	taps := s.vf.taps
	capacity := 2*taps + step
	s.rows = make([]int16, capacity*s.stride)
	group := make([][]int16, step)
	for y, start := range s.vf.start {
		start := int(start)
		for s.first+s.have < start+taps {
			if s.have+step > capacity {
				s.slide(start)
			}
			for i := range group {
				o := (s.have + i) * s.stride
				group[i] = s.rows[o : o+s.stride]
			}
			fill(s.first+s.have, group)
			s.have += step
		}
		from := s.rows[(start-s.first)*s.stride:]
		s.k.vertical(s.out, from, s.stride, s.vf.weights[y*taps:(y+1)*taps], s.vf.shift)
		emit(y, s.out)
	}
}

// slide drops the rows before start.
func (s *scaler) slide(start int) {
	n := min(start-s.first, s.have)
	copy(s.rows, s.rows[n*s.stride:s.have*s.stride])
	s.first += n
	s.have -= n
}

func (s *scaler) horizontal(dst0, dst1 []int16, src0, src1 []byte) {
	s.k.horizontal(dst0, dst1, src0, src1, s.hf, s.hf.shift-s.extra, s.lo, s.hi)
}
