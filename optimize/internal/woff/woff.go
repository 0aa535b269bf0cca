// Package woff takes fonts for the web apart and packs them: WOFF 2.0 (W3C
// Recommendation of 8 August 2024), WOFF 1.0 (of 13 December 2012) and the
// plain tables of OpenType that both hold.
package woff

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Font is the tables of a font, by their tags.
type Font struct {
	Flavor uint32 // 0x00010000 or "true" for TrueType outlines, "OTTO" for CFF
	Tables map[string][]byte
}

// MaxSize bounds the bytes of a font's tables. The largest fonts with the
// characters of all languages are of some 20 MB.
const MaxSize = 32 << 20

const maxTables = 256

var errFont = errors.New("not a valid font")

func malformed(what string) error { return fmt.Errorf("%w: %s", errFont, what) }

const (
	signature1  = "wOFF"
	signature2  = "wOF2"
	collection  = "ttcf"
	trueType    = "\x00\x01\x00\x00"
	appleType   = "true"
	compactType = "OTTO"
)

// Read takes a font apart, whatever of the three forms it has. A collection is
// none of them.
func Read(b []byte) (*Font, error) {
	if len(b) < 12 {
		return nil, malformed("too short")
	}
	switch string(b[:4]) {
	case signature2:
		return read2(b)
	case signature1:
		return read1(b)
	case trueType, appleType, compactType:
		return readTables(b)
	}
	return nil, malformed("no known signature")
}

// readTables reads the table directory of OpenType.
func readTables(b []byte) (*Font, error) {
	n := int(binary.BigEndian.Uint16(b[4:]))
	if n == 0 || n > maxTables || len(b) < 12+16*n {
		return nil, malformed("table directory")
	}
	f := &Font{Flavor: binary.BigEndian.Uint32(b), Tables: map[string][]byte{}}
	for i := range n {
		d := b[12+16*i:]
		at, size := uint64(binary.BigEndian.Uint32(d[8:])), uint64(binary.BigEndian.Uint32(d[12:]))
		if at+size > uint64(len(b)) {
			return nil, malformed("a table ends behind the file")
		}
		if err := f.put(string(d[:4]), b[at:at+size]); err != nil {
			return nil, err
		}
	}
	return f, nil
}

func (f *Font) put(tag string, b []byte) error {
	if f.Tables[tag] != nil {
		return malformed("a table stands in it twice")
	}
	if b == nil {
		b = []byte{}
	}
	f.Tables[tag] = b
	return nil
}

// tags returns the tables in the order that the directory wants.
func (f *Font) tags() []string {
	var out []string
	for t := range f.Tables {
		out = append(out, t)
	}
	slices.Sort(out)
	return out
}

// OpenType returns the font as a plain file.
func (f *Font) OpenType() []byte {
	tags := f.tags()
	n := len(tags)
	pow, log := 1, 0
	for pow*2 <= n {
		pow, log = pow*2, log+1
	}
	out := binary.BigEndian.AppendUint32(nil, f.Flavor)
	for _, v := range []int{n, 16 * pow, log, 16 * (n - pow)} {
		out = binary.BigEndian.AppendUint16(out, uint16(v))
	}
	at := 12 + 16*n
	for _, t := range tags {
		b := f.Tables[t]
		out = append(out, t...)
		for _, v := range []uint32{checksum(b), uint32(at), uint32(len(b))} {
			out = binary.BigEndian.AppendUint32(out, v)
		}
		at += (len(b) + 3) &^ 3
	}
	for _, t := range tags {
		out = append(out, f.Tables[t]...)
		for len(out)%4 != 0 {
			out = append(out, 0)
		}
	}
	return out
}

func checksum(b []byte) uint32 {
	var sum uint32
	for i := 0; i < len(b); i += 4 {
		var w [4]byte
		copy(w[:], b[i:])
		sum += binary.BigEndian.Uint32(w[:])
	}
	return sum
}

// reader reads a part of a font; what is not there reads as 0 and marks it bad.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) bytes(n int) []byte {
	if n < 0 || n > len(r.b) {
		r.bad = true
		r.b = nil
		return nil
	}
	out := r.b[:n:n]
	r.b = r.b[n:]
	return out
}

func (r *reader) u8() int {
	b := r.bytes(1)
	if b == nil {
		return 0
	}
	return int(b[0])
}

func (r *reader) u16() int {
	b := r.bytes(2)
	if b == nil {
		return 0
	}
	return int(binary.BigEndian.Uint16(b))
}

func (r *reader) i16() int { return int(int16(r.u16())) }

func (r *reader) u32() int {
	b := r.bytes(4)
	if b == nil {
		return 0
	}
	return int(binary.BigEndian.Uint32(b))
}

// base128 reads a UIntBase128 (WOFF 2.0, section 4.1).
func (r *reader) base128() int {
	v := 0
	for i := range 5 {
		c := r.u8()
		if i == 0 && c == 0x80 || v>>25 != 0 {
			break
		}
		if v = v<<7 | c&0x7f; c&0x80 == 0 {
			return v
		}
	}
	r.bad = true
	return 0
}

// short reads a 255UInt16 (WOFF 2.0, section 4.1).
func (r *reader) short() int {
	const word, more1, more2, lowest = 253, 255, 254, 253
	switch c := r.u8(); c {
	case word:
		return r.u16()
	case more1:
		return r.u8() + lowest
	case more2:
		return r.u8() + 2*lowest
	default:
		return c
	}
}

// knownTags are the tags that WOFF 2.0 writes as a number (section 4.1).
var knownTags = strings.Split("cmap head hhea hmtx maxp name OS/2 post cvt_ fpgm glyf loca prep CFF_ VORG EBDT EBLC gasp hdmx kern LTSH PCLT VDMX vhea vmtx BASE GDEF GPOS GSUB EBSC JSTF MATH "+
	"CBDT CBLC COLR CPAL SVG_ sbix acnt avar bdat bloc bsln cvar fdsc feat fmtx fvar gvar hsty just lcar mort morx opbd prop trak Zapf Silf Glat Gloc Feat Sill", " ")

func init() {
	for i, t := range knownTags {
		knownTags[i] = strings.ReplaceAll(t, "_", " ")
	}
}
