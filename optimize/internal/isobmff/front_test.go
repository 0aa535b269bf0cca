package isobmff

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"
)

// box writes a box.
func box(kind string, parts ...[]byte) []byte {
	data := bytes.Join(parts, nil)
	return append(append(be32(uint32(8+len(data))), kind...), data...)
}

// large writes a box with a length of 64 bits.
func large(kind string, data []byte) []byte {
	b := append(append(be32(1), kind...), make([]byte, 8)...)
	binary.BigEndian.PutUint64(b[8:], uint64(16+len(data)))
	return append(b, data...)
}

func be32(vs ...uint32) []byte {
	var b []byte
	for _, v := range vs {
		b = binary.BigEndian.AppendUint32(b, v)
	}
	return b
}

// film describes a file to build: two tracks whose chunks take turns.
type film struct {
	wide   bool // co64
	same   bool // all samples have one size
	extra  []byte
	stbl   []byte // further boxes of the first track's table
	dref   uint32 // flags of its data reference
	lie    int    // added to the first offset
	before []byte // boxes between ftyp and the data
	behind []byte // boxes behind moov
	long   bool   // the data has a length of 64 bits
	parts  int    // mdat boxes; 0 means one
	front  bool
	turn   bool // shown upright, stored lying
	w, h   uint32
}

const chunksEach = 6 // chunks of a track

// build writes the file. Sample k of track t is filled with a byte of its own.
func (f film) build() []byte {
	ftyp := box("ftyp", []byte("isom\x00\x00\x02\x00isomiso2mp41"))
	chunk := func(t, k int) []byte {
		n := 8
		if !f.same {
			n = 5 + t + k%2
		}
		return bytes.Repeat([]byte{byte(1 + 16*t + k)}, 2*n)
	}
	var mdat []byte
	offs := [2][]int{}
	parts := max(f.parts, 1)
	moovLen := len(f.moov(offs, chunk))
	at := len(ftyp) + len(f.before)
	if f.front {
		at += moovLen
	}
	for p := range parts {
		var data []byte
		head := 8
		if f.long {
			head = 16
		}
		for k := p * chunksEach / parts; k < (p+1)*chunksEach/parts; k++ {
			for t := range 2 {
				offs[t] = append(offs[t], at+head+len(data))
				data = append(data, chunk(t, k)...)
			}
		}
		part := box("mdat", data)
		if f.long {
			part = large("mdat", data)
		}
		mdat = append(mdat, part...)
		at += len(part)
	}
	if f.lie != 0 {
		offs[0][0] += f.lie
	}
	moov := f.moov(offs, chunk)
	if f.front {
		return bytes.Join([][]byte{ftyp, moov, f.before, mdat, f.behind}, nil)
	}
	return bytes.Join([][]byte{ftyp, f.before, mdat, moov, f.behind}, nil)
}

func (f film) moov(offs [2][]int, chunk func(t, k int) []byte) []byte {
	moov := [][]byte{box("mvhd", make([]byte, 100))}
	for t := range 2 {
		kind, handler := "stco", "vide"
		if f.wide {
			kind = "co64"
		}
		if t == 1 {
			handler = "soun"
		}
		table := be32(0, chunksEach)
		for k := range chunksEach {
			off := 0
			if k < len(offs[t]) {
				off = offs[t][k]
			}
			if f.wide {
				table = append(table, be32(0)...)
			}
			table = append(table, be32(uint32(off))...)
		}
		sizes := be32(0, 8, 2*chunksEach)
		if !f.same {
			sizes = be32(0, 0, 2*chunksEach)
			for k := range 2 * chunksEach {
				sizes = append(sizes, be32(uint32(len(chunk(t, k/2))/2))...)
			}
		}
		stbl := [][]byte{f.entry(t), box("stts", be32(0, 1, 2*chunksEach, 1)), box("stsc", be32(0, 2, 1, 2, 1, 3, 2, 1)), box("stsz", sizes), box(kind, table)}
		dref := f.dref
		if t == 0 {
			stbl = append(stbl, f.stbl)
		} else {
			dref = 1
		}
		minf := box("minf", box("dinf", box("dref", be32(0, 1), box("url ", be32(dref)))), box("stbl", stbl...))
		mdia := box("mdia", box("hdlr", be32(0, 0), []byte(handler), make([]byte, 13)), minf)
		moov = append(moov, box("trak", f.head(t), mdia))
	}
	return box("moov", append(moov, f.extra)...)
}

