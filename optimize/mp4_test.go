package optimize

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/hone-web/hone/site"
)

// testMP4 returns a film of one sample whose index stands behind its data, or
// in front of it. mp4 writes a box.
func testMP4(front bool, w, h uint16) []byte {
	be := func(vs ...uint32) (b []byte) {
		for _, v := range vs {
			b = binary.BigEndian.AppendUint32(b, v)
		}
		return b
	}
	ftyp, mdat := mp4("ftyp", []byte("isom\x00\x00\x02\x00")), mp4("mdat", []byte("sample"))
	moov := func(off int) []byte {
		entry := make([]byte, 78)
		binary.BigEndian.PutUint16(entry[24:], w)
		binary.BigEndian.PutUint16(entry[26:], h)
		stbl := mp4("stbl", mp4("stsd", be(0, 1), mp4("avc1", entry)), mp4("stsc", be(0, 1, 1, 1, 1)), mp4("stsz", be(0, 6, 1)), mp4("stco", be(0, 1, uint32(off))))
		minf := mp4("minf", mp4("dinf", mp4("dref", be(0, 1), mp4("url ", be(1)))), stbl)
		tkhd := mp4("tkhd", make([]byte, 40), be(1<<16, 0, 0, 0, 1<<16, 0, 0, 0, 1<<30, uint32(w)<<16, uint32(h)<<16))
		return mp4("moov", mp4("mvhd", make([]byte, 100)), mp4("trak", tkhd, mp4("mdia", mp4("hdlr", be(0, 0), []byte("vide"), make([]byte, 13)), minf)))
	}
	if front {
		return bytes.Join([][]byte{ftyp, moov(len(ftyp) + len(moov(0)) + 8), mdat}, nil)
	}
	return bytes.Join([][]byte{ftyp, mdat, moov(len(ftyp) + 8)}, nil)
}

func TestMP4(t *testing.T) {
	t.Parallel()
	last, first := testMP4(false, 320, 240), testMP4(true, 320, 240)
	for _, c := range []struct {
		name, kept string
		in, want   []byte
		facts      site.Facts
	}{
		{"last", "", last, first, site.Facts{Width: 320, Height: 240, Note: "moov moved to the front"}},
		{"first", "already starts with its index", first, nil, site.Facts{Width: 320, Height: 240}},
		{"cut off", "its index stays where it is: its boxes do not add up", last[:len(last)-1], nil, site.Facts{}},
		{"empty", "its index stays where it is: its index is of an unusual kind", nil, nil, site.Facts{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			out, err := MP4.Run(t.Context(), &Input{Path: "a.mp4", Kind: site.Media, Bytes: c.in, Options: &Options{}})
			if err != nil || !bytes.Equal(out.Bytes, c.want) || out.Kept != c.kept || out.Facts != c.facts {
				t.Errorf("error %v, kept %q, facts %+v, %d bytes, want %d", err, out.Kept, out.Facts, len(out.Bytes), len(c.want))
			}
		})
	}
	for path, want := range map[site.Path]bool{"a.mp4": true, "a.M4V": true, "a.m4a": true, "a.mov": true, "a.webm": false, "a.mp3": false} {
		if MP4.Match(path) != want {
			t.Errorf("%s: %v", path, !want)
		}
	}
}
