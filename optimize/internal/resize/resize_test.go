package resize

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/disintegration/imaging"
)

// noise is a picture of independent samples, the hardest there is for
// rounding and clamping.
func noise(w, h int, alpha bool, seed uint64) *image.NRGBA {
	r := rand.New(rand.NewPCG(seed, 1))
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := range m.Pix {
		m.Pix[i] = uint8(r.Uint32())
		if i%4 == 3 && !alpha {
			m.Pix[i] = 255
		}
	}
	return m
}

// scene is a picture with gradients, edges and fine stripes, like pictures of
// nature have; with alpha, discs on nothing with soft and hard edges.
func scene(w, h int, alpha bool) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			fx, fy := float64(x), float64(y)
			v := 128 + 90*math.Sin(fx/37+math.Sin(fy/53)*3) + 37*math.Sin(fx*fx/9000+fy)
			p := m.Pix[m.PixOffset(x, y):]
			p[0], p[1], p[2], p[3] = sat(v), sat(v*fy/float64(h)), sat(255*fx/float64(w)), 255
			if (x/61+y/47)%5 == 0 {
				p[0], p[1], p[2] = 255, 255, 255
			}
			if alpha {
				d := math.Hypot(fx-float64(w)/2, fy-float64(h)/2) / float64(min(w, h)) * 2
				switch {
				case d > 0.9:
					p[3] = 0
				case d > 0.5:
					p[3] = sat(255 * (0.9 - d) / 0.4)
				case d > 0.3 && (x+y)%7 < 3:
					p[3] = 0
				}
			}
		}
	}
	return m
}

func sat(v float64) uint8 { return uint8(min(max(v, 0), 255)) }

func TestNearImaging(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		src  *image.NRGBA
		w, h int
	}{
		{"noise third", noise(301, 200, false, 1), 100, 67},
		{"noise slight", noise(301, 200, false, 2), 300, 199},
		{"noise tiny", noise(301, 200, false, 3), 7, 3},
		{"noise one", noise(301, 200, false, 4), 1, 1},
		{"noise half", noise(512, 256, false, 5), 256, 128},
		{"noise wide only", noise(200, 100, false, 6), 77, 100},
		{"noise high only", noise(200, 100, false, 7), 200, 31},
		{"scene", scene(1200, 800, false), 640, 427},
		{"scene small", scene(1200, 800, false), 97, 65},
		{"narrow", noise(3, 500, false, 8), 2, 111},
		{"flat", noise(500, 3, false, 9), 111, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			want, got := imaging.Resize(c.src, c.w, c.h, imaging.Lanczos), NRGBA(c.src, c.w, c.h)
			if got.Rect != want.Rect {
				t.Fatalf("size %v, imaging's %v", got.Rect, want.Rect)
			}
			off := 0
			for i, v := range want.Pix {
				d := abs(int(v) - int(got.Pix[i]))
				if d > 1 {
					t.Fatalf("sample %d is %d, imaging's %d", i, got.Pix[i], v)
				}
				off += d
			}
			t.Logf("%.3f%% of samples differ by one", 100*float64(off)/float64(len(want.Pix)))
		})
	}
}

func TestAlphaNearImaging(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		src  *image.NRGBA
		w, h int
	}{
		{"noise third", noise(301, 200, true, 1), 100, 67},
		{"noise slight", noise(301, 200, true, 2), 290, 190},
		{"noise tiny", noise(301, 200, true, 3), 7, 3},
		{"scene", scene(1200, 800, true), 640, 427},
		{"scene small", scene(1200, 800, true), 97, 65},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			want, got := imaging.Resize(c.src, c.w, c.h, imaging.Lanczos), NRGBA(c.src, c.w, c.h)
			for i := 0; i < len(want.Pix); i += 4 {
				wa, ga := want.Pix[i+3], got.Pix[i+3]
				for j := range 4 {
					w, g := int(wa), int(ga)
					if j < 3 {
						w, g = int(mul(want.Pix[i+j], uint32(wa))), int(mul(got.Pix[i+j], uint32(ga)))
					}
					if abs(w-g) > 2 {
						t.Fatalf("pixel %d is %v, imaging's %v", i/4, got.Pix[i:i+4], want.Pix[i:i+4])
					}
				}
			}
		})
	}
}