// head writes tkhd.
func (f film) head(t int) []byte {
	matrix := be32(one, 0, 0, 0, one, 0, 0, 0, 1<<30)
	if f.turn {
		matrix = be32(0, one, 0, 1<<32-one, 0, 0, 0, 0, 1<<30)
	}
	w, h := f.w, f.h
	if t == 1 {
		w, h = 0, 0
	}
	return box("tkhd", make([]byte, 40), matrix, be32(w<<16, h<<16))
}

// entry writes stsd.
func (f film) entry(t int) []byte {
	text := make([]byte, 78)
	if t == 0 {
		binary.BigEndian.PutUint16(text[24:], uint16(f.w))
		binary.BigEndian.PutUint16(text[26:], uint16(f.h))
	}
	return box("stsd", be32(0, 1), box("avc1", text, box("pasp", be32(1, 1))))
}

// played returns what a player reads, track by track, with an independent
// reading of the tables of build.
func played(t *testing.T, b []byte) string {
	t.Helper()
	var out []byte
	for at := 0; ; {
		i := bytes.Index(b[at:], []byte("stsz"))
		if i < 0 {
			break
		}
		sizes := b[at+i+8:]
		same, samples := binary.BigEndian.Uint32(sizes), int(binary.BigEndian.Uint32(sizes[4:]))
		at += i + 4
		j := bytes.Index(b[at:], []byte("stco"))
		width := 4
		if k := bytes.Index(b[at:], []byte("co64")); j < 0 || k >= 0 && k < j {
			j, width = k, 8
		}
		table := b[at+j+12:]
		for s := range samples {
			n := int(same)
			if same == 0 {
				n = int(binary.BigEndian.Uint32(sizes[8+4*s:]))
			}
			off := int(binary.BigEndian.Uint32(table[width*(s/2)+width-4:])) + s%2*n
			out = append(out, b[off:off+n]...)
		}
	}
	if len(out) == 0 {
		t.Fatal("nothing to play")
	}
	return string(out)
}

func TestMoveToFront(t *testing.T) {
	t.Parallel()
	free := box("free", make([]byte, 12))
	for _, c := range []struct {
		name string
		film film
		want error // nil: moved
	}{
		{"plain", film{}, nil},
		{"64-bit offsets", film{wide: true}, nil},
		{"one size", film{same: true}, nil},
		{"free space before and behind", film{before: box("wide"), behind: free}, nil},
		{"64-bit length", film{long: true}, nil},
		{"three pieces of data", film{parts: 3}, nil},
		{"XMP", film{behind: box("uuid", xmp, []byte("<x/>"))}, nil},
		{"titles", film{extra: box("udta", box("meta", be32(0), box("ilst")))}, nil},
		{"data behind the index", film{behind: box("mdat", make([]byte, 9))}, nil},
		{"in front", film{front: true}, ErrInFront},
		{"fragments", film{behind: box("moof")}, errFragmented},
		{"fragments announced", film{extra: box("mvex")}, errFragmented},
		{"segment index", film{before: box("sidx", make([]byte, 24))}, errFragmented},
		{"fragment index", film{behind: box("mfra")}, errFragmented},
		{"encrypted", film{stbl: box("saio", make([]byte, 12))}, errEncrypted},
		{"items", film{extra: box("meta", be32(0), box("iloc", make([]byte, 8)))}, errItems},
		{"items of the file", film{behind: box("meta", be32(0), box("iloc", make([]byte, 8)))}, errItems},
		{"other file", film{dref: 1 << 1}, errOutside},
		{"compressed index", film{extra: box("cmov")}, errForeign},
		{"unknown uuid", film{behind: box("uuid", make([]byte, 16))}, errForeign},
		{"unknown box", film{before: box("abcd")}, errForeign},
		{"second index", film{behind: box("moov")}, errUnusual},
		{"second table", film{stbl: box("stco", be32(0, 0))}, errUnusual},
		{"table of both kinds", film{stbl: box("co64", be32(0, 0))}, errUnusual},
		{"compact sizes", film{stbl: box("stz2", make([]byte, 12))}, errUnusual},
		{"offset outside the data", film{lie: -20}, errChanged},
		{"offset behind the file", film{lie: 1 << 20}, errChanged},
		{"rest at the end", film{behind: []byte("abc")}, ErrDamaged},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if c.film.dref == 0 {
				c.film.dref = 1
			}
			b := c.film.build()
			keep := bytes.Clone(b)
			out, err := MoveToFront(b)
			if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
				t.Fatalf("error %v, want %v", err, c.want)
			}
			if !bytes.Equal(b, keep) {
				t.Fatal("the source was written to")
			}
			if err != nil {
				return
			}
			if len(out) != len(b) || bytes.Index(out, []byte("moov")) > bytes.Index(out, []byte("mdat")) {
				t.Fatalf("%d bytes, were %d; moov at %d", len(out), len(b), bytes.Index(out, []byte("moov")))
			}
			if played(t, out) != played(t, b) {
				t.Error("other samples are played")
			}
			c.film.front = true
			if c.film.behind == nil && !bytes.Equal(out, c.film.build()) && c.film.before == nil {
				t.Error("it is not what a muxer would have written")
			}
			if _, err := MoveToFront(out); !errors.Is(err, ErrInFront) {
				t.Errorf("once more: %v", err)
			}
		})
	}
}

