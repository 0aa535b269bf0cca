package deflate

import (
	"encoding/binary"
	"math"
)

// bitWriter appends bits, the lowest first.
type bitWriter struct {
	buf []byte
	acc uint64
	n   uint
}

// bits writes the low width bits of v, at most 32.
func (w *bitWriter) bits(v uint32, width int) {
	w.acc |= uint64(v) << w.n
	if w.n += uint(width); w.n >= 32 {
		w.buf = binary.LittleEndian.AppendUint32(w.buf, uint32(w.acc))
		w.acc >>= 32
		w.n -= 32
	}
}

func (w *bitWriter) align() {
	for ; w.n > 0; w.n -= min(8, w.n) {
		w.buf = append(w.buf, byte(w.acc))
		w.acc >>= 8
	}
}

func (w *bitWriter) close() []byte {
	w.align()
	return w.buf
}

// block writes b, whose bytes are src, in the smallest of the three block
// types (RFC 1951, section 3.2.3).
func (w *bitWriter) block(b *block, src []byte, final bool) {
	last := uint32(0)
	if final {
		last = 1
	}
	h := bestHeader(&b.stats)
	fixed := fixedLengths()
	dynamic := h.size + h.payload(&b.stats)
	static := fixed.payload(&b.stats)
	stored := len(src)*8 + (len(src)/65535+1)*40
	switch {
	case stored < min(dynamic, static):
		w.stored(src, last)
	case static <= dynamic:
		w.bits(last|1<<1, 3)
		w.items(b, src, &fixed)
	default:
		w.bits(last|2<<1, 3)
		h.write(w)
		w.items(b, src, &h.lengths)
	}
}

func (w *bitWriter) stored(src []byte, last uint32) {
	for {
		n := min(len(src), 65535)
		final := uint32(0)
		if n == len(src) {
			final = last
		}
		w.bits(final, 3)
		w.align()
		w.buf = binary.LittleEndian.AppendUint16(w.buf, uint16(n))
		w.buf = binary.LittleEndian.AppendUint16(w.buf, ^uint16(n))
		w.buf = append(w.buf, src[:n]...)
		if src = src[n:]; len(src) == 0 {
			return
		}
	}
}

func (w *bitWriter) items(b *block, src []byte, l *lengths) {
	var lit [288]uint16
	var off [32]uint16
	codes(lit[:], l.lit[:])
	codes(off[:], l.off[:])
	for _, m := range b.items {
		n := m.length()
		if m == literal {
			w.bits(uint32(lit[src[0]]), int(l.lit[src[0]]))
		} else {
			s := lengthSymbol(n)
			w.bits(uint32(lit[s]), int(l.lit[s]))
			extra, width := lengthExtra(n)
			w.bits(uint32(extra), width)
			o := offSymbol(m.dist())
			w.bits(uint32(off[o]), int(l.off[o]))
			width = offWidth(o)
			w.bits(uint32(m.dist()-1)&(1<<width-1), width)
		}
		src = src[n:]
	}
	w.bits(uint32(lit[endOfBlock]), int(l.lit[endOfBlock]))
}

// lengths are the code lengths of a block.
type lengths struct {
	lit [288]uint8
	off [32]uint8
}

func fixedLengths() (l lengths) {
	for i := range l.lit {
		switch {
		case i < 144:
			l.lit[i] = 8
		case i < 256:
			l.lit[i] = 9
		case i < 280:
			l.lit[i] = 7
		default:
			l.lit[i] = 8
		}
	}
	for i := range l.off {
		l.off[i] = 5
	}
	return l
}

// payload returns the bits that the items take.
func (l *lengths) payload(s *stats) int {
	n := s.extra
	for i, c := range s.lit {
		n += int(c) * int(l.lit[i])
	}
	for i, c := range s.off {
		n += int(c) * int(l.off[i])
	}
	return n
}

// header is the description of the codes of a block (section 3.2.7).
type header struct {
	lengths
	lits, offs int
	rle        []uint16 // symbols of the code length code, extra bits above
	code       [19]uint8
	codes      int
	size       int // bits
}

