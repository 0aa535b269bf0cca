package woff

import (
	"bytes"
	"encoding/binary"
	"io"
	"slices"

	"github.com/andybalholm/brotli"
)

// entry is a row of the table directory of WOFF 2.0.
type entry struct {
	tag       string
	transform bool
	packed    int // bytes in the stream
}

// read2 reads WOFF 2.0 (sections 4 and 5).
func read2(b []byte) (*Font, error) {
	r := reader{b: b[4:]}
	f := &Font{Flavor: uint32(r.u32()), Tables: map[string][]byte{}}
	if f.Flavor == binary.BigEndian.Uint32([]byte(collection)) {
		return nil, malformed("a collection of fonts")
	}
	r.u32() // length
	n := r.u16()
	r.u16()
	r.u32() // totalSfntSize: "only a reference"
	size := r.u32()
	r.bytes(24)
	if n == 0 || n > maxTables {
		return nil, malformed("table directory")
	}
	var list []entry
	total := 0
	for range n {
		e := directoryEntry(&r)
		if total += e.packed; r.bad || total > MaxSize {
			return nil, malformed("table directory")
		}
		list = append(list, e)
	}
	packed := r.bytes(size)
	if r.bad {
		return nil, malformed("truncated")
	}
	stream := make([]byte, total)
	if _, err := io.ReadFull(brotli.NewReader(bytes.NewReader(packed)), stream); err != nil {
		return nil, malformed("the tables cannot be unpacked")
	}
	s := reader{b: stream}
	var moved []entry
	parts := map[string][]byte{}
	for _, e := range list {
		data := s.bytes(e.packed)
		if e.transform {
			moved = append(moved, e)
			parts[e.tag] = data
			continue
		}
		if err := f.put(e.tag, data); err != nil {
			return nil, err
		}
	}
	return f, f.restore(moved, parts)
}

// directoryEntry reads a row (section 4.1).
func directoryEntry(r *reader) entry {
	flags := r.u8()
	e := entry{}
	if i := flags & 0x3f; i < len(knownTags) {
		e.tag = knownTags[i]
	} else {
		e.tag = string(r.bytes(4))
	}
	version := flags >> 6
	if e.tag == "glyf" || e.tag == "loca" {
		e.transform = version != 3
	} else {
		e.transform = version != 0
	}
	e.packed = r.base128()
	if e.transform {
		if e.packed = r.base128(); e.tag == "loca" && e.packed != 0 || version != 0 && e.tag != "hmtx" || e.tag == "hmtx" && version != 1 {
			r.bad = true
		}
	}
	return e
}

// restore undoes the transformations.
func (f *Font) restore(moved []entry, parts map[string][]byte) error {
	has := func(tag string) bool { return slices.ContainsFunc(moved, func(e entry) bool { return e.tag == tag }) }
	if has("glyf") != has("loca") {
		return malformed("glyf without loca")
	}
	var left []int16 // xMin of each glyph
	if has("glyf") {
		g, err := restoreGlyphs(parts["glyf"])
		if err != nil {
			return err
		}
		if len(f.Tables["head"]) < 54 {
			return malformed("head")
		}
		head := slices.Clone(f.Tables["head"])
		binary.BigEndian.PutUint16(head[50:], g.format)
		f.Tables["head"] = head
		if err := f.put("glyf", g.glyf); err != nil {
			return err
		}
		if err := f.put("loca", g.loca()); err != nil {
			return err
		}
		left = g.left
	}
	if has("hmtx") {
		b, err := f.restoreMetrics(parts["hmtx"], left)
		if err != nil {
			return err
		}
		return f.put("hmtx", b)
	}
	return nil
}