// TestHugeOffsets: an offset of 32 bits that would not fit any more leaves the
// file alone. No such file can be built in memory, so the table is asked.
func TestHugeOffsets(t *testing.T) {
	t.Parallel()
	b := append(be32(0, 1), be32(1<<32-8)...)
	m := &movie{b: b, insert: 0, moov: Box{Start: 0, End: 1 << 33}}
	if m.shift(&track{at: 8, chunks: 1}, bytes.Clone(b)) {
		t.Error("an offset of more than 32 bits was written")
	}
}

func TestSize(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		b    []byte
		w, h int
	}{
		{"behind", film{dref: 1, w: 640, h: 360}.build(), 640, 360},
		{"in front", film{dref: 1, w: 640, h: 360, front: true}.build(), 640, 360},
		{"turned", film{dref: 1, w: 640, h: 360, turn: true}.build(), 360, 640},
		{"pixels not square", bytes.Replace(film{dref: 1, w: 640, h: 360}.build(), []byte("pasp\x00\x00\x00\x01"), []byte("pasp\x00\x00\x00\x02"), 1), 0, 0},
		{"headers disagree", bytes.Replace(film{dref: 1, w: 640, h: 360}.build(), []byte{0x02, 0x80, 0, 0, 0x01, 0x68, 0, 0}, []byte{0x02, 0x81, 0, 0, 0x01, 0x68, 0, 0}, 1), 0, 0},
		{"no film", []byte("RIFF"), 0, 0},
	} {
		if w, h := Size(c.b); w != c.w || h != c.h {
			t.Errorf("%s: %d×%d, want %d×%d", c.name, w, h, c.w, c.h)
		}
	}
}

// FuzzMoveToFront: whatever the bytes, there is no panic; what is moved has
// the same length and needs no second move.
func FuzzMoveToFront(f *testing.F) {
	for _, v := range []film{{}, {wide: true, parts: 2}, {same: true, long: true}, {front: true, w: 64, h: 48}, {behind: box("free")}, {lie: -9}} {
		v.dref = 1
		f.Add(v.build())
	}
	f.Add(film{}.build()[:100])
	f.Add([]byte("\x00\x00\x00\x00ftyp"))
	f.Fuzz(func(t *testing.T, b []byte) {
		Size(b)
		out, err := MoveToFront(b)
		if err != nil {
			return
		}
		if len(out) != len(b) {
			t.Fatalf("%d bytes, were %d", len(out), len(b))
		}
		if _, err := MoveToFront(out); !errors.Is(err, ErrInFront) {
			t.Fatalf("once more: %v", err)
		}
	})
}

func BenchmarkMoveToFront(b *testing.B) {
	v := film{dref: 1, before: box("free", make([]byte, 8<<20))}.build()
	b.SetBytes(int64(len(v)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := MoveToFront(v); err != nil {
			b.Fatal(err)
		}
	}
}