var codeOrder = [19]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// bestHeader returns the codes with which header and items take the fewest
// bits: those of the counts, or of counts made smoother, whose lengths
// repeat more.
func bestHeader(s *stats) *header {
	var best *header
	least := math.MaxInt
	for _, smooth := range []bool{false, true} {
		t := *s
		if smooth {
			smoothen(t.lit[:])
			smoothen(t.off[:])
		}
		var l lengths
		codeLengths(l.lit[:litSymbols], t.lit[:], 15)
		codeLengths(l.off[:offSymbols], t.off[:], 15)
		payload := l.payload(s)
		// Whether a run is told by its repeats or symbol by symbol.
		for use := range 8 {
			h := newHeader(l, use&1 != 0, use&2 != 0, use&4 != 0)
			if n := h.size + payload; n < least {
				best, least = h, n
			}
		}
	}
	return best
}

func newHeader(l lengths, use16, use17, use18 bool) *header {
	h := &header{lengths: l, lits: litSymbols, offs: offSymbols}
	for h.lits > 257 && l.lit[h.lits-1] == 0 {
		h.lits--
	}
	for h.offs > 1 && l.off[h.offs-1] == 0 {
		h.offs--
	}
	var all [litSymbols + offSymbols]uint8
	n := copy(all[:], l.lit[:h.lits])
	n += copy(all[n:], l.off[:h.offs])
	h.rle = runs(all[:n], use16, use17, use18)
	var counts [19]uint32
	h.size = 17
	for _, v := range h.rle {
		counts[v&31]++
		h.size += rleWidth(v & 31)
	}
	codeLengths(h.code[:], counts[:], 7)
	for i, c := range counts {
		h.size += int(c) * int(h.code[i])
	}
	h.codes = 19
	for h.codes > 4 && h.code[codeOrder[h.codes-1]] == 0 {
		h.codes--
	}
	h.size += 3 * h.codes
	return h
}

// runs writes the lengths with the repeat symbols 16 to 18 that may be used.
func runs(all []uint8, use16, use17, use18 bool) (out []uint16) {
	for i := 0; i < len(all); {
		v, n := all[i], 1
		for i+n < len(all) && all[i+n] == v {
			n++
		}
		i += n
		if v == 0 {
			for ; use18 && n >= 11; n -= min(n, 138) {
				out = append(out, 18|uint16(min(n, 138)-11)<<5)
			}
			for ; use17 && n >= 3; n -= min(n, 10) {
				out = append(out, 17|uint16(min(n, 10)-3)<<5)
			}
		} else if use16 && n >= 4 {
			out = append(out, uint16(v))
			for n--; n >= 3; {
				k := min(n, 6)
				if n == 7 || n == 8 { // two repeats rather than one and rests
					k = 4
				}
				out = append(out, 16|uint16(k-3)<<5)
				n -= k
			}
		}
		for ; n > 0; n-- {
			out = append(out, uint16(v))
		}
	}
	return out
}

func rleWidth(symbol uint16) int {
	switch symbol {
	case 16:
		return 2
	case 17:
		return 3
	case 18:
		return 7
	}
	return 0
}

func (h *header) write(w *bitWriter) {
	w.bits(uint32(h.lits-257), 5)
	w.bits(uint32(h.offs-1), 5)
	w.bits(uint32(h.codes-4), 4)
	for _, s := range codeOrder[:h.codes] {
		w.bits(uint32(h.code[s]), 3)
	}
	var c [19]uint16
	codes(c[:], h.code[:])
	for _, v := range h.rle {
		s := v & 31
		w.bits(uint32(c[s]), int(h.code[s]))
		w.bits(uint32(v>>5), rleWidth(s))
	}
}

// smoothen makes neighbouring counts equal where they nearly are, so that
// their code lengths are too (as zopfli does).
func smoothen(counts []uint32) {
	n := len(counts)
	for n > 0 && counts[n-1] == 0 {
		n--
	}
	for i := 0; i < n; {
		// A stretch whose counts stay near its mean.
		sum, j := counts[i], i+1
		for j < n && counts[j] != 0 && counts[i] != 0 {
			mean := int(sum) / (j - i)
			if d := int(counts[j]) - mean; d > 4+mean/16 || -d > 4+mean/16 {
				break
			}
			sum += counts[j]
			j++
		}
		if k := uint32(j - i); k >= 4 {
			for m := i; m < j; m++ {
				counts[m] = max(1, (sum+k/2)/k)
			}
		}
		i = j
	}
}