// restoreMetrics undoes the transformation of hmtx (section 5.4): side
// bearings that equal the glyph's left edge are left out.
func (f *Font) restoreMetrics(b []byte, left []int16) ([]byte, error) {
	hhea := f.Tables["hhea"]
	if len(hhea) < 36 || len(left) != f.numGlyphs() {
		return nil, malformed("hhea")
	}
	n := int(binary.BigEndian.Uint16(hhea[34:]))
	r := reader{b: b}
	flags := r.u8()
	if n == 0 || n > len(left) || flags&3 == 0 || flags&^3 != 0 {
		return nil, malformed("hmtx")
	}
	widths := r.bytes(2 * n)
	bearing := func(omitted bool, glyphs []int16) []byte {
		if !omitted {
			return r.bytes(2 * len(glyphs))
		}
		var out []byte
		for _, x := range glyphs {
			out = binary.BigEndian.AppendUint16(out, uint16(x))
		}
		return out
	}
	first := bearing(flags&1 != 0, left[:n])
	rest := bearing(flags&2 != 0, left[n:])
	if r.bad {
		return nil, malformed("hmtx")
	}
	var out []byte
	for i := range n {
		out = append(append(out, widths[2*i:2*i+2]...), first[2*i:2*i+2]...)
	}
	return append(out, rest...), nil
}

// WOFF2 returns the font as WOFF 2.0. The tables are not transformed, which
// costs some per cent.
func (f *Font) WOFF2() []byte {
	head := slices.Clone(f.Tables["head"])
	if len(head) > 17 {
		head[16] |= 8 // bit 11 of flags: it was packed and may differ (section 5)
	}
	var dir, stream []byte
	tags := f.tags()
	tags = slices.DeleteFunc(tags, func(t string) bool { return t == "DSIG" }) // section 5: it signs other bytes
	// loca follows glyf at once.
	if i, j := slices.Index(tags, "glyf"), slices.Index(tags, "loca"); i >= 0 && j > i {
		tags = slices.Insert(slices.Delete(tags, j, j+1), i+1, "loca")
	}
	size := 12 + 16*len(tags)
	for _, t := range tags {
		b := f.Tables[t]
		if t == "head" {
			b = head
		}
		i := slices.Index(knownTags, t)
		flags := byte(0x3f)
		if i >= 0 {
			flags = byte(i)
		}
		if t == "glyf" || t == "loca" {
			flags |= 3 << 6
		}
		dir = append(dir, flags)
		if i < 0 {
			dir = append(dir, t...)
		}
		dir = appendBase128(dir, len(b))
		stream = append(stream, b...)
		size += (len(b) + 3) &^ 3
	}
	quality := brotli.BestCompression
	if len(stream) > largeFont {
		quality = largeQuality
	}
	var z bytes.Buffer
	w := brotli.NewWriterOptions(&z, brotli.WriterOptions{Quality: quality, LGWin: 22})
	_, _ = w.Write(stream) // a buffer takes everything
	_ = w.Close()
	length := (48 + len(dir) + z.Len() + 3) &^ 3
	out := append([]byte(signature2), binary.BigEndian.AppendUint32(nil, f.Flavor)...)
	out = binary.BigEndian.AppendUint32(out, uint32(length))
	out = binary.BigEndian.AppendUint16(out, uint16(len(tags)))
	out = append(out, 0, 0)
	out = binary.BigEndian.AppendUint32(out, uint32(size))
	out = binary.BigEndian.AppendUint32(out, uint32(z.Len()))
	out = append(out, make([]byte, 24)...)
	out = append(append(out, dir...), z.Bytes()...)
	return append(out, make([]byte, length-len(out))...)
}

// Brotli's best takes some five seconds a megabyte. A font of more than largeFont
// bytes is packed in a twelfth of that, which makes it a tenth larger (measured
// on 2.8 MB of DejaVu).
const (
	largeFont    = 512 << 10
	largeQuality = 9
)

func appendBase128(b []byte, v int) []byte {
	for shift := 28; shift > 0; shift -= 7 {
		if v>>shift != 0 {
			b = append(b, byte(v>>shift)|0x80)
		}
	}
	return append(b, byte(v)&0x7f)
}
