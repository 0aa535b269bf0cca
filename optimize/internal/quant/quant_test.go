package quant

import (
	"bytes"
	"image"
	"image/color"
	"math/rand/v2"
	"slices"
	"testing"
)

func drawn(w, h int, f func(x, y int) color.NRGBA) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.SetNRGBA(x, y, f(x, y))
		}
	}
	return m
}

func pictures() map[string]*image.NRGBA {
	rnd := rand.New(rand.NewPCG(5, 6))
	return map[string]*image.NRGBA{
		"gradient": drawn(200, 150, func(x, y int) color.NRGBA { return color.NRGBA{uint8(x), uint8(y), uint8(x + y), 255} }),
		"shadow":   drawn(160, 90, func(x, y int) color.NRGBA { return color.NRGBA{20, 30, 40, uint8(x * y / 57)} }),
		"tinted veil": drawn(160, 90, func(x, y int) color.NRGBA {
			return color.NRGBA{uint8(x), 200, uint8(y), uint8(max(0, x-20))}
		}),
		"noise": drawn(400, 300, func(_, _ int) color.NRGBA {
			v := rnd.Uint32()
			return color.NRGBA{uint8(v), uint8(v >> 8), uint8(v >> 16), uint8(v >> 24)}
		}),
	}
}

// meanError is the mean squared difference of what is seen on white and on
// black, whichever is greater.
func meanError(a *image.NRGBA, b *image.Paletted) float64 {
	sum := 0.0
	for y := range a.Rect.Dy() {
		for x := range a.Rect.Dx() {
			p, q := a.NRGBAAt(x, y), b.Palette[b.Pix[y*b.Stride+x]].(color.NRGBA)
			for _, c := range [][2]uint8{{p.R, q.R}, {p.G, q.G}, {p.B, q.B}} {
				black := float64(c[0])*float64(p.A)/255 - float64(c[1])*float64(q.A)/255
				white := black - (float64(p.A) - float64(q.A))
				sum += max(black*black, white*white)
			}
		}
	}
	return sum / float64(3*a.Rect.Dx()*a.Rect.Dy())
}

func TestExact(t *testing.T) {
	t.Parallel()
	m := drawn(64, 64, func(x, y int) color.NRGBA {
		return color.NRGBA{uint8(x / 5 * 16), uint8(y / 5 * 16), 7, uint8(255 - y/60)}
	})
	for i := range 50 {
		m.SetNRGBA(i, 0, color.NRGBA{uint8(i), 1, 2, 0}) // one colour: nothing
	}
	for _, dither := range []bool{false, true} {
		out := Quantize(m, 256, dither)
		for y := range 64 {
			for x := range 64 {
				want := m.NRGBAAt(x, y)
				if want.A == 0 {
					want = color.NRGBA{}
				}
				if got := out.At(x, y); got != want {
					t.Fatalf("%d, %d: %v became %v", x, y, want, got)
				}
			}
		}
	}
}

// The bounds are a little over what is reached; a broken search or a wrong
// scale goes far over them.
func TestQuantize(t *testing.T) {
	t.Parallel()
	most := map[string]float64{"gradient": 45, "shadow": 1, "tinted veil": 30, "noise": 1300}
	for name, m := range pictures() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, dither := range []bool{false, true} {
				out := Quantize(m, 256, dither)
				if len(out.Palette) > 256 || out.Bounds() != m.Bounds() {
					t.Fatalf("%d colours in %v", len(out.Palette), out.Bounds())
				}
				e := meanError(m, out)
				t.Logf("%v: %.1f", dither, e)
				if e > most[name] {
					t.Errorf("mean squared error %.1f", e)
				}
				again := Quantize(m, 256, dither)
				if !bytes.Equal(again.Pix, out.Pix) || !slices.Equal(again.Palette, out.Palette) {
					t.Error("a second run gives another picture")
				}
				if few := Quantize(m, 8, dither); len(few.Palette) > 8 || meanError(m, few) < e {
					t.Errorf("%d colours with error %.1f", len(few.Palette), meanError(m, few))
				}
			}
		})
	}
}

