package jpegtran

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"math/bits"
	"slices"
	"testing"
)

// random is a generator of our own, so that tests see the same numbers always.
type random uint32

func (r *random) next(n int) int {
	*r = *r*1664525 + 1013904223
	return int(uint32(*r)>>8) % n
}

// picture returns an image of random coefficients, most of them zero, with
// the sampling factors given.
func picture(w, h int, factors ...[2]int) *Image {
	m := &Image{Width: w, Height: h}
	m.Quant[0], m.Quant[1] = new([64]uint16), new([64]uint16)
	for i := range 64 {
		m.Quant[0][i], m.Quant[1][i] = uint16(1+i/8), uint16(2+i/4)
	}
	for i, f := range factors {
		m.Components = append(m.Components, Component{ID: byte(i + 1), H: f[0], V: f[1], Table: min(i, 1)})
	}
	if err := m.layout(); err != nil {
		panic(err)
	}
	m.alloc()
	r := random(7)
	for i := range m.Components {
		c := &m.Components[i]
		for k := range c.coef {
			if z := k & 63; z == 0 {
				c.coef[k] = int16(r.next(2000) - 1000)
			} else if r.next(3+z) == 0 {
				up := r.next(1 << r.next(9))
				c.coef[k] = int16(up - r.next(1<<r.next(9)))
			}
		}
	}
	m.clearPadding()
	return m
}

var shapes = map[string]*Image{
	"grey":            picture(50, 33, [2]int{1, 1}),
	"4:4:4":           picture(50, 33, [2]int{1, 1}, [2]int{1, 1}, [2]int{1, 1}),
	"4:2:0":           picture(50, 33, [2]int{2, 2}, [2]int{1, 1}, [2]int{1, 1}),
	"4:2:2":           picture(70, 9, [2]int{2, 1}, [2]int{1, 1}, [2]int{1, 1}),
	"4:1:1":           picture(70, 9, [2]int{4, 1}, [2]int{1, 1}, [2]int{1, 1}),
	"three halves":    picture(70, 50, [2]int{3, 2}, [2]int{2, 1}, [2]int{1, 2}),
	"four components": picture(40, 40, [2]int{2, 2}, [2]int{1, 1}, [2]int{1, 1}, [2]int{2, 2}),
	"one pixel":       picture(1, 1, [2]int{2, 2}, [2]int{1, 1}, [2]int{1, 1}),
}

// assemble writes a picture by the passes given, whether or not they are the
// smallest.
func assemble(m *Image, marker byte, passes []*pass) []byte {
	b := m.appendFrame([]byte{0xff, mSOI}, marker)
	for _, p := range passes {
		b = append(b, p.code...)
	}
	return append(b, 0xff, mEOI)
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	for name, m := range shapes {
		files := map[string][]byte{
			"smallest":   m.Write(nil),
			"sequential": assemble(m, mSOF0, []*pass{m.sequentialScan()}),
		}
		var all []int
		for i := range m.Components {
			all = append(all, i)
		}
		for i, way := range bands {
			passes := []*pass{m.dcPass(all, 0, 1), m.dcPass(all, 1, 0)}
			for c := range m.Components {
				for _, w := range way {
					passes = append(passes, m.acPass(c, w))
				}
			}
			files[fmt.Sprint("bands ", i)] = assemble(m, mSOF2, passes)
		}
		for how, b := range files {
			got, err := Read(b)
			if err != nil {
				t.Errorf("%s, %s: %v", name, how, err)
				continue
			}
			if !got.Equal(m) {
				t.Errorf("%s, %s: other coefficients", name, how)
			}
			if !bytes.Equal(got.Write(nil), files["smallest"]) {
				t.Errorf("%s, %s: written anew, other bytes", name, how)
			}
		}
	}
}

// What is written is read alike by another decoder, whether sequential or
// progressive.
func TestOtherDecoder(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"grey", "4:4:4", "4:2:0", "4:2:2", "one pixel"} {
		m := shapes[name]
		var shown []image.Image
		for _, b := range [][]byte{assemble(m, mSOF0, []*pass{m.sequentialScan()}), assemble(m, mSOF2, m.progressivePasses())} {
			p, err := jpeg.Decode(bytes.NewReader(b))
			if err != nil {
				t.Fatal(name, err)
			}
			shown = append(shown, p)
		}
		for y := range m.Height {
			for x := range m.Width {
				if shown[0].At(x, y) != shown[1].At(x, y) {
					t.Fatalf("%s: pixel %d, %d differs", name, x, y)
				}
			}
		}
	}
}

// withRestarts writes a grey picture with a restart marker after every n
// blocks.
func withRestarts(m *Image, n int) []byte {
	var whole tokens
	var parts []tokens
	c := &m.Components[0]
	for i := range c.blocksX * c.blocksY {
		if i%n == 0 {
			parts = append(parts, tokens{})
		}
		p := &parts[len(parts)-1]
		var pred int32
		if i%n != 0 {
			pred = int32(c.Block((i-1)%c.blocksX, (i-1)/c.blocksX)[0])
		}
		b := c.Block(i%c.blocksX, i/c.blocksX)
		p.dc(0, &pred, int32(b[0]))
		p.sequentialAC(2, b)
	}
	for _, p := range parts {
		whole.list = append(whole.list, p.list...)
	}
	counts := whole.counts()
	codes := [4]*encodeTable{0: newEncodeTable(&counts[0]), 2: newEncodeTable(&counts[2])}
	b := m.appendFrame([]byte{0xff, mSOI, 0xff, mDRI, 0, 4, 0, byte(n)}, mSOF0)
	b = codes[2].appendDHT(codes[0].appendDHT(b, 0), 0x10)
	b = append(b, 0xff, mSOS, 0, 8, 1, m.Components[0].ID, 0, 0, 63, 0)
	for i, p := range parts {
		if i > 0 {
			b = append(b, 0xff, mRST0+byte(i-1)&7)
		}
		b = p.appendCode(b, &codes)
	}
	return append(b, 0xff, mEOI)
}

