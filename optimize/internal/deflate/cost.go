package deflate

import "math/bits"

const (
	endOfBlock = 256
	litSymbols = 286
	offSymbols = 30
)

// lengthSymbol and lengthExtra give, for a length, its symbol and its extra
// bits (RFC 1951, section 3.2.5).
func lengthSymbol(n int) int {
	if n == maxMatch {
		return 285
	}
	d := n - minMatch
	if d < 8 {
		return 257 + d
	}
	b := bits.Len(uint(d)) - 3 // extra bits
	return 257 + 4*b + d>>b
}

func lengthExtra(n int) (extra, width int) {
	d := n - minMatch
	if n == maxMatch || d < 8 {
		return 0, 0
	}
	b := bits.Len(uint(d)) - 3
	return d & (1<<b - 1), b
}

func offSymbol(dist int) int {
	d := uint(dist - 1)
	if d < 4 {
		return int(d)
	}
	b := bits.Len(d) - 2 // extra bits
	return 2*b + int(d>>b)
}

func offWidth(symbol int) int { return max(0, symbol>>1-1) }

// stats counts the symbols of a block.
type stats struct {
	lit   [litSymbols]uint32
	off   [offSymbols]uint32
	extra int // bits
}

func (s *stats) literal(b byte) { s.lit[b]++ }

func (s *stats) match(m match) {
	n := m.length()
	s.lit[lengthSymbol(n)]++
	_, w := lengthExtra(n)
	o := offSymbol(m.dist())
	s.off[o]++
	s.extra += w + offWidth(o)
}

func (s *stats) add(t *stats) {
	for i, c := range t.lit {
		s.lit[i] += c
	}
	for i, c := range t.off {
		s.off[i] += c
	}
	s.extra += t.extra
}

// Costs are fractions of a bit.
const (
	costBits = 6
	oneBit   = 1 << costBits
)

// logTable holds log2(1+i/256) in the unit of costs. It is made from whole
// numbers alone, so that every machine chooses the same parse.
type logTable [256]uint8

func (t *logTable) fill() {
	for i := range t {
		x, log := uint64(256+i)<<22, uint64(0) // 1.0 is 1<<30
		for range costBits {
			x = x * x >> 30
			log <<= 1
			if x >= 1<<31 {
				x >>= 1
				log |= 1
			}
		}
		t[i] = uint8(log)
	}
}

// log2 of x in the unit of costs; x must not be 0.
func (t *logTable) log2(x uint32) uint32 {
	n := uint32(bits.Len32(x)) - 1
	return n<<costBits + uint32(t[uint64(x)<<32>>(n+24)&255])
}

// bits estimates how much the block takes: the entropy of its symbols, their
// extra bits and a header.
func (t *logTable) bits(s *stats) int {
	return t.entropy(s.lit[:]) + t.entropy(s.off[:]) + s.extra + 80
}

// entropy of counts, though no symbol takes less than a bit, with what their
// code lengths take in a header: about 4 bits for each symbol in use and 6 for
// each run of unused ones.
func (t *logTable) entropy(counts []uint32) int {
	total, sum, most, head, gap := uint32(0), uint64(0), uint32(0), 0, false
	for _, c := range counts {
		if c == 0 {
			gap = true
			continue
		}
		if gap {
			head, gap = head+6, false
		}
		head += 4
		total += c
		most = max(most, c)
		sum += uint64(c) * uint64(t.log2(c))
	}
	if total == 0 {
		return 0
	}
	all := t.log2(total)
	bits := uint64(total)*uint64(all) - sum
	if p := all - t.log2(most); p < oneBit {
		bits += uint64(most) * uint64(oneBit-p)
	}
	return int(bits>>costBits) + head
}

// costs is what a parse expects to pay.
type costs struct {
	lit    [256]uint32
	length [maxMatch + 1]uint32
	off    [offSymbols]uint32
}

// set takes the costs from the counts of an earlier parse. A symbol that it
// did not use may still be worth its price, as if used half a time.
func (c *costs) set(t *logTable, s *stats) {
	s.lit[endOfBlock] = 1
	lit := t.prices(s.lit[:])
	copy(c.lit[:], lit[:256])
	for n := minMatch; n <= maxMatch; n++ {
		_, w := lengthExtra(n)
		c.length[n] = lit[lengthSymbol(n)] + uint32(w)<<costBits
	}
	off := t.prices(s.off[:])
	for i := range c.off {
		c.off[i] = off[i] + uint32(offWidth(i))<<costBits
	}
}

func (t *logTable) prices(counts []uint32) (p [litSymbols]uint32) {
	total := uint32(1)
	for _, n := range counts {
		total += n
	}
	all := t.log2(total)
	for i, n := range counts {
		switch {
		case n == 0:
			p[i] = all + oneBit
		default:
			p[i] = max(oneBit, all-t.log2(n))
		}
	}
	return p
}
