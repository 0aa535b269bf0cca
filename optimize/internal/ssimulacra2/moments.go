package ssimulacra2

// moments are all rows of a stream, kept.
type moments struct {
	w, h   int
	scales [][3]moment
	zero   []float32
}

// moment is a channel at a scale. Where only detail counts, xyb is the
// difference of picture and blurred picture, and mean is nil and stands for
// zeros.
type moment struct{ xyb, mean, square []float32 }

func newMoments(s *stream) *moments {
	m := &moments{}
	var n int
	m.w, m.h, n = s.size()
	m.zero = make([]float32, m.w)
	m.scales = make([][3]moment, n)
	for scale := range n {
		s.begin(scale)
		area := s.w * s.h
		for c := range 3 {
			k := &m.scales[scale][c]
			if s.need[c].any() {
				k.xyb = make([]float32, area)
			}
			if s.need[c].structure {
				k.mean, k.square = make([]float32, area), make([]float32, area)
			}
		}
		for t := range s.h + reach {
			if t < s.h {
				s.feed(t)
			}
			if y := t - reach; y >= 0 {
				for c := range 3 {
					m.scales[scale][c].keep(s, c, y)
				}
			}
		}
	}
	return m
}

func (k *moment) keep(s *stream, c, y int) {
	if k.xyb == nil {
		return
	}
	i, j := y*s.w, (y+1)*s.w
	row, mean := s.row(c, y), s.meanRow(c, y)
	if k.mean == nil {
		for x, v := range row {
			k.xyb[i+x] = v - mean[x]
		}
		return
	}
	copy(k.xyb[i:j], row)
	copy(k.mean[i:j], mean)
	copy(k.square[i:j], s.squareRow(c, y))
}

// reader gives moments the way a stream does. Each user has its own.
type reader struct {
	*moments
	now  [3]moment
	wide int
}

func (m *moments) reader() *reader { return &reader{moments: m} }

func (r *reader) size() (w, h, scales int) { return r.w, r.h, len(r.scales) }

func (r *reader) begin(scale int) {
	r.now = r.scales[scale]
	if r.wide = r.w; scale > 0 {
		r.wide = (r.w + 1<<scale - 1) >> scale
	}
}

func (r *reader) feed(int) {}

func (r *reader) row(c, y int) []float32 { return r.now[c].xyb[y*r.wide : (y+1)*r.wide] }
func (r *reader) meanRow(c, y int) []float32 {
	if r.now[c].mean == nil {
		return r.zero[:r.wide]
	}
	return r.now[c].mean[y*r.wide : (y+1)*r.wide]
}
func (r *reader) squareRow(c, y int) []float32 {
	return r.now[c].square[y*r.wide : (y+1)*r.wide]
}