func TestRestarts(t *testing.T) {
	t.Parallel()
	m := shapes["grey"]
	b := withRestarts(m, 3)
	got, err := Read(b)
	if err != nil || !got.Equal(m) {
		t.Fatal("not read alike: ", err)
	}
	i := bytes.Index(b, []byte{0xff, mRST0 + 2})
	if _, err := Read(slices.Concat(b[:i], b[i+2:])); err == nil {
		t.Error("a missing marker was not noticed")
	}
	b[i+1] = mRST0 + 3
	if _, err := Read(b); err == nil {
		t.Error("a marker out of order was not noticed")
	}
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	m := shapes["4:2:0"]
	progressive := m.progressivePasses()
	sequential := assemble(m, mSOF0, []*pass{m.sequentialScan()})
	arithmetic := bytes.Clone(sequential)
	arithmetic[bytes.Index(arithmetic, []byte{0xff, mSOF0})+1] = 0xc9
	extra := slices.Concat(sequential[:len(sequential)-2], []byte{1, 2, 3}, sequential[len(sequential)-2:])
	for _, c := range []struct {
		name string
		b    []byte
		want error
	}{
		{"a pass is missing", assemble(m, mSOF2, progressive[:len(progressive)-1]), ErrUnsupported},
		{"a pass comes twice", assemble(m, mSOF2, append(slices.Clone(progressive), progressive[len(progressive)-1])), errSyntax},
		{"no scan", assemble(m, mSOF0, nil), ErrTruncated},
		{"arithmetic coding", arithmetic, ErrUnsupported},
		{"bytes that code nothing", extra, errSyntax},
		{"not a JPEG", []byte("GIF89a"), errSyntax},
		{"nothing", nil, errSyntax},
	} {
		if _, err := Read(c.b); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
	for n := 4; n < len(sequential); n++ {
		if _, err := Read(sequential[:n]); err == nil {
			t.Fatalf("cut after %d of %d bytes: no error", n, len(sequential))
		}
	}
}

func TestLimitedLengths(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		weights []int
		limit   int
		want    []int
	}{
		{[]int{0, 5}, 16, []int{1, 1}},
		{[]int{1, 1, 2, 4}, 16, []int{3, 3, 2, 1}},
		{[]int{1, 1, 2, 4}, 2, []int{2, 2, 2, 2}},
		{[]int{1, 2, 4, 8, 16}, 3, []int{3, 3, 3, 3, 1}},
	} {
		if got := limitedLengths(c.weights, c.limit); !slices.Equal(got, c.want) {
			t.Errorf("%v within %d: %v, want %v", c.weights, c.limit, got, c.want)
		}
	}
	fib := []int{0, 1}
	for len(fib) < 40 {
		fib = append(fib, fib[len(fib)-1]+fib[len(fib)-2])
	}
	sum := 0
	for _, n := range limitedLengths(fib, 16) {
		if sum += 1 << (16 - n); n > 16 {
			t.Fatalf("%d bits", n)
		}
	}
	if sum != 1<<16 { // Kraft: a full code
		t.Errorf("the code fills %d of %d", sum, 1<<16)
	}
}

// No symbol has a code of ones only (section C.2, annex K.2).
func TestNoCodeOfOnes(t *testing.T) {
	t.Parallel()
	r := random(3)
	for used := 1; used <= 256; used += 5 {
		var counts [256]int
		for s := range used {
			counts[s] = 1 + r.next(1<<r.next(20))
		}
		e := newEncodeTable(&counts)
		for s := range used {
			if n := int(e.size[s]); n == 0 || bits.OnesCount16(e.code[s]) == n {
				t.Fatalf("%d symbols: symbol %d has code %b of %d bits", used, s, e.code[s], n)
			}
		}
		if _, err := newDecodeTable(e.lengths, e.symbols); err != nil {
			t.Fatal(err)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, m := range shapes {
		f.Add(m.Write(nil))
		f.Add(assemble(m, mSOF2, m.progressivePasses()))
	}
	f.Add(withRestarts(shapes["grey"], 4))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := Read(b)
		if err != nil {
			return
		}
		out := m.Write(nil)
		again, err := Read(out)
		if err != nil || !again.Equal(m) {
			t.Fatal("what was written is not what was read: ", err)
		}
		if !bytes.Equal(again.Write(nil), out) {
			t.Error("written again, other bytes")
		}
	})
}

func BenchmarkRead(b *testing.B) {
	m := picture(1024, 768, [2]int{2, 2}, [2]int{1, 1}, [2]int{1, 1})
	src := assemble(m, mSOF0, []*pass{m.sequentialScan()})
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Read(src); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkWrite(b *testing.B) {
	m := picture(1024, 768, [2]int{2, 2}, [2]int{1, 1}, [2]int{1, 1})
	b.ReportAllocs()
	for b.Loop() {
		m.Write(nil)
	}
}