// What is nothing stays nothing, and what is solid stays solid.
func TestAlphaEnds(t *testing.T) {
	t.Parallel()
	m := drawn(128, 128, func(x, y int) color.NRGBA {
		switch {
		case x < 40:
			return color.NRGBA{uint8(y), 0, 0, 0}
		case x > 80:
			return color.NRGBA{uint8(x * y), uint8(x), uint8(y), 255}
		}
		return color.NRGBA{uint8(y), uint8(x), 9, uint8((x - 40) * 6)}
	})
	out := Quantize(m, 64, true)
	for y := range 128 {
		for x := range 128 {
			want, got := m.NRGBAAt(x, y).A, out.At(x, y).(color.NRGBA).A
			if want == 0 && got != 0 || x > 81 && got < 250 {
				t.Fatalf("%d, %d: alpha %d became %d", x, y, want, got)
			}
		}
	}
}

// Dithering must keep the mean of a flat area that has no colour of its own.
func TestDitherMean(t *testing.T) {
	t.Parallel()
	m := drawn(256, 256, func(x, y int) color.NRGBA { return color.NRGBA{uint8(x), uint8(y), uint8((x + y) / 2), 255} })
	var off [2]float64
	for i, dither := range []bool{false, true} {
		out := Quantize(m, 32, dither)
		for by := 0; by < 256; by += 16 {
			for bx := 0; bx < 256; bx += 16 {
				d := 0
				for y := by; y < by+16; y++ {
					for x := bx; x < bx+16; x++ {
						d += int(out.At(x, y).(color.NRGBA).G) - y
					}
				}
				off[i] += float64(d*d) / (256 * 256)
			}
		}
	}
	if off[1] > off[0]*2/3 {
		t.Errorf("the means of blocks are off by %.1f, without dithering %.1f", off[1]/256, off[0]/256)
	}
}

func TestVectorRoundTrip(t *testing.T) {
	t.Parallel()
	s := newSpace()
	for a := 255; a > 0; a -= 51 {
		for v := range 256 {
			c := color.NRGBA{uint8(v), uint8(255 - v), uint8(v * 7), uint8(a)}
			got := s.color(s.vector(c))
			if d := distance(s.vector(got), s.vector(c)); got.A != c.A || d > 3000 {
				t.Fatalf("%v became %v", c, got)
			}
			if a == 255 && got != c && v > 8 && v < 247 && uint8(v*7) > 8 {
				t.Fatalf("%v became %v", c, got)
			}
		}
	}
}

// The pruned search must find what a full one finds.
func TestNearest(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(7, 8))
	s := newSpace()
	some := func() vector {
		v := rnd.Uint32()
		return s.vector(color.NRGBA{uint8(v), uint8(v >> 8), uint8(v >> 16), uint8(v>>24) | 0x80})
	}
	var all []vector
	for range 200 {
		all = append(all, some())
	}
	p := newPalette(all)
	for range 5000 {
		v := some()
		_, got := p.nearest(v, uint8(rnd.IntN(200)))
		for _, w := range all {
			if d := distance(v, w); d < got-got/500 {
				t.Fatalf("found one at %d, there is one at %d", got, d)
			}
		}
	}
}

func FuzzQuantize(f *testing.F) {
	f.Add([]byte("some pixels of a picture, 4 bytes each, any number of them"), uint8(3), uint8(16), true)
	f.Add(bytes.Repeat([]byte{1, 2, 3, 0, 255, 254, 1, 9}, 40), uint8(9), uint8(0), true)
	f.Fuzz(func(t *testing.T, pix []byte, w, colors uint8, dither bool) {
		width := max(1, int(w))
		m := image.NewNRGBA(image.Rect(0, 0, width, len(pix)/4/width))
		copy(m.Pix, pix)
		out := Quantize(m, int(colors), dither)
		if out.Rect != m.Rect || len(out.Palette) > max(2, int(colors)) {
			t.Fatalf("%v in %d colours", out.Rect, len(out.Palette))
		}
		for _, i := range out.Pix {
			if int(i) >= len(out.Palette) {
				t.Fatal("an index without a colour")
			}
		}
	})
}

func BenchmarkQuantize(b *testing.B) {
	for _, name := range []string{"gradient", "noise", "tinted veil"} {
		for _, dither := range []bool{false, true} {
			b.Run(name+map[bool]string{true: "/dithered"}[dither], func(b *testing.B) {
				m := pictures()[name]
				b.ReportAllocs()
				for b.Loop() {
					Quantize(m, 256, dither)
				}
				b.ReportMetric(float64(m.Rect.Dx()*m.Rect.Dy())/1e6/(b.Elapsed().Seconds()/float64(b.N)), "MP/s")
			})
		}
	}
}
