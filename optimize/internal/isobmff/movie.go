package isobmff

import (
	"bytes"
	"encoding/binary"
	"errors"
)

// Reasons to leave a file as it is.
var (
	errFragmented = errors.New("its index is spread over the file")
	errEncrypted  = errors.New("it is encrypted, with offsets of its own")
	errItems      = errors.New("it holds items with offsets of their own")
	errForeign    = errors.New("it holds boxes that hone does not know")
	errOutside    = errors.New("its data is in another file")
	errUnusual    = errors.New("its index is of an unusual kind")
	errTooMany    = errors.New("it has too many boxes")
)

// Bounds on what real files have: some ten boxes, two or three tracks.
const (
	maxTop    = 4096
	maxTracks = 256
)

// movie is a file whose index is a single moov box.
type movie struct {
	b      []byte
	insert int // where moov belongs: behind ftyp
	moov   Box
	data   []Box // mdat boxes, in order
	tracks []track
}

// track is what one track of moov says about where its samples lie.
type track struct {
	offsets Box // stco or co64
	wide    bool
	chunks  int // entries of offsets
	at      int // of the first

	stscAt, stscN int // sample-to-chunk table
	sizeAt        int // sample sizes, where size is 0
	size          uint32
	samples       uint64
	video         bool
	tkhd, stsd    Box
}

// xmp is the extended type of boxes with XMP metadata (XMP specification part
// 3, section 1.2.6), which hold no offsets.
var xmp = []byte{0xbe, 0x7a, 0xcf, 0xcb, 0x97, 0xa9, 0x42, 0xe8, 0x9c, 0x71, 0x99, 0x94, 0x91, 0xe3, 0xaf, 0xac}

// parse reads a file without fragments. An error says why its boxes must stay
// where they are.
func parse(b []byte) (*movie, error) {
	m := &movie{b: b}
	moovs, boxes := 0, 0
	err := walk(b, 0, len(b), true, func(x Box) error {
		if boxes++; boxes > maxTop {
			return errTooMany
		}
		if boxes == 1 && x.Kind != "ftyp" {
			return errUnusual
		}
		switch x.Kind {
		case "ftyp":
			if boxes > 1 {
				return errUnusual
			}
			m.insert = x.End
		case "moov":
			m.moov = x
			moovs++
		case "mdat":
			m.data = append(m.data, x)
		case "free", "skip", "wide", "pdin":
		case "uuid":
			if x.End-x.Data < 16 || !bytes.Equal(b[x.Data:x.Data+16], xmp) {
				return errForeign
			}
		case "moof", "mfra", "sidx", "ssix", "styp", "emsg", "prft":
			return errFragmented
		case "meta":
			return m.meta(x)
		default:
			return errForeign
		}
		return nil
	})
	switch {
	case err != nil:
		return nil, err
	case moovs != 1 || len(m.data) == 0 || m.moov.Open:
		return nil, errUnusual
	}
	if err := m.readMoov(); err != nil {
		return nil, err
	}
	return m, nil
}

// meta rules out metadata with items: their places are offsets into the file
// (iloc, section 8.11.3). What it holds is not read any further, because
// QuickTime and MPEG disagree on its head.
func (m *movie) meta(x Box) error {
	if bytes.Contains(m.b[x.Data:x.End], []byte("iloc")) {
		return errItems
	}
	return nil
}

func (m *movie) readMoov() error {
	return walk(m.b, m.moov.Data, m.moov.End, false, func(x Box) error {
		switch x.Kind {
		case "trak":
			if len(m.tracks) == maxTracks {
				return errTooMany
			}
			return m.readTrack(x)
		case "mvex":
			return errFragmented
		case "mvhd", "iods", "free", "skip", "wide", "ctab", "clip", "pssh", "prfl":
		case "udta", "meta":
			return m.meta(x)
		default: // cmov (an index that is compressed) among them
			return errForeign
		}
		return nil
	})
}

// readTrack reads a trak box (section 8.3.1).
func (m *movie) readTrack(trak Box) error {
	var t track
	var mdia Box
	media := 0
	err := walk(m.b, trak.Data, trak.End, false, func(x Box) error {
		switch x.Kind {
		case "mdia":
			mdia = x
			media++
		case "tkhd":
			t.tkhd = x
		case "udta", "meta":
			return m.meta(x)
		case "uuid":
			return errForeign
		}
		return nil
	})
	if err != nil {
		return err
	}
	if media != 1 {
		return errUnusual
	}
	if hdlr, ok, err := child(m.b, mdia, "hdlr"); err != nil {
		return err
	} else if ok && hdlr.End-hdlr.Data >= 12 {
		t.video = string(m.b[hdlr.Data+8:hdlr.Data+12]) == "vide"
	}
	minf, ok, err := child(m.b, mdia, "minf")
	if err != nil || !ok {
		return errors.Join(errUnusual, err)
	}
	if err := m.readSource(minf); err != nil {
		return err
	}
	stbl, ok, err := child(m.b, minf, "stbl")
	if err != nil || !ok {
		return errors.Join(errUnusual, err)
	}
	if err := m.readTable(&t, stbl); err != nil {
		return err
	}
	m.tracks = append(m.tracks, t)
	return nil
}

// readSource checks that the data of a track is in this file: the flags of
// each entry of dref say so (section 8.7.2).
func (m *movie) readSource(minf Box) error {
	dinf, ok, err := child(m.b, minf, "dinf")
	if err != nil || !ok {
		return errors.Join(errUnusual, err)
	}
	dref, ok, err := child(m.b, dinf, "dref")
	if err != nil || !ok || dref.End-dref.Data < 8 {
		return errors.Join(errUnusual, err)
	}
	return walk(m.b, dref.Data+8, dref.End, false, func(x Box) error {
		if x.End-x.Data < 4 || m.b[x.Data+3]&1 == 0 {
			return errOutside
		}
		return nil
	})
}

// readTable reads the sample table of a track (section 8.5.1).
func (m *movie) readTable(t *track, stbl Box) error {
	seen := map[string]bool{}
	err := walk(m.b, stbl.Data, stbl.End, false, func(x Box) error {
		ok := true
		switch x.Kind {
		case "stco":
			t.offsets = x
			t.at, t.chunks, ok = table(m.b, x, 4)
			x.Kind = "chunks" // one of the two kinds
		case "co64":
			t.offsets, t.wide = x, true
			t.at, t.chunks, ok = table(m.b, x, 8)
			x.Kind = "chunks"
		case "stsc":
			t.stscAt, t.stscN, ok = table(m.b, x, 12)
		case "stsz":
			ok = m.readSizes(t, x)
		case "stsd":
			t.stsd = x
		case "stz2":
			return errUnusual
		case "saio", "saiz", "senc":
			return errEncrypted
		case "uuid":
			return errForeign
		default:
			return nil
		}
		if !ok || seen[x.Kind] {
			return errUnusual
		}
		seen[x.Kind] = true
		return nil
	})
	if err == nil && (!seen["chunks"] || !seen["stsc"] || !seen["stsz"]) {
		return errUnusual
	}
	return err
}

// readSizes reads a stsz box (section 8.7.3.2): one size for all samples, or
// one for each.
func (m *movie) readSizes(t *track, x Box) bool {
	if x.End-x.Data < 12 {
		return false
	}
	t.size = binary.BigEndian.Uint32(m.b[x.Data+4:])
	n := binary.BigEndian.Uint32(m.b[x.Data+8:])
	t.sizeAt, t.samples = x.Data+12, uint64(n)
	return t.size != 0 || uint64(n) <= uint64(x.End-x.Data-12)/4
}
