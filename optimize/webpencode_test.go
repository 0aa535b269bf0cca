package optimize

import (
	"bytes"
	"image"
	"image/jpeg"
	"math"
	"os"
	"testing"

	"github.com/hone-web/hone/optimize/internal/ssimulacra2"
)

// cutFrom returns a photograph cut out of its ground, as people and devices
// are: stored as PNG, for the sake of its alpha.
func cutFrom(t testing.TB) *image.NRGBA {
	t.Helper()
	b, err := os.ReadFile("../fixtures/pictures/photos/still-life-small.jpg")
	if err != nil {
		t.Fatal(err)
	}
	src, err := jpeg.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	m := toNRGBA(src)
	w, h := m.Rect.Dx(), m.Rect.Dy()
	for y := range h {
		for x := range w {
			r := math.Hypot(float64(2*x-w)/float64(w), float64(2*y-h)/float64(h))
			m.Pix[y*m.Stride+4*x+3] = uint8(255 * min(max((1-r)*8, 0), 1))
		}
	}
	clearHidden(m)
	return m
}

func TestLossyWebP(t *testing.T) {
	t.Parallel()
	m := cutFrom(t)
	source := stdPNG(t, m)
	for _, c := range []struct {
		quality  string
		lossless bool
		least    float64 // score
	}{{"balanced", false, scoreBalanced}, {"high", false, scoreHigh}, {"balanced", true, 100}} {
		out := optimizeImage(t, PNG, Input{Path: "a.png", Bytes: source, Want: []string{".webp"}, Lossless: c.lossless, Options: &Options{Quality: c.quality}})
		if c.lossless {
			if len(out.Variants) > 0 {
				t.Errorf("lossless: %s", out.Variants[0].Note)
			}
			continue
		}
		if len(out.Variants) != 1 {
			t.Fatalf("%d variants", len(out.Variants))
		}
		v := out.Variants[0]
		back, err := decodeWebP(v.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		score, err := ssimulacra2.Compare(m, back)
		if err != nil || !v.Lossy || math.Abs(score-v.Score) > 1e-9 || score < c.least-scoreSlack || score > c.least+8 {
			t.Errorf("%s: %s scores %.2f, said %.2f, lossy %v, %v", c.quality, v.Note, score, v.Score, v.Lossy, err)
		}
		if len(v.Bytes) > len(source)/4 {
			t.Errorf("%s: %d bytes of %d", c.quality, len(v.Bytes), len(source))
		}
		for i := 3; i < len(m.Pix); i += 4 {
			if m.Pix[i] != back.Pix[i] {
				t.Fatalf("alpha of pixel %d is %d, was %d", i/4, back.Pix[i], m.Pix[i])
			}
		}
	}
}

// TestLossyWebPNot: what takes few bytes without loss is not given any.
func TestLossyWebPNot(t *testing.T) {
	t.Parallel()
	for name, m := range map[string]*image.NRGBA{"chart": chart(640, 480), "small": photo(60, 60)} {
		s := &seen{m: m, graphic: isGraphic(m), source: len(stdPNG(t, m))}
		v, err := s.webp(&Input{Options: &Options{}}, m, s.source)
		if err != nil {
			t.Fatal(err)
		}
		if v != nil && v.Lossy {
			t.Errorf("%s: %s", name, v.Note)
		}
	}
}
