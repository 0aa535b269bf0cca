package woff

import (
	"bytes"
	"encoding/binary"
	"io"

	"github.com/klauspost/compress/zlib"
)

// read1 reads WOFF 1.0 (sections 3 to 5).
func read1(b []byte) (*Font, error) {
	r := reader{b: b[4:]}
	f := &Font{Flavor: uint32(r.u32()), Tables: map[string][]byte{}}
	r.u32() // length
	n := r.u16()
	r.bytes(30)
	if n == 0 || n > maxTables {
		return nil, malformed("table directory")
	}
	left := MaxSize
	for range n {
		tag, at, packed, size := string(r.bytes(4)), r.u32(), r.u32(), r.u32()
		r.u32() // checksum
		if r.bad || at+packed > len(b) || packed > size || size > left {
			return nil, malformed("table directory")
		}
		left -= size
		data := b[at : at+packed]
		if packed < size {
			z, err := zlib.NewReader(bytes.NewReader(data))
			if err != nil {
				return nil, malformed("a table cannot be unpacked")
			}
			data = make([]byte, size)
			if _, err := io.ReadFull(z, data); err != nil {
				return nil, malformed("a table cannot be unpacked")
			}
		}
		if err := f.put(tag, data); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// numGlyphs returns how many glyphs a font has.
func (f *Font) numGlyphs() int {
	if b := f.Tables["maxp"]; len(b) >= 6 {
		return int(binary.BigEndian.Uint16(b[4:]))
	}
	return 0
}
