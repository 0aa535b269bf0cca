package jpegtran

// decodeTable decodes a Huffman code (annex C, section F.2.2.3): codes of up
// to lookBits by one look, longer ones by comparison with the greatest code
// of each length.
type decodeTable struct {
	look    [1 << lookBits]uint16 // length<<8 | symbol; 0 when longer
	maxCode [18]int32             // greatest code of each length, left-aligned to 16 bits, exclusive
	offset  [17]int32             // index of a length's first symbol, less its first code
	symbols []byte
}

const lookBits = 9

func newDecodeTable(counts [16]byte, symbols []byte) (*decodeTable, error) {
	t := &decodeTable{symbols: symbols}
	code, k := int32(0), int32(0)
	for n := 1; n <= 16; n++ {
		t.offset[n] = k - code
		for range counts[n-1] {
			if n <= lookBits {
				first := code << (lookBits - n)
				for i := range int32(1) << (lookBits - n) {
					if int(first+i) >= len(t.look) {
						return nil, errSyntax
					}
					t.look[first+i] = uint16(n)<<8 | uint16(symbols[k])
				}
			}
			code++
			k++
		}
		if code > 1<<n {
			return nil, errSyntax // more codes than there are
		}
		t.maxCode[n] = code << (16 - n)
		code <<= 1
	}
	t.maxCode[17] = 1 << 30
	return t, nil
}

// bitReader reads the coded data of a scan. Bits after its end are an error:
// a complete scan never needs them.
type bitReader struct {
	b    []byte
	pos  int
	acc  uint64 // bits not yet used, at the low end
	n    uint   // how many
	over bool   // a marker or the end of the file is next
}

// fill loads whole bytes until at least 32 bits are there or none are left.
func (r *bitReader) fill() {
	for r.n <= 48 && !r.over {
		if r.pos >= len(r.b) {
			r.over = true
			return
		}
		c := r.b[r.pos]
		if c == 0xff {
			if r.pos+1 >= len(r.b) || r.b[r.pos+1] != 0 {
				r.over = true
				return
			}
			r.pos++
		}
		r.pos++
		r.acc = r.acc<<8 | uint64(c)
		r.n += 8
	}
}

func (r *bitReader) short() error {
	if r.pos+1 >= len(r.b) {
		return ErrTruncated
	}
	return errSyntax
}

func (r *bitReader) symbol(t *decodeTable) (byte, error) {
	if r.n < 16 {
		r.fill()
	}
	var peek uint64 // the next 16 bits, ones after the end
	if r.n >= 16 {
		peek = r.acc >> (r.n - 16) & 0xffff
	} else {
		peek = (r.acc<<(16-r.n) | (1<<(16-r.n) - 1)) & 0xffff
	}
	if e := t.look[peek>>(16-lookBits)]; e != 0 {
		n := uint(e >> 8)
		if n > r.n {
			return 0, r.short()
		}
		r.n -= n
		return byte(e), nil
	}
	n := uint(lookBits + 1)
	for ; n <= 16 && int32(peek) >= t.maxCode[n]; n++ {
	}
	if n > 16 {
		if r.n < 16 {
			return 0, r.short()
		}
		return 0, errSyntax
	}
	if n > r.n {
		return 0, r.short()
	}
	r.n -= n
	return t.symbols[int32(peek>>(16-n))+t.offset[n]], nil
}

// bits reads n bits, at most 16.
func (r *bitReader) bits(n uint) (uint32, error) {
	if r.n < n {
		if r.fill(); r.n < n {
			return 0, r.short()
		}
	}
	r.n -= n
	return uint32(r.acc>>r.n) & (1<<n - 1), nil
}

// extend reads a value of n bits (section F.2.2.1).
func (r *bitReader) extend(n uint) (int32, error) {
	if n == 0 {
		return 0, nil
	}
	v, err := r.bits(n)
	if v < 1<<(n-1) {
		return int32(v) - 1<<n + 1, err
	}
	return int32(v), err
}

// restart skips the padding and the restart marker numbered k.
func (r *bitReader) restart(k byte) error {
	pos, err := r.end()
	if err != nil {
		return err
	}
	for pos+1 < len(r.b) && r.b[pos] == 0xff && r.b[pos+1] == 0xff {
		pos++
	}
	if pos+1 >= len(r.b) {
		return ErrTruncated
	}
	if r.b[pos] != 0xff || r.b[pos+1] != mRST0+k {
		return errSyntax
	}
	r.pos, r.acc, r.n, r.over = pos+2, 0, 0, false
	return nil
}

// end returns the position after the data, where a marker must be.
func (r *bitReader) end() (int, error) {
	if r.fill(); !r.over || r.n >= 8 {
		return 0, errSyntax // whole bytes that code nothing
	}
	if r.pos+1 >= len(r.b) {
		return 0, ErrTruncated
	}
	return r.pos, nil
}
