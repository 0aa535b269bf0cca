package optimize

import (
	"context"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"math"
	"slices"
	"sync"
	"testing"

	"github.com/hone-web/hone/optimize/internal/libwebp"
)

// realAVIF is one machine for all tests: compiling it takes seconds.
var realAVIF = sync.OnceValue(func() *AVIFMachine { return NewAVIF("") })

// exactAVIF stands for an encoder that loses nothing and writes a file of 200
// bytes.
type exactAVIF struct {
	mu       sync.Mutex
	pictures []*image.NRGBA
}

func (e *exactAVIF) Encode(_ context.Context, m *image.NRGBA, _ AVIFOptions) ([]byte, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.pictures = append(e.pictures, m)
	return binary.BigEndian.AppendUint32(make([]byte, 196), uint32(len(e.pictures)-1)), nil
}

func (e *exactAVIF) Decode(_ context.Context, b []byte) (*image.NRGBA, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.pictures[binary.BigEndian.Uint32(b[196:])], nil
}

// A cut-out becomes an AVIF of the same alpha. One with a soft shadow does not,
// because browsers show it without, but WebP.
func TestAVIFAlpha(t *testing.T) {
	t.Parallel()
	p := photo(320, 192)
	picture := func(shadow float64) *image.NRGBA { // a round photograph and its shadow
		return drawn(320, 192, func(x, y int) color.NRGBA {
			c := p.NRGBAAt(x, y)
			d := math.Hypot(float64(x-160), float64(y-96)) - 70
			if d < 0 {
				return c
			}
			if d < 1 {
				c.A = uint8(255 * (1 - d))
				return c
			}
			return color.NRGBA{10, 10, 14, uint8(255 * shadow * math.Exp(-d*d/900))}
		})
	}
	in := func(shadow float64) Input {
		return Input{Path: "a.png", Bytes: stdPNG(t, picture(shadow)), Want: []string{".avif", ".avif@128"}, AVIF: realAVIF()}
	}
	soft := optimizeImage(t, PNG, in(0.1)).Variants
	if len(soft) != 2 || soft[0].Ext != ".webp" || soft[1].Ext != ".webp" || soft[1].Width != 128 {
		t.Fatalf("a soft shadow has the variants %+v", soft)
	}
	webp, err := decodeWebP(soft[0].Bytes)
	if err != nil {
		t.Fatal(err)
	}
	likeAlpha(t, webp, picture(0.1))
	out := optimizeImage(t, PNG, in(0))
	if len(out.Variants) != 2 || len(out.Diags) > 0 {
		t.Fatalf("%d variants, %v", len(out.Variants), out.Diags)
	}
	v := out.Variants[0]
	if v.Ext != ".avif" || !v.Lossy || v.Score < scoreBalanced-2*scoreSlack {
		t.Errorf("%s, score %.1f", v.Note, v.Score)
	}
	back, err := realAVIF().Decode(t.Context(), v.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	likeAlpha(t, back, picture(0))
}

// likeAlpha fails unless a has the alpha of b, but for what nobody sees.
func likeAlpha(t *testing.T, a, b *image.NRGBA) {
	t.Helper()
	sum := 0
	for i := 3; i < len(b.Pix); i += 4 {
		d := abs(int(b.Pix[i]) - int(a.Pix[i]))
		sum += d
		if d > 24 {
			t.Fatalf("alpha of a pixel is off by %d", d)
		}
	}
	if mean := float64(sum) * 4 / float64(len(b.Pix)); mean > 0.5 {
		t.Errorf("alpha is off by %.2f on average", mean)
	}
}

func TestWebPVariants(t *testing.T) {
	t.Parallel()
	m := photo(200, 150)
	soft := cutOut(200, 150, true)
	cut := drawn(200, 150, func(x, y int) color.NRGBA {
		c := m.NRGBAAt(x, y)
		if x < 20 {
			c = color.NRGBA{}
		}
		return c
	})
	encode := func(m *image.NRGBA, lossy bool) []byte {
		b, err := libwebp.EncodeLossless(m, 4, 75)
		if lossy {
			b, err = libwebp.EncodeLossy(m, 4, 98)
		}
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	extended := func(b []byte, flags byte, extra ...webpChunk) []byte {
		chunks, err := webpChunks(b)
		if err != nil {
			t.Fatal(err)
		}
		if chunks[0].kind == "VP8X" {
			chunks = chunks[1:]
		}
		head := webpChunk{"VP8X", []byte{flags, 0, 0, 0, 199, 0, 0, 149, 0, 0}}
		return writeWebP(slices.Concat([]webpChunk{head}, extra, chunks), 0)
	}
	photograph := encode(m, true)
	for _, c := range []struct {
		name  string
		b     []byte
		like  *image.NRGBA
		off   float64 // by how much the mean of a channel may be off
		color string
		n     int
	}{
		{"lossy", photograph, m, 1, "", 2},
		{"lossless", encode(m, false), m, 0, "", 2},
		{"lossy with alpha", encode(cut, true), cut, 2, "", 2},
		{"vivid", extended(photograph, vp8xICC, webpChunk{"ICCP", mixedProfile(vivid, 2.2)}), nil, 0, "", 0},
		{"vivid, to sRGB", extended(photograph, vp8xICC, webpChunk{"ICCP", mixedProfile(vivid, 2.2)}), nil, 0, "srgb", 2},
		{"a profile that is not announced", extended(photograph, 0, webpChunk{"ICCP", mixedProfile(vivid, 2.2)}), m, 1, "", 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			avif := &exactAVIF{}
			in := Input{Path: "a.webp", Bytes: c.b, Want: []string{".avif", ".avif@100", ".webp@100"}, AVIF: avif, Options: &Options{Color: c.color}}
			out := optimizeImage(t, WebP, in)
			if len(out.Variants) != c.n || len(out.Diags) > 0 {
				t.Fatalf("%d variants, %v", len(out.Variants), out.Diags)
			}
			again(t, WebP, in, out)
			if c.n == 0 {
				return
			}
			if v := out.Variants; v[0].Ext != ".avif" || v[0].Width != 0 || v[1].Width != 100 || v[1].Height != 75 {
				t.Errorf("variants %+v", v)
			}
			if c.like == nil {
				return
			}
			got, err := avif.Decode(t.Context(), out.Variants[0].Bytes)
			if err != nil {
				t.Fatal(err)
			}
			if d := meanShift(got, c.like); d > c.off {
				t.Errorf("a channel is off by %.2f", d)
			}
		})
	}
	in := Input{Path: "a.webp", Bytes: encode(soft, false), Want: []string{".avif", ".avif@100"}, AVIF: &exactAVIF{}}
	if v := optimizeImage(t, WebP, in).Variants; len(v) == 0 || v[0].Ext != ".webp" {
		t.Errorf("soft alpha has the variants %+v", v)
	}
	if out := optimizeImage(t, WebP, Input{Path: "a.webp", Bytes: photograph, Want: []string{".avif"}, AVIF: &exactAVIF{}, Lossless: true}); len(out.Variants) > 0 {
		t.Error("a variant where pixels must not change")
	}
}

// meanShift returns the largest difference in the mean of a channel over the
// opaque pixels.
func meanShift(a, b *image.NRGBA) (worst float64) {
	for c := range 4 {
		sum, n := 0, 0
		for i := 0; i < len(b.Pix); i += 4 {
			if b.Pix[i+3] == 255 {
				sum += int(a.Pix[i+c]) - int(b.Pix[i+c])
				n++
			}
		}
		worst = max(worst, math.Abs(float64(sum)/float64(n)))
	}
	return worst
}

func BenchmarkDecodeWebP(b *testing.B) {
	for _, lossy := range []bool{true, false} {
		b.Run(fmt.Sprintf("lossy=%v", lossy), func(b *testing.B) {
			m := photo(640, 480)
			src, err := libwebp.EncodeLossy(m, 2, 80)
			if !lossy {
				src, err = libwebp.EncodeLossless(m, 2, 50)
			}
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(640 * 480)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := decodeWebP(src); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