func TestKernelsAgree(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 7))
	for i := range 120 {
		sw, sh := 1+r.IntN(200), 1+r.IntN(120)
		if i%7 == 0 {
			sw = 1 + r.IntN(2000)
		}
		w, h := 1+r.IntN(sw), 1+r.IntN(sh)
		src := noise(sw, sh, i%3 == 0, uint64(i))
		if i%2 == 0 { // extremes overflow first
			for j, v := range src.Pix {
				src.Pix[j] = uint8(int8(v) >> 7)
				if j%4 == 3 && i%3 != 0 {
					src.Pix[j] = 255
				}
			}
		}
		if a, b := resizeNRGBA(src, w, h, src.Opaque(), best), resizeNRGBA(src, w, h, src.Opaque(), scalar); !bytes.Equal(a.Pix, b.Pix) {
			t.Fatalf("%d×%d to %d×%d: the kernels differ", sw, sh, w, h)
		}
		g := &image.Gray{Pix: src.Pix[:sw*sh], Stride: sw, Rect: image.Rect(0, 0, sw, sh)}
		if a, b := resizeGray(g, w, h, best), resizeGray(g, w, h, scalar); !bytes.Equal(a.Pix, b.Pix) {
			t.Fatalf("grey %d×%d to %d×%d: the kernels differ", sw, sh, w, h)
		}
	}
}

func TestGrayIsAChannel(t *testing.T) {
	t.Parallel()
	src := noise(211, 97, false, 5)
	g := image.NewGray(src.Rect)
	for i := range g.Pix {
		g.Pix[i] = src.Pix[4*i+1]
	}
	want, got := NRGBA(src, 60, 31), Gray(g, 60, 31)
	for i, v := range got.Pix {
		if want.Pix[4*i+1] != v {
			t.Fatalf("sample %d is %d, in colour %d", i, v, want.Pix[4*i+1])
		}
	}
}

func TestSize(t *testing.T) {
	t.Parallel()
	src := noise(40, 30, false, 1)
	for _, c := range []struct{ w, h, wantW, wantH int }{
		{20, 0, 20, 15}, {0, 10, 13, 10}, {80, 0, 40, 30}, {80, 90, 40, 30},
		{1, 0, 1, 1}, {0, 0, 0, 0}, {-1, 5, 0, 0}, {40, 30, 40, 30},
	} {
		got := NRGBA(src, c.w, c.h)
		if got.Rect.Dx() != c.wantW || got.Rect.Dy() != c.wantH {
			t.Errorf("%d×%d gave %v", c.w, c.h, got.Rect)
		}
	}
	same := NRGBA(src, 40, 30)
	if !bytes.Equal(same.Pix, src.Pix) || &same.Pix[0] == &src.Pix[0] {
		t.Error("equal size is not a copy")
	}
	if got := NRGBA(&image.NRGBA{}, 5, 5); !got.Rect.Empty() {
		t.Errorf("nothing became %v", got.Rect)
	}
}

// A picture that is a part of another has a longer stride and starts within.
func TestSubImage(t *testing.T) {
	t.Parallel()
	big := noise(120, 90, true, 3)
	part := big.SubImage(image.Rect(11, 7, 101, 80)).(*image.NRGBA)
	alone := imaging.Clone(part)
	if a, b := NRGBA(part, 33, 20), NRGBA(alone, 33, 20); !bytes.Equal(a.Pix, b.Pix) {
		t.Error("a part is resized with its surroundings")
	}
	if a := NRGBA(part, 90, 73); !bytes.Equal(a.Pix, alone.Pix) {
		t.Error("a part is copied wrongly")
	}
}

// An even surface stays even, whatever the sizes, and so does a colour whose
// alpha changes.
func TestEvenStaysEven(t *testing.T) {
	t.Parallel()
	for _, w := range []int{1, 2, 99, 320, 999} {
		src := image.NewNRGBA(image.Rect(0, 0, 1000, 30))
		for i := 0; i < len(src.Pix); i += 4 {
			copy(src.Pix[i:], []byte{200, 3, 255, 255})
			if (i/4%1000/50)%2 == 0 {
				src.Pix[i+3] = 0
			}
		}
		got := NRGBA(src, w, 0)
		for i := 0; i < len(got.Pix); i += 4 {
			p := got.Pix[i : i+4]
			if p[3] > 127 && (abs(int(p[0])-200) > 1 || p[1] > 4 || p[2] < 254) {
				t.Fatalf("width %d: pixel %d is %v", w, i/4, p)
			}
		}
	}
}

