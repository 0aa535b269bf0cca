package ssimulacra2

import "image"

// stream gives a picture in XYB at one scale after another, row by row. At
// each scale, rows are fed in order; the blurred row y is there once row
// y+reach was fed or there is none.
type stream struct {
	pix    *image.NRGBA
	ground float32
	opaque bool
	table  *[256]float32

	scale, scales int
	w, h          int
	lin, next     [3][]float32 // light at this scale (none at the first) and the next
	rows          [2][3][]float32
	xyb           [3][2*reach + 1][]float32 // by row number modulo 9
	need          [3]need
	mean, square  [3]*blurrer
}

func newStream(m *image.NRGBA, ground float32, opaque bool) *stream {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	return &stream{pix: m, ground: ground, opaque: opaque, table: linearTable(), scales: scalesOf(w, h)}
}

// scalesOf counts the scales of a picture: each but the last is at least 8
// pixels wide and high.
func scalesOf(w, h int) int {
	n := 0
	for n < maxScales && w >= MinSide && h >= MinSide {
		n++
		w, h = (w+1)/2, (h+1)/2
	}
	if n < maxScales {
		// The reference looks at the size before it halves it.
		n++
	}
	return n
}

func (s *stream) size() (w, h, scales int) { return s.pix.Rect.Dx(), s.pix.Rect.Dy(), s.scales }

// begin goes to a scale, the first or the one after the last begun.
func (s *stream) begin(scale int) {
	s.scale = scale
	if scale == 0 {
		s.w, s.h = s.pix.Rect.Dx(), s.pix.Rect.Dy()
		for i := range s.rows {
			s.rows[i] = planes(s.w)
		}
	} else {
		s.w, s.h = (s.w+1)/2, (s.h+1)/2
		s.lin = s.next
	}
	if s.next = [3][]float32{}; scale+1 < s.scales {
		s.next = planes((s.w + 1) / 2 * ((s.h + 1) / 2))
	}
	for c := range 3 {
		s.need[c] = needOf(c, scale, s.scales)
		s.mean[c], s.square[c] = nil, nil
		all := make([]float32, s.w*len(s.xyb[c]))
		for i := range s.xyb[c] {
			s.xyb[c][i], all = all[:s.w], all[s.w:]
		}
		if s.need[c].any() {
			s.mean[c] = newBlurrer(s.w)
		}
		if s.need[c].structure {
			s.square[c] = newBlurrer(s.w)
		}
	}
}

// planes returns three slices of n samples.
func planes(n int) [3][]float32 {
	all := make([]float32, 3*n)
	return [3][]float32{all[:n:n], all[n : 2*n : 2*n], all[2*n:]}
}

// light returns linear light of row y, or of the one before.
func (s *stream) light(y int) [3][]float32 {
	if s.scale == 0 {
		return s.rows[y%2]
	}
	i, j := y*s.w, (y+1)*s.w
	return [3][]float32{s.lin[0][i:j], s.lin[1][i:j], s.lin[2][i:j]}
}

// feed takes in row y.
func (s *stream) feed(y int) {
	lin := s.light(y)
	if s.scale == 0 {
		if s.opaque {
			linearRow(s.table, &lin, s.pix, y)
		} else {
			blendRow(&lin, s.pix, y, s.ground)
		}
	}
	if s.next[0] != nil && (y%2 != 0 || y == s.h-1) {
		above, w := s.light(y&^1), (s.w+1)/2
		for c := range 3 {
			halve(s.next[c][y/2*w:(y/2+1)*w], above[c], lin[c])
		}
	}
	i := y % len(s.xyb[0])
	xybRow(&[3][]float32{s.xyb[0][i], s.xyb[1][i], s.xyb[2][i]}, &lin)
	for c := range 3 {
		if b := s.mean[c]; b != nil {
			copy(b.row(), s.xyb[c][i])
			b.push(y)
		}
		if b := s.square[c]; b != nil {
			multiply(b.row(), s.xyb[c][i], s.xyb[c][i])
			b.push(y)
		}
	}
}

func multiply(out, a, b []float32) {
	a, b = a[:len(out)], b[:len(out)]
	for i := multiplyFast(out, a, b); i < len(out); i++ {
		out[i] = a[i] * b[i]
	}
}

func (s *stream) row(c, y int) []float32     { return s.xyb[c][y%len(s.xyb[c])] }
func (s *stream) meanRow(c, y int) []float32 { return s.mean[c].pull(y, s.h) }
func (s *stream) squareRow(c, y int) []float32 {
	return s.square[c].pull(y, s.h)
}
