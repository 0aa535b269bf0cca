package libwebp

import (
	"bytes"
	"image"
	"testing"

	"golang.org/x/image/webp"
)

// decode returns what libwebp's own decoder makes of an opaque WebP.
func decode(t *testing.T, b []byte, w, h int) []byte {
	t.Helper()
	mod := newModuleRaw(&wasiHost{})
	mod.X_initialize()
	in, info, out := mod.Xmalloc(int32(len(b))), mod.Xmalloc(32), mod.Xmalloc(int32(4*w*h))
	copy(mod.memory[in:], b)
	if mod.Xdecode(in, int32(len(b)), 0, 1, info, info+4, info+8, info+12, info+16, out) == 0 {
		t.Fatal("libwebp cannot decode it")
	}
	return bytes.Clone(mod.memory[out:][:4*w*h])
}

func colors(w, h int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	seed := uint32(7)
	for y := range h {
		for x := range w {
			seed = seed*1664525 + 1013904223
			copy(m.Pix[y*m.Stride+4*x:], []byte{uint8(x*9) ^ uint8(seed>>28), uint8(y * 11), uint8(255 - x*y), 255})
		}
	}
	return m
}

// The pixels are those of libwebp, to the last bit.
func TestFromYCbCr(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{1, 1}, {2, 1}, {1, 2}, {2, 2}, {3, 3}, {16, 16}, {17, 31}, {40, 23}, {39, 24}} {
		m := colors(size[0], size[1])
		b, err := EncodeLossy(m, 4, 90)
		if err != nil {
			t.Fatal(err)
		}
		d, err := webp.Decode(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		got, want := FromYCbCr(d.(*image.YCbCr)), decode(t, b, size[0], size[1])
		if !bytes.Equal(got.Pix, want) {
			t.Errorf("%d×%d: other pixels than libwebp's", size[0], size[1])
		}
	}
	if FromYCbCr(image.NewYCbCr(image.Rect(0, 0, 4, 4), image.YCbCrSubsampleRatio444)) != nil {
		t.Error("a sampling that WebP does not have")
	}
}

// What was encoded before leaves no trace.
func TestEncoder(t *testing.T) {
	t.Parallel()
	var e Encoder
	for _, size := range [][2]int{{90, 70}, {1, 1}, {200, 3}, {90, 70}, {16, 160}, {240, 200}, {7, 5}} {
		m := colors(size[0], size[1])
		got, err := e.EncodeLossless(m, 4, 75)
		if err != nil {
			t.Fatal(err)
		}
		want, err := EncodeLossless(m, 4, 75)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%d×%d: other bytes than alone, %v", size[0], size[1], err)
		}
	}
	if _, err := e.EncodeLossless(image.NewNRGBA(image.Rectangle{}), 4, 75); err == nil {
		t.Error("nothing was encoded")
	}
}

func BenchmarkFromYCbCr(b *testing.B) {
	m := image.NewYCbCr(image.Rect(0, 0, 1000, 1000), image.YCbCrSubsampleRatio420)
	b.SetBytes(1e6)
	b.ReportAllocs()
	for b.Loop() {
		FromYCbCr(m)
	}
}
