package optimize

import "math"

// A filterRule chooses the filter of each row (section 9): 0 to 4 is one for
// all, the others choose by what a row becomes.
type filterRule uint8

const (
	filterNone filterRule = iota
	filterSub
	filterUp
	filterAverage
	filterPaeth
	filterMinSum  // least sum of absolute differences (section 12.7)
	filterEntropy // least entropy of the bytes
	filterBigrams // fewest distinct pairs of bytes
)

// bandRows is the height of the bands that filterRows samples.
const bandRows = 32

// filterRows returns the rows of r, each after its filter byte; of large
// pictures, if asked, one band of every `step`.
func filterRows(r *raster, rule filterRule, step int) []byte {
	bpp, n := r.bpp(), r.stride
	out := make([]byte, 0, (n+1)*(r.height/step+bandRows))
	above := make([]byte, n)
	var try [5][]byte
	for i := range try {
		try[i] = make([]byte, n+1)
		try[i][0] = byte(i)
	}
	score := newRowScore(rule)
	for y := range r.height {
		row := r.rows[y*n : (y+1)*n]
		if y/bandRows%step != 0 {
			above = row
			continue
		}
		if rule <= filterPaeth {
			k := rule
			filterRow(try[k][1:], row, above, bpp, k)
			out = append(out, try[k]...)
		} else {
			best, least := 0, math.Inf(1)
			for k := range try {
				filterRow(try[k][1:], row, above, bpp, filterRule(k))
				if s := score.of(try[k]); s < least {
					best, least = k, s
				}
			}
			out = append(out, try[best]...)
		}
		above = row
	}
	return out
}

// filterRow writes row, filtered, to dst.
func filterRow(dst, row, above []byte, bpp int, filter filterRule) {
	above, dst = above[:len(row)], dst[:len(row)]
	switch filter {
	case filterNone:
		copy(dst, row)
	case filterSub:
		copy(dst[:min(bpp, len(row))], row)
		for i := bpp; i < len(row); i++ {
			dst[i] = row[i] - row[i-bpp]
		}
	case filterUp:
		for i := range row {
			dst[i] = row[i] - above[i]
		}
	case filterAverage:
		for i := range row {
			left := 0
			if i >= bpp {
				left = int(row[i-bpp])
			}
			dst[i] = row[i] - uint8((left+int(above[i]))/2)
		}
	case filterPaeth:
		for i := range row {
			var a, c int
			if i >= bpp {
				a, c = int(row[i-bpp]), int(above[i-bpp])
			}
			dst[i] = row[i] - paeth(a, int(above[i]), c)
		}
	}
}

// paeth is the predictor of section 9.4.
func paeth(a, b, c int) uint8 {
	pa, pb := b-c, a-c
	pc := abs(pa + pb)
	pa, pb = abs(pa), abs(pb)
	switch {
	case pa <= pb && pa <= pc:
		return uint8(a)
	case pb <= pc:
		return uint8(b)
	}
	return uint8(c)
}

func abs(x int) int {
	if x < 0 {
		return -x
	}
	return x
}

type rowScore struct {
	rule  filterRule
	count [256]uint32
	pairs []uint64 // bit set of pairs
	dirty []uint16 // words of pairs that are not zero
}

func newRowScore(rule filterRule) *rowScore {
	s := &rowScore{rule: rule}
	if rule == filterBigrams {
		s.pairs = make([]uint64, 1024)
	}
	return s
}

// of scores a filtered row with its filter byte; less is better.
func (s *rowScore) of(row []byte) float64 {
	switch s.rule {
	case filterEntropy:
		return s.entropy(row)
	case filterBigrams:
		return s.bigrams(row)
	}
	sum := 0
	for _, v := range row[1:] {
		sum += abs(int(int8(v)))
	}
	return float64(sum)
}

func (s *rowScore) entropy(row []byte) float64 {
	s.count = [256]uint32{}
	for _, v := range row {
		s.count[v]++
	}
	e := 0.0
	for _, c := range s.count {
		if c > 0 {
			// Rounded, so that fused multiply-add on some machines decides nothing.
			e -= math.Round(float64(c) * math.Log2(float64(c)) * 1024)
		}
	}
	return e
}

func (s *rowScore) bigrams(row []byte) float64 {
	n := 0
	for i := 1; i < len(row); i++ {
		p := uint16(row[i-1])<<8 | uint16(row[i])
		w, bit := &s.pairs[p>>6], uint64(1)<<(p&63)
		if *w&bit == 0 {
			if *w == 0 {
				s.dirty = append(s.dirty, p>>6)
			}
			*w |= bit
			n++
		}
	}
	for _, w := range s.dirty {
		s.pairs[w] = 0
	}
	s.dirty = s.dirty[:0]
	return float64(n)
}