func TestWeightsSumToOne(t *testing.T) {
	t.Parallel()
	for _, c := range [][2]int{{1, 1}, {1, 32768}, {1200, 4032}, {999, 1000}, {5, 7}, {320, 4032}, {16384, 32768}} {
		f := newFilter(c[0], c[1], 4, 0)
		for i := range c[0] {
			sum, size := 0, 0
			for _, w := range f.weights[i*f.taps : (i+1)*f.taps] {
				sum += int(w)
				size += abs(int(w))
			}
			if sum != 1<<f.shift {
				t.Fatalf("%v: sample %d weighs %d of %d", c, i, sum, 1<<f.shift)
			}
			if size*255 > math.MaxInt32 {
				t.Fatalf("%v: sample %d overflows 32 bits", c, i)
			}
			if s := int(f.start[i]); s < 0 || s+f.taps > c[1] {
				t.Fatalf("%v: sample %d reads %d to %d", c, i, s, s+f.taps)
			}
		}
	}
}

func FuzzNRGBA(f *testing.F) {
	f.Add(uint16(40), uint16(30), uint16(7), uint16(5), []byte{1, 2, 3, 4, 5})
	f.Add(uint16(1), uint16(300), uint16(1), uint16(2), []byte{255, 0})
	f.Fuzz(func(t *testing.T, sw, sh, w, h uint16, pix []byte) {
		src := image.NewNRGBA(image.Rect(0, 0, int(sw%400), int(sh%400)))
		for i := range src.Pix {
			if len(pix) > 0 {
				src.Pix[i] = pix[i%len(pix)]
			}
		}
		a := resizeNRGBA(src, int(w%401), int(h%401), src.Opaque(), best)
		b := resizeNRGBA(src, int(w%401), int(h%401), src.Opaque(), scalar)
		if a.Rect != b.Rect || !bytes.Equal(a.Pix, b.Pix) {
			t.Fatal("the kernels differ")
		}
	})
}

func abs(v int) int { return max(v, -v) }

func BenchmarkNRGBA(b *testing.B) {
	src := scene(4032, 3024, false)
	clear := scene(4032, 3024, true)
	for _, w := range []int{1200, 320} {
		for _, c := range []struct {
			name string
			run  func()
		}{
			{"best", func() { NRGBA(src, w, 0) }},
			{"scalar", func() { resizeNRGBA(src, w, 0, true, scalar) }},
			{"imaging", func() { imaging.Resize(src, w, 0, imaging.Lanczos) }},
			{"alpha", func() { NRGBA(clear, w, 0) }},
		} {
			b.Run(fmt.Sprintf("%d/%s", w, c.name), func(b *testing.B) {
				b.ReportAllocs()
				b.SetBytes(int64(len(src.Pix)) / 4)
				for b.Loop() {
					c.run()
				}
			})
		}
	}
}

func BenchmarkGray(b *testing.B) {
	src := image.NewGray(image.Rect(0, 0, 4032, 3024))
	copy(src.Pix, scene(4032, 3024, false).Pix)
	b.ReportAllocs()
	b.SetBytes(int64(len(src.Pix)))
	for b.Loop() {
		Gray(src, 1200, 0)
	}
}

// The bytes are the same on every processor and at every time.
func TestKnownBytes(t *testing.T) {
	t.Parallel()
	h := sha256.New()
	for i, s := range [][2]int{{100, 67}, {299, 3}, {1, 200}, {64, 64}} {
		h.Write(NRGBA(noise(301, 200, i%2 == 1, uint64(i)), s[0], s[1]).Pix)
	}
	const want = "0df834abed3b0d13"
	if got := hex.EncodeToString(h.Sum(nil)[:8]); got != want {
		t.Errorf("bytes %s, were %s", got, want)
	}
}
