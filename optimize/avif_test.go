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

// An AVIF of a photograph with soft edges shows the same alpha.
func TestAVIFAlpha(t *testing.T) {
	t.Parallel()
	p := photo(320, 192)
	m := drawn(320, 192, func(x, y int) color.NRGBA { // a photograph and, beside it, a soft shadow
		if x < 128 {
			return p.NRGBAAt(x, y)
		}
		d := math.Hypot(float64(x-224), float64(y-96)) / 28
		return color.NRGBA{10, 10, 14, uint8(255 * 0.5 * math.Exp(-d*d/2))}
	})
	out := optimizeImage(t, PNG, Input{Path: "a.png", Bytes: stdPNG(t, m), Want: []string{".avif", ".avif@128"}, AVIF: realAVIF()})
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
	worst := 0
	for i := 3; i < len(m.Pix); i += 4 {
		if x := i / 4 % 320; x >= 120 && x < 136 { // the hard edge rings a little
			continue
		}
		worst = max(worst, abs(int(m.Pix[i])-int(back.Pix[i])))
	}
	if worst > 2 {
		t.Errorf("alpha is off by %d", worst)
	}
}

func TestWebPVariants(t *testing.T) {
	t.Parallel()
	m := photo(200, 150)
	soft := cutOut(200, 150, true)
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
		{"lossy with alpha", encode(soft, true), soft, 2, "", 2},
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
