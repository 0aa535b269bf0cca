package jpegtran

import "math/bits"

// A token is a Huffman symbol with the plain bits after it, or plain bits
// alone: table<<29 | symbol<<21 | number of bits<<16 | bits. A pass is first
// turned into tokens, then the tables are made from their counts.
type token uint32

const rawTable = 7

// The tables of a pass: 0 and 1 for DC, 2 and 3 for AC.
type tokens struct {
	list []token
	// State of progressive AC passes.
	table   int    // the one all symbols use
	run     uint32 // blocks that ended and are not yet written (EOBRUN)
	pending []byte // correction bits that follow that run's symbol
}

func (t *tokens) add(table int, symbol byte, v uint32, n int) {
	t.list = append(t.list, token(table)<<29|token(symbol)<<21|token(n)<<16|token(v&(1<<n-1)))
}

func (t *tokens) raw(v uint32, n int) { t.add(rawTable, 0, v, n) }

// magnitude returns size and bits of a coefficient (section F.1.2.1).
func magnitude(v int32) (size int, bitsOf uint32) {
	if v < 0 {
		size = bits.Len32(uint32(-v))
		return size, uint32(v - 1)
	}
	return bits.Len32(uint32(v)), uint32(v)
}

func (t *tokens) dc(table int, pred *int32, v int32) {
	size, low := magnitude(v - *pred)
	*pred = v
	t.add(table, byte(size), low, size)
}

// sequentialAC codes a block of a sequential scan (section F.1.2.2).
func (t *tokens) sequentialAC(table int, b []int16) {
	run := 0
	for k := 1; k < 64; k++ {
		if b[k] == 0 {
			run++
			continue
		}
		for ; run > 15; run -= 16 {
			t.add(table, 0xf0, 0, 0)
		}
		size, low := magnitude(int32(b[k]))
		t.add(table, byte(run<<4|size), low, size)
		run = 0
	}
	if run > 0 {
		t.add(table, 0, 0, 0)
	}
}

// first codes a block in the first pass of a band (section G.1.2.2).
func (t *tokens) first(b []int16, ss, se, al int) {
	run := 0
	for k := ss; k <= se; k++ {
		v := int32(b[k])
		if v == 0 {
			run++
			continue
		}
		if v < 0 { // the bits of a value are cut towards zero
			v = -(-v >> al)
		} else {
			v >>= al
		}
		if v == 0 {
			run++
			continue
		}
		t.endRun()
		for ; run > 15; run -= 16 {
			t.add(t.table, 0xf0, 0, 0)
		}
		size, low := magnitude(v)
		t.add(t.table, byte(run<<4|size), low, size)
		run = 0
	}
	if run > 0 {
		t.blockEnds()
	}
}

// blockEnds counts a block whose rest is zero.
func (t *tokens) blockEnds() {
	if t.run++; t.run == 0x7fff {
		t.endRun()
	}
}

// endRun writes the run of ended blocks and their correction bits.
func (t *tokens) endRun() {
	if t.run > 0 {
		n := bits.Len32(t.run) - 1
		t.add(t.table, byte(n<<4), t.run, n)
		t.run = 0
	}
	t.corrections(t.pending)
	t.pending = t.pending[:0]
}

func (t *tokens) corrections(c []byte) {
	for _, bit := range c {
		t.raw(uint32(bit), 1)
	}
}

// refine codes a block in a later pass of a band (section G.1.2.3).
func (t *tokens) refine(b []int16, ss, se, al int) {
	var value [64]int32
	last := 0 // the last coefficient that becomes nonzero in this pass
	for k := ss; k <= se; k++ {
		v := int32(b[k])
		if v < 0 {
			v = -v
		}
		if value[k] = v >> al; value[k] == 1 {
			last = k
		}
	}
	run := 0
	var here [64]byte // correction bits since the last symbol of this block
	n := 0
	for k := ss; k <= se; k++ {
		v := value[k]
		if v == 0 {
			run++
			continue
		}
		for ; run > 15 && k <= last; run -= 16 {
			t.endRun()
			t.add(t.table, 0xf0, 0, 0)
			t.corrections(here[:n])
			n = 0
		}
		if v > 1 { // already nonzero: one more bit
			here[n] = byte(v & 1)
			n++
			continue
		}
		t.endRun()
		sign := uint32(1)
		if b[k] < 0 {
			sign = 0
		}
		t.add(t.table, byte(run<<4|1), sign, 1)
		t.corrections(here[:n])
		run, n = 0, 0
	}
	if run > 0 || n > 0 {
		t.pending = append(t.pending, here[:n]...)
		t.blockEnds()
	}
}

func (t *tokens) counts() (c [4][256]int) {
	for _, k := range t.list {
		if table := k >> 29; table != rawTable {
			c[table][k>>21&255]++
		}
	}
	return c
}

// appendCode writes the tokens, padded with ones to a whole byte, a zero byte
// after each 0xff (section F.1.2.3).
func (t *tokens) appendCode(b []byte, codes *[4]*encodeTable) []byte {
	var acc uint64
	var n uint
	for _, k := range t.list {
		if table := k >> 29; table != rawTable {
			e := codes[table]
			size := uint(e.size[k>>21&255])
			acc, n = acc<<size|uint64(e.code[k>>21&255]), n+size
		}
		extra := uint(k >> 16 & 31)
		acc, n = acc<<extra|uint64(k&0xffff), n+extra
		for n >= 8 {
			n -= 8
			c := byte(acc >> n)
			if b = append(b, c); c == 0xff {
				b = append(b, 0)
			}
		}
	}
	if n > 0 {
		c := byte(acc<<(8-n)) | (1<<(8-n) - 1)
		if b = append(b, c); c == 0xff {
			b = append(b, 0)
		}
	}
	return b
}
