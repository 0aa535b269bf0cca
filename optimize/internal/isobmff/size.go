package isobmff

import (
	"bytes"
	"encoding/binary"
)

// Size returns the pixels at which a film is shown; zeros if it has no track
// with pictures, several, or one whose headers do not agree on its size:
// players differ in which they follow.
func Size(b []byte) (w, h int) {
	m := &movie{b: b}
	found := 0
	err := walk(b, 0, len(b), true, func(x Box) error {
		if x.Kind == "moov" {
			m.moov = x
			if found++; found > 1 {
				return errUnusual
			}
		}
		return nil
	})
	if err != nil || found != 1 || m.readMoov() != nil {
		return 0, 0
	}
	films := 0
	for i := range m.tracks {
		if t := &m.tracks[i]; t.video {
			films++
			w, h = t.frame(b)
		}
	}
	if films != 1 {
		return 0, 0
	}
	return w, h
}

// Turns of a picture: the first four numbers of a matrix (section 6.2.2), in
// fixed point.
const one = 1 << 16

// frame returns the size of a track's pictures as they are shown.
func (t *track) frame(b []byte) (w, h int) {
	tail := 76 // behind version and flags: times, layer, matrix, size (section 8.3.2)
	if t.tkhd.End-t.tkhd.Data < 4 {
		return 0, 0
	}
	if b[t.tkhd.Data] == 1 {
		tail += 12
	}
	if t.tkhd.End-t.tkhd.Data != 4+tail+4 {
		return 0, 0
	}
	head := b[t.tkhd.End-44 : t.tkhd.End]
	at := func(i int) int32 { return int32(binary.BigEndian.Uint32(head[4*i:])) }
	if at(9)&0xffff != 0 || at(10)&0xffff != 0 || at(2) != 0 || at(5) != 0 || at(8) != 1<<30 {
		return 0, 0
	}
	w, h = int(uint32(at(9))>>16), int(uint32(at(10))>>16)
	if cw, ch := t.coded(b); cw != w || ch != h {
		return 0, 0
	}
	switch [4]int32{at(0), at(1), at(3), at(4)} {
	case [4]int32{one, 0, 0, one}, [4]int32{-one, 0, 0, -one}:
		return w, h
	case [4]int32{0, one, -one, 0}, [4]int32{0, -one, one, 0}:
		return h, w
	}
	return 0, 0
}

// coded returns the size in the one sample entry of a track (section 12.1.3),
// zeros if its pixels are not square or some are cut off.
func (t *track) coded(b []byte) (w, h int) {
	if t.stsd.End-t.stsd.Data < 8 || binary.BigEndian.Uint32(b[t.stsd.Data+4:]) != 1 {
		return 0, 0
	}
	entry := Box{}
	n := 0
	if walk(b, t.stsd.Data+8, t.stsd.End, false, func(x Box) error { entry = x; n++; return nil }) != nil || n != 1 || entry.End-entry.Data < 78 {
		return 0, 0
	}
	text := b[entry.Data:entry.End]
	w, h = int(binary.BigEndian.Uint16(text[24:])), int(binary.BigEndian.Uint16(text[26:]))
	rest := text[78:]
	if bytes.Contains(rest, []byte("clap")) {
		return 0, 0
	}
	if i := bytes.Index(rest, []byte("pasp")); i >= 0 && (len(rest) < i+12 || !bytes.Equal(rest[i+4:i+8], rest[i+8:i+12])) {
		return 0, 0
	}
	return w, h
}
